//! Walking a path: one name after the other, from a directory.
//!
//! A walk looks one name up at a time and holds nothing in between; what it has found it keeps by a reference. The rules are
//! those of POSIX and of Linux's `path_resolution(7)`: an empty path is an error, a slash at the end asks for a directory, `..` of
//! the root is the root, a symbolic link is followed except at the end where the caller says so, and forty of them are too many. A
//! **magic link** leads to an inode and not to a path: the walk goes on there.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_copy;
use bitflags::bitflags;
use lockorder::{Root, Task};

use crate::attributes::{Caller, Kind, Wish};
use crate::filesystem::Inode;
use crate::inode::LONGEST_NAME;
use crate::namespace::{Namespace, is_same};

/// The longest path, in bytes, without the zero at its end.
pub const LONGEST_PATH: usize = 4095;
/// The most symbolic links that are followed.
const LINKS: usize = 40;

bitflags! {
    /// What a walk is not to do; the bits of `openat2`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Resolve: u32 {
        /// Come to another filesystem.
        const NO_OTHER_FILESYSTEM = 0x01;
        /// Follow a magic link.
        const NO_MAGIC_LINKS = 0x02;
        /// Follow any symbolic link.
        const NO_LINKS = 0x04;
        /// Leave the directory where it begins.
        const BENEATH = 0x08;
        /// The same, but that directory is the root of it.
        const IN_ROOT = 0x10;
        /// Wait for a disk: no walk does.
        const CACHED = 0x20;
    }
}

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

/// Whether a path begins at the root.
fn is_absolute(path: &[u8]) -> bool {
    path.first() == Some(&b'/')
}

impl Start<'_> {
    /// Walks to the directory of a path's last name, and looks that up. A symbolic link there is followed if `follow` says so.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`] for an empty path, and where a directory on the way is not there; [`Errno::ENOTDIR`];
    /// [`Errno::EACCES`]; [`Errno::ELOOP`]; [`Errno::ENAMETOOLONG`].
    pub fn last(&self, held: &mut Root<'_, Task>, path: &[u8], follow: bool) -> Result<Last> {
        self.walk(held, path, follow, Resolve::empty())
    }

    /// The same, but for what the walk is not to do.
    ///
    /// # Errors
    ///
    /// As for [`last`](Self::last); [`Errno::EXDEV`] and [`Errno::ELOOP`] for what `resolve` forbids.
    pub(crate) fn walk(
        &self,
        held: &mut Root<'_, Task>,
        path: &[u8],
        follow: bool,
        resolve: Resolve,
    ) -> Result<Last> {
        let is_contained = resolve.intersects(Resolve::BENEATH | Resolve::IN_ROOT);
        let root = if is_contained { self.directory } else { self.root };
        let device = if is_absolute(path) { root } else { self.directory }.identity().0;
        Walk { start: *self, root, device, resolve }.run(held, path, follow)
    }

    /// What a path leads to.
    ///
    /// # Errors
    ///
    /// As for [`last`](Self::last), and [`Errno::ENOENT`].
    pub fn find(&self, held: &mut Root<'_, Task>, path: &[u8], follow: bool) -> Result<Arc<dyn Inode>> {
        self.last(held, path, follow)?.inode.ok_or(Errno::ENOENT)
    }
}

/// A walk.
struct Walk<'a> {
    start: Start<'a>,
    /// The directory of absolute paths, which is not left upwards.
    root: &'a Arc<dyn Inode>,
    /// The filesystem where it begins.
    device: u64,
    resolve: Resolve,
}

impl Walk<'_> {
    /// Whether the walk may come to an inode.
    fn check(&self, inode: &dyn Inode) -> Result<()> {
        let stays = self.resolve.contains(Resolve::NO_OTHER_FILESYSTEM);
        if stays && inode.identity().0 != self.device { Err(Errno::EXDEV) } else { Ok(()) }
    }

    /// Where an absolute path begins.
    fn top(&self) -> Result<Arc<dyn Inode>> {
        if self.resolve.contains(Resolve::BENEATH) {
            return Err(Errno::EXDEV);
        }
        self.check(&**self.root)?;
        Ok(Arc::clone(self.root))
    }

    /// What a magic link leads to; none for another link.
    fn jump(&self, held: &mut Root<'_, Task>, link: &dyn Inode) -> Result<Option<Arc<dyn Inode>>> {
        let Some(there) = link.jump(held)? else { return Ok(None) };
        if self.resolve.contains(Resolve::NO_MAGIC_LINKS) {
            return Err(Errno::ELOOP);
        }
        if self.resolve.intersects(Resolve::BENEATH | Resolve::IN_ROOT) {
            return Err(Errno::EXDEV);
        }
        self.check(&*there)?;
        Ok(Some(there))
    }

    /// What has a name in a directory; none where nothing has and that is the end of the path.
    fn step(
        &self,
        held: &mut Root<'_, Task>,
        here: &Arc<dyn Inode>,
        name: &[u8],
        at_end: bool,
    ) -> Result<Option<Arc<dyn Inode>>> {
        if here.kind() != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        let attributes = here.attributes(held);
        self.start.caller.may(Wish::SEARCH, &attributes)?;
        let next = match name {
            b"." => Arc::clone(here),
            b".." => self.up(held, here)?,
            _ if name.len() > LONGEST_NAME => return Err(Errno::ENAMETOOLONG),
            _ => match here.look_up(held, name) {
                Ok(inode) => self.start.namespace.uncovered(held, inode),
                Err(Errno::ENOENT) if at_end => return Ok(None),
                Err(error) => return Err(error),
            },
        };
        self.check(&*next)?;
        Ok(Some(next))
    }

    /// Walks.
    fn run(&self, held: &mut Root<'_, Task>, path: &[u8], follow: bool) -> Result<Last> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        let mut links = 0;
        let mut text = Cow::Borrowed(path);
        let mut done = 0;
        let mut here = if is_absolute(path) { self.top()? } else { Arc::clone(self.start.directory) };
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
            let at_end = is_end(rest);
            let mut next = self.step(held, &here, name, at_end)?;
            let is_directory = !rest.is_empty();
            let mut is_entry = !matches!(name, b"." | b"..");
            if let Some(link) = next.as_ref().filter(|inode| inode.kind() == Kind::Symlink)
                && (!at_end || follow || is_directory)
            {
                links += 1;
                if links > LINKS || self.resolve.contains(Resolve::NO_LINKS) {
                    return Err(Errno::ELOOP);
                }
                if let Some(there) = self.jump(held, &**link)? {
                    (next, is_entry) = (Some(there), false);
                } else {
                    let mut target = link.target(held)?;
                    if target.is_empty() {
                        return Err(Errno::ENOENT);
                    }
                    target.try_reserve(rest.len()).map_err(|_| Errno::ENOMEM)?;
                    target.extend_from_slice(rest);
                    if is_absolute(&target) {
                        here = self.top()?;
                    }
                    (text, done) = (Cow::Owned(target), 0);
                    continue;
                }
            }
            if at_end {
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
                let leaves = self.resolve.contains(Resolve::BENEATH);
                return if leaves { Err(Errno::EXDEV) } else { Ok(directory) };
            }
            let Some(covered) = self.start.namespace.covered_by(held, &*directory) else {
                let parent = Arc::clone(&directory).parent(held)?;
                return Ok(self.start.namespace.uncovered(held, parent));
            };
            directory = covered;
        }
    }
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
