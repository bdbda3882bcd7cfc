//! From a path to an inode.
//!
//! A walk looks one name up at a time and holds nothing in between; what it has found it keeps by a reference. The rules are
//! those of POSIX and of Linux's `path_resolution(7)`: an empty path is an error, a slash at the end asks for a directory, `..` of
//! the root is the root, a symbolic link is followed except at the end where the caller says so, and forty of them are too many.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_copy;
use lockorder::{Root, Task};

use crate::attributes::{Caller, Change, Kind, Wish};
use crate::file::File;
use crate::inode::{Inode, LONGEST_NAME, New};
use crate::namespace::{Namespace, is_same};
use crate::open_file::OpenFlags;

/// The longest path, in bytes, without the zero at its end.
pub const LONGEST_PATH: usize = 4095;
/// The most symbolic links that are followed.
const LINKS: usize = 40;

/// From where a walk begins, and who walks.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    /// All paths' root.
    pub namespace: &'a Namespace,
    /// The directory of absolute paths.
    pub root: &'a Arc<dyn Inode>,
    /// The directory of others.
    pub directory: &'a Arc<dyn Inode>,
    /// Who walks.
    pub caller: Caller<'a>,
}

impl core::fmt::Debug for Start<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Start").field("caller", &self.caller).finish_non_exhaustive()
    }
}

/// Where a path's last name is: its directory, and what has that name.
pub struct Last {
    /// The directory.
    pub directory: Arc<dyn Inode>,
    /// The name; empty where the path ends in `.`, `..` or the root.
    pub name: Vec<u8>,
    /// What has the name, if anything does.
    pub inode: Option<Arc<dyn Inode>>,
    /// Whether the path asks for a directory, by a slash at its end.
    pub is_directory: bool,
}

impl core::fmt::Debug for Last {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Last").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The first name of a path, and what comes after it and its slashes; none where there is no name.
fn split_first(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let begin = path.iter().position(|&byte| byte != b'/')?;
    let path = &path[begin..];
    let end = path.iter().position(|&byte| byte == b'/').unwrap_or(path.len());
    Some(path.split_at(end))
}

/// Whether nothing but slashes is left.
fn is_end(path: &[u8]) -> bool {
    path.iter().all(|&byte| byte == b'/')
}

impl Start<'_> {
    /// Walks to the directory of a path's last name, and looks that up. A symbolic link there is followed if `follow` says so.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`] for an empty path, and where a directory on the way is not there; [`Errno::ENOTDIR`];
    /// [`Errno::EACCES`]; [`Errno::ELOOP`]; [`Errno::ENAMETOOLONG`].
    pub fn last(&self, held: &mut Root<'_, Task>, path: &[u8], follow: bool) -> Result<Last> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        let mut links = 0;
        let mut text = Cow::Borrowed(path);
        let mut done = 0;
        let mut here = Arc::clone(if path.first() == Some(&b'/') { self.root } else { self.directory });
        loop {
            let path = &text[done..];
            if path.len() > LONGEST_PATH {
                return Err(Errno::ENAMETOOLONG);
            }
            let Some((name, rest)) = split_first(path) else {
                // The root, by slashes only.
                let inode = Some(Arc::clone(&here));
                return Ok(Last { directory: here, name: Vec::new(), inode, is_directory: true });
            };
            if here.kind() != Kind::Directory {
                return Err(Errno::ENOTDIR);
            }
            let attributes = here.attributes(held);
            self.caller.may(Wish::SEARCH, &attributes)?;
            let at_end = is_end(rest);
            let next = match name {
                b"." => Some(Arc::clone(&here)),
                b".." => Some(self.up(held, &here)?),
                _ if name.len() > LONGEST_NAME => return Err(Errno::ENAMETOOLONG),
                _ => match here.look_up(held, name) {
                    Ok(inode) => Some(self.namespace.uncovered(held, inode)),
                    Err(Errno::ENOENT) if at_end => None,
                    Err(error) => return Err(error),
                },
            };
            let is_directory = !rest.is_empty();
            if let Some(link) = next.as_ref().filter(|inode| inode.kind() == Kind::Symlink)
                && (!at_end || follow || is_directory)
            {
                links += 1;
                if links > LINKS {
                    return Err(Errno::ELOOP);
                }
                let mut target = link.target(held)?;
                if target.is_empty() {
                    return Err(Errno::ENOENT);
                }
                target.try_reserve(rest.len()).map_err(|_| Errno::ENOMEM)?;
                target.extend_from_slice(rest);
                if target.first() == Some(&b'/') {
                    here = Arc::clone(self.root);
                }
                (text, done) = (Cow::Owned(target), 0);
                continue;
            }
            if at_end {
                let is_entry = !matches!(name, b"." | b"..");
                let name = if is_entry { try_copy(name).map_err(|_| Errno::ENOMEM)? } else { Vec::new() };
                if is_directory && next.as_ref().is_some_and(|inode| inode.kind() != Kind::Directory) {
                    return Err(Errno::ENOTDIR);
                }
                return Ok(Last { directory: here, name, inode: next, is_directory });
            }
            here = next.ok_or(Errno::ENOENT)?;
            done = text.len() - rest.len();
        }
    }

