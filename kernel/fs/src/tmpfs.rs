//! A filesystem in memory.
//!
//! | module | what |
//! |---|---|
//! | `filesystem` | what all inodes of one filesystem share: numbers, and how many pages there may be |
//! | `entries` | the names of a directory |
//! | `bytes`, `sparse` | the pages of a file; holes |
//! | `node` | one inode: its facts, and one of the above |
//! | `directory`, `rename` | taking names away and moving them; an open directory |
//! | `reader`, `mapped` | an open file; its pages, as address spaces see them |
//! | `inode` | a node, as an inode |
//!
//! Its inodes are counted pointers; a directory owns those it names, so what has no name goes with its last user. A file's bytes are
//! pages, of which those that were never written to are not there: they read as zeros. A node remembers which directory it lies in,
//! and when its last name is taken away, that name: so that what is open has a path to show.
//!
//! **Locks.** A directory's entries, an inode's facts and a file's pages each have a lock of a class of its own, and no two of
//! one class are held but the two directories of a rename: that is done with [`Rename`] held, of which each filesystem has one,
//! so that no directory moves while it is looked whether it would go below itself.

mod bytes;
mod directory;
mod entries;
mod filesystem;
mod inode;
mod mapped;
mod node;
mod reader;
mod rename;
mod sparse;

use alloc::sync::Arc;

use abi::{Errno, Result};
use lockorder::{Root, Task};

use crate::attributes::Kind;
use crate::file::WriteAt;
use crate::filesystem::Inode as AnyInode;
use crate::inode::New;
use node::Node;

pub use bytes::{FileContent, PageCache};
pub use entries::Directory;
pub use filesystem::Rename;
pub use filesystem::next_device;
pub use node::Inode;

/// Makes a filesystem whose files have so many pages at most; gives its root.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub fn new(most_pages: u64, permissions: u32) -> Result<Arc<dyn AnyInode>> {
    let filesystem = filesystem::Filesystem::new(most_pages)?;
    let new = New { kind: Kind::Directory, permissions, uid: 0, gid: 0, target: &[] };
    Ok(Node::new(&filesystem, None, new)?)
}

/// Makes a file that has no name and is in no directory: `memfd_create`. `root` is that of the filesystem that it takes its pages
/// from; `label` is what is shown of it, and it may be sealed if `sealable` says so.
///
/// # Errors
///
/// [`Errno::ENOMEM`]; [`Errno::EINVAL`] for a root of another kind of filesystem.
pub fn anonymous(
    root: &dyn AnyInode,
    new: New<'_>,
    label: &[u8],
    sealable: bool,
) -> Result<Arc<dyn AnyInode>> {
    let root = node::node(root).ok_or(Errno::EINVAL)?;
    Ok(Node::anonymous(&root.filesystem, new, label, sealable)?)
}

/// Writes a new file's bytes, from the kernel's memory.
pub(crate) fn fill(held: &mut Root<'_, Task>, inode: &dyn AnyInode, bytes: &[u8]) -> Result<()> {
    let node = node::node(inode).ok_or(Errno::EINVAL)?;
    let (count, _) = node.bytes()?.write(held, &node.filesystem, bytes, WriteAt::Position(0))?;
    if count == bytes.len() { Ok(()) } else { Err(Errno::ENOSPC) }
}
