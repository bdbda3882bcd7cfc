//! What is done with what a path leads to: opening, making, linking, moving, taking away.
//!
//! The walk to it is [`walk`](crate::walk)'s. Whether the caller may is asked here, of the directory and of what is in it; what a kind
//! of filesystem can do, it says itself.

use alloc::sync::Arc;

use abi::{Errno, Result, general};
use lockorder::{Root, Task};

use crate::attributes::{Attributes, Change, Kind, SET_GROUP, Wish, without_set_id};
use crate::filesystem::{File, Inode};
use crate::inode::New;
use crate::notify;
use crate::open_file::OpenFlags;
use crate::place;
pub use crate::walk::{LONGEST_PATH, Last, Resolve, Start};

/// What of `open` means something where only a place is opened.
const WITH_PATH: OpenFlags =
    OpenFlags::PATH.union(OpenFlags::DIRECTORY).union(OpenFlags::NO_FOLLOW).union(OpenFlags::CLOSE_ON_EXEC);
/// How something is opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// For what.
    pub flags: OpenFlags,
    /// What others may do with it where it is made.
    pub permissions: u32,
    /// What the walk is not to do.
    pub resolve: Resolve,
}

impl Start<'_> {
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

    /// What is to be made in a directory.
    fn new_in<'n>(&self, directory: &Attributes, kind: Kind, permissions: u32, target: &'n [u8]) -> New<'n> {
        let permissions = if kind == Kind::Symlink { 0o777 } else { permissions & !self.caller.umask };
        let inherits = directory.permissions & SET_GROUP != 0;
        let gid = if inherits { directory.gid } else { self.caller.gid };
        let set_gid = if inherits && kind == Kind::Directory { SET_GROUP } else { 0 };
        let permissions = permissions & 0o7777 | set_gid;
        New { kind, permissions, uid: self.caller.uid, gid, target }
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
        let new = self.new_in(&directory, kind, permissions, target);
        let made = Arc::clone(&last.directory).create(held, &last.name, new)?;
        let is_directory = kind == Kind::Directory;
        notify::tell_name(held, &*last.directory, &last.name, is_directory, (general::IN_CREATE, 0));
        Ok(made)
    }

    /// Makes a file without a name, on the filesystem of the directory that a path leads to.
    fn create_unnamed(
        &self,
        held: &mut Root<'_, Task>,
        path: &[u8],
        opening: Opening,
    ) -> Result<Arc<dyn Inode>> {
        if !opening.flags.writes() {
            return Err(Errno::EINVAL);
        }
        let last = self.walk(held, path, true, opening.resolve)?;
        let directory = last.inode.ok_or(Errno::ENOENT)?;
        if directory.kind() != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        let attributes = directory.attributes(held);
        self.caller.may(Wish::ALTER, &attributes)?;
        let new = self.new_in(&attributes, Kind::Regular, opening.permissions, &[]);
        directory.create_unnamed(held, new, !opening.flags.contains(OpenFlags::EXCLUSIVE))
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
        opening: Opening,
        open: impl FnOnce(&mut Root<'_, Task>, Arc<dyn Inode>) -> Result<File>,
    ) -> Result<File> {
        let Opening { flags, permissions, resolve } = opening;
        if flags.contains(OpenFlags::TEMPORARY) && !flags.contains(OpenFlags::PATH) {
            let inode = self.create_unnamed(held, path, opening)?;
            return open(held, inode);
        }
        let flags = if flags.contains(OpenFlags::PATH) { flags & WITH_PATH } else { flags };
        let creates = flags.contains(OpenFlags::CREATE);
        let exclusive = creates && flags.contains(OpenFlags::EXCLUSIVE);
        let follow = !flags.contains(OpenFlags::NO_FOLLOW) && !exclusive;
        let last = self.walk(held, path, follow, resolve)?;
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
        if flags.contains(OpenFlags::PATH) {
            return place::open(inode);
        }
        if kind == Kind::Symlink {
            return Err(Errno::ELOOP);
        }
        if kind == Kind::Directory && (flags.writes() || creates) {
            return Err(Errno::EISDIR);
        }
        if !is_new {
            let wish = Wish { read: flags.reads(), write: flags.writes(), execute: false };
            let attributes = inode.attributes(held);
            self.caller.may(wish, &attributes)?;
        }
        let cuts = flags.contains(OpenFlags::TRUNCATE) && kind == Kind::Regular && flags.writes();
        if cuts {
            inode.truncate(held, 0)?;
        }
        let file = open(held, Arc::clone(&inode))?;
        notify::tell(held, &inode, general::IN_OPEN);
        if cuts {
            notify::tell(held, &inode, general::IN_MODIFY);
        }
        Ok(file)
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
        last.directory.unlink(held, &last.name, directory)?;
        if notify::is_any() {
            if !directory {
                notify::tell_itself(held, &**inode, general::IN_ATTRIB);
            }
            notify::tell_name(held, &*last.directory, &last.name, directory, (general::IN_DELETE, 0));
            tell_if_gone(held, &**inode);
        }
        Ok(())
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
        let last = self.last(held, path, false)?;
        if last.inode.is_some() {
            return Err(Errno::EEXIST);
        }
        if last.is_directory {
            return Err(Errno::ENOENT);
        }
        if last.directory.identity().0 != what.identity().0 {
            return Err(Errno::EXDEV);
        }
        if what.kind() == Kind::Directory {
            return Err(Errno::EPERM);
        }
        let directory = last.directory.attributes(held);
        self.caller.may(Wish::ALTER, &directory)?;
        Arc::clone(&last.directory).link(held, &last.name, what)?;
        notify::tell_itself(held, &**what, general::IN_ATTRIB);
        notify::tell_name(held, &*last.directory, &last.name, false, (general::IN_CREATE, 0));
        Ok(())
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
        }
        if (change.uid.is_some() || change.gid.is_some()) && attributes.kind == Kind::Regular {
            // Who gives a program away does not lend rights with it.
            let kept = change.permissions.unwrap_or(attributes.permissions) & 0o7777;
            change.permissions = Some(without_set_id(kept, self.caller.uid == 0));
        }
        inode.change(held, change)?;
        notify::tell(held, inode, general::IN_ATTRIB);
        Ok(())
    }
}

/// An inode has lost a name: those who watch it are told if that was the last one.
fn tell_if_gone(held: &mut Root<'_, Task>, inode: &dyn Inode) {
    if inode.attributes(held).links == 0 {
        notify::tell_itself(held, inode, general::IN_DELETE_SELF);
        notify::forget(held, inode);
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
    Arc::clone(&old.directory).rename(held, &old.name, &new.directory, &new.name, how)?;
    if notify::is_any() {
        let (cookie, is_directory) = (notify::next_cookie(), inode.kind() == Kind::Directory);
        let (from, to) = (general::IN_MOVED_FROM, general::IN_MOVED_TO);
        notify::tell_name(held, &*old.directory, &old.name, is_directory, (from, cookie));
        notify::tell_name(held, &*new.directory, &new.name, is_directory, (to, cookie));
        notify::tell_itself(held, &**inode, general::IN_MOVE_SELF);
        if let Some(replaced) = &new.inode {
            tell_if_gone(held, &**replaced);
        }
    }
    Ok(())
}