    /// The directory above one.
    fn up(&self, held: &mut Root<'_, Task>, directory: &Arc<dyn Inode>) -> Result<Arc<dyn Inode>> {
        let mut directory = Arc::clone(directory);
        loop {
            if is_same(&**self.root, &*directory) {
                return Ok(directory);
            }
            let Some(covered) = self.namespace.covered_by(held, &*directory) else {
                let parent = Arc::clone(&directory).parent(held)?;
                return Ok(self.namespace.uncovered(held, parent));
            };
            directory = covered;
        }
    }

    /// What a path leads to.
    ///
    /// # Errors
    ///
    /// As for [`last`](Self::last), and [`Errno::ENOENT`].
    pub fn find(&self, held: &mut Root<'_, Task>, path: &[u8], follow: bool) -> Result<Arc<dyn Inode>> {
        self.last(held, path, follow)?.inode.ok_or(Errno::ENOENT)
    }

    /// The path of a directory from the root.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`] where it has been removed; [`Errno::ENOMEM`].
    pub fn path_of(&self, held: &mut Root<'_, Task>, directory: &Arc<dyn Inode>) -> Result<Vec<u8>> {
        let mut path: Vec<u8> = Vec::new();
        let mut here = Arc::clone(directory);
        while !is_same(&**self.root, &*here) {
            if let Some(covered) = self.namespace.covered_by(held, &*here) {
                here = covered;
                continue;
            }
            let parent = Arc::clone(&here).parent(held)?;
            if is_same(&*parent, &*here) {
                break;
            }
            let name = parent.name_of(held, &*here)?;
            let mut longer = Vec::new();
            longer.try_reserve(name.len() + 1 + path.len()).map_err(|_| Errno::ENOMEM)?;
            longer.push(b'/');
            longer.extend_from_slice(&name);
            longer.extend_from_slice(&path);
            path = longer;
            here = parent;
        }
        if path.is_empty() {
            path.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            path.push(b'/');
        }
        Ok(path)
    }

    /// Makes something where a path leads.
    ///
    /// # Errors
    ///
    /// As for [`last`](Self::last); [`Errno::EEXIST`]; what the filesystem gives.
    pub fn make(
        &self,
        held: &mut Root<'_, Task>,
        path: &[u8],
        kind: Kind,
        permissions: u32,
        target: &[u8],
    ) -> Result<Arc<dyn Inode>> {
        let last = self.last(held, path, false)?;
        if last.inode.is_some() {
            return Err(Errno::EEXIST);
        }
        if last.is_directory && kind != Kind::Directory {
            return Err(Errno::ENOENT);
        }
        self.create(held, &last, kind, permissions, target)
    }

    /// Makes what a walk has not found.
    fn create(
        &self,
        held: &mut Root<'_, Task>,
        last: &Last,
        kind: Kind,
        permissions: u32,
        target: &[u8],
    ) -> Result<Arc<dyn Inode>> {
        let directory = last.directory.attributes(held);
        self.caller.may(Wish::ALTER, &directory)?;
        let permissions = if kind == Kind::Symlink { 0o777 } else { permissions & !self.caller.umask };
        let inherits = directory.permissions & 0o2000 != 0;
        let gid = if inherits { directory.gid } else { self.caller.gid };
        let set_gid = if inherits && kind == Kind::Directory { 0o2000 } else { 0 };
        let permissions = permissions & 0o7777 | set_gid;
        Arc::clone(&last.directory).create(
            held,
            &last.name,
            New { kind, permissions, uid: self.caller.uid, gid, target },
        )
    }

    /// Opens what a path leads to, making it where that is asked; `open` deals with devices and pipes.
    ///
    /// # Errors
    ///
    /// As for [`last`](Self::last); [`Errno::EEXIST`], [`Errno::EISDIR`], [`Errno::ELOOP`] as for `open`.
    pub fn open(
        &self,
        held: &mut Root<'_, Task>,
        path: &[u8],
        flags: OpenFlags,
        permissions: u32,
        open: impl FnOnce(&mut Root<'_, Task>, Arc<dyn Inode>) -> Result<File>,
    ) -> Result<File> {
        let creates = flags.contains(OpenFlags::CREATE);
        let exclusive = creates && flags.contains(OpenFlags::EXCLUSIVE);
        let last = self.last(held, path, !flags.contains(OpenFlags::NO_FOLLOW) && !exclusive)?;
        let (inode, is_new) = match &last.inode {
            Some(_) if exclusive => return Err(Errno::EEXIST),
            Some(inode) => (Arc::clone(inode), false),
            None if creates && last.is_directory => return Err(Errno::EISDIR),
            None if creates => match self.create(held, &last, Kind::Regular, permissions, &[]) {
                Ok(inode) => (inode, true),
                // Somebody else was quicker.
                Err(Errno::EEXIST) if !exclusive => (last.directory.look_up(held, &last.name)?, false),
                Err(error) => return Err(error),
            },
            None => return Err(Errno::ENOENT),
        };
        let kind = inode.kind();
        if flags.contains(OpenFlags::DIRECTORY) && kind != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        if kind == Kind::Symlink && !flags.contains(OpenFlags::PATH) {
            return Err(Errno::ELOOP);
        }
        if kind == Kind::Directory && (flags.writes() || creates) {
            return Err(Errno::EISDIR);
        }
        if !is_new && !flags.contains(OpenFlags::PATH) {
            let wish = Wish { read: flags.reads(), write: flags.writes(), execute: false };
            let attributes = inode.attributes(held);
            self.caller.may(wish, &attributes)?;
        }
        if flags.contains(OpenFlags::TRUNCATE) && kind == Kind::Regular && flags.writes() {
            inode.truncate(held, 0)?;
        }
        open(held, inode)
    }

    /// Takes a name away.
    ///
    /// # Errors
    ///
    /// As for [`last`](Self::last); [`Errno::EPERM`] under a sticky directory; what the filesystem gives.
    pub fn unlink(&self, held: &mut Root<'_, Task>, path: &[u8], directory: bool) -> Result<()> {
        let last = self.last(held, path, false)?;
        let inode = last.inode.as_ref().ok_or(Errno::ENOENT)?;
        if last.name.is_empty() {
            return Err(if directory { Errno::EINVAL } else { Errno::EISDIR });
        }
        if self.namespace.covered_by(held, &**inode).is_some() {
            return Err(Errno::EBUSY);
        }
        self.may_take(held, &last.directory, inode)?;
        last.directory.unlink(held, &last.name, directory)
    }

    /// Whether a name may be taken out of a directory.
    fn may_take(
        &self,
        held: &mut Root<'_, Task>,
        directory: &Arc<dyn Inode>,
        inode: &Arc<dyn Inode>,
    ) -> Result<()> {
        let above = directory.attributes(held);
        self.caller.may(Wish::ALTER, &above)?;
        let sticky = above.permissions & 0o1000 != 0;
        let attributes = inode.attributes(held);
        if sticky && self.caller.owns(&above).is_err() { self.caller.owns(&attributes) } else { Ok(()) }
    }

    /// Gives what one path leads to another name.
    ///
    /// # Errors
    ///
    /// As for [`last`](Self::last); [`Errno::EPERM`] for a directory; [`Errno::EXDEV`].
    pub fn link(&self, held: &mut Root<'_, Task>, what: &Arc<dyn Inode>, path: &[u8]) -> Result<()> {
        if what.kind() == Kind::Directory {
            return Err(Errno::EPERM);
        }
        let last = self.last(held, path, false)?;
        if last.inode.is_some() {
            return Err(Errno::EEXIST);
        }
        if last.is_directory {
            return Err(Errno::ENOENT);
        }
        let directory = last.directory.attributes(held);
        self.caller.may(Wish::ALTER, &directory)?;
        if last.directory.identity().0 != what.identity().0 {
            return Err(Errno::EXDEV);
        }
        last.directory.link(held, &last.name, what)
    }

    /// Changes attributes of an inode, as far as the caller may.
    ///
    /// # Errors
    ///
    /// [`Errno::EPERM`].
    pub fn change(&self, held: &mut Root<'_, Task>, inode: &Arc<dyn Inode>, change: Change) -> Result<()> {
        let attributes = inode.attributes(held);
        self.caller.owns(&attributes)?;
        let mut change = change;
        if self.caller.uid != 0 {
            let other_owner = change.uid.is_some_and(|uid| uid != attributes.uid);
            let foreign_group =
                change.gid.is_some_and(|gid| gid != attributes.gid && !self.caller.is_in(gid));
            if other_owner || foreign_group {
                return Err(Errno::EPERM);
            }
            if (change.uid.is_some() || change.gid.is_some()) && attributes.kind == Kind::Regular {
                // Who gives a program away does not lend his rights with it.
                let kept = change.permissions.unwrap_or(attributes.permissions);
                change.permissions = Some(kept & 0o1777);
            }
        }
        inode.change(held, change)
    }
}

/// Moves what `from` leads to, to where `to` leads.
///
/// # Errors
///
/// As for [`Start::last`]; [`Errno::EXDEV`]; [`Errno::EEXIST`]; what the filesystem gives.
pub fn rename(
    held: &mut Root<'_, Task>,
    (from, from_path): (&Start<'_>, &[u8]),
    (to, to_path): (&Start<'_>, &[u8]),
    how: crate::inode::Renaming,
) -> Result<()> {
    let old = from.last(held, from_path, false)?;
    let new = to.last(held, to_path, false)?;
    let inode = old.inode.as_ref().ok_or(Errno::ENOENT)?;
    if old.name.is_empty() || new.name.is_empty() {
        return Err(Errno::EBUSY);
    }
    if old.directory.identity().0 != new.directory.identity().0 {
        return Err(Errno::EXDEV);
    }
    if (old.is_directory || new.is_directory) && inode.kind() != Kind::Directory {
        return Err(Errno::ENOTDIR);
    }
    from.may_take(held, &old.directory, inode)?;
    if let Some(replaced) = &new.inode {
        to.may_take(held, &new.directory, replaced)?;
    } else {
        let directory = new.directory.attributes(held);
        to.caller.may(Wish::ALTER, &directory)?;
    }
    for moved in [Some(inode), new.inode.as_ref()].into_iter().flatten() {
        if from.namespace.covered_by(held, &**moved).is_some() {
            return Err(Errno::EBUSY);
        }
    }
    Arc::clone(&old.directory).rename(held, &old.name, &new.directory, &new.name, how)
}

#[cfg(test)]
mod tests {
    use super::{is_end, split_first};

    #[test]
    fn a_path_is_split_at_slashes() {
        assert_eq!(split_first(b"//usr//bin"), Some((&b"usr"[..], &b"//bin"[..])));
        assert_eq!(split_first(b"bin"), Some((&b"bin"[..], &b""[..])));
        assert_eq!(split_first(b"///"), None);
        assert!(is_end(b"/") && is_end(b"") && !is_end(b"/a"));
    }
}
