//! What takes names away, and an open directory.

use alloc::sync::{Arc, Weak};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use lockorder::{Before, Held, Root, Task};

use super::entries::Directory;
use super::node::Node;
use crate::attributes::Kind;
use crate::file::FilePosition;
use crate::filesystem::{Inode as AnyInode, SeekableFile};
use crate::inode::Entry;

/// Marks a directory that is to lose its name as removed, if it is empty.
pub(super) fn retire<H: Before<Directory>>(held: &mut Held<'_, H, Task>, directory: &Node) -> Result<()> {
    held.below::<Directory>().with(directory.directory()?, |entries, _| entries.retire())
}

/// Whether what has a name may be taken away as what the caller takes it for.
fn check_kind(node: &Node, directory: bool) -> Result<()> {
    match (directory, node.kind() == Kind::Directory) {
        (true, false) => Err(Errno::ENOTDIR),
        (false, true) => Err(Errno::EISDIR),
        _ => Ok(()),
    }
}

/// Takes a name away.
pub(super) fn unlink(held: &mut Root<'_, Task>, parent: &Node, name: &[u8], directory: bool) -> Result<()> {
    let lock = parent.directory()?;
    // The last reference goes after the lock: with it pages do.
    let gone = if directory {
        // With the filesystem's lock for moves: nothing comes between the look and the end, and a directory that is being
        // removed is nobody's new place.
        held.with(&parent.filesystem.rename, |(), mut held| {
            let child = held.with(lock, |entries, _| entries.get(name)).ok_or(Errno::ENOENT)?;
            check_kind(&child, true)?;
            retire(&mut held, &child)?;
            let gone = held.with(lock, |entries, mut held| {
                let gone = entries.remove(name);
                if gone.is_some() {
                    parent.count_links(&mut held, -1);
                    parent.touch(&mut held);
                }
                gone
            });
            Ok::<_, Errno>(gone)
        })?
    } else {
        held.with(lock, |entries, mut held| {
            let child = entries.get(name).ok_or(Errno::ENOENT)?;
            check_kind(&child, false)?;
            let gone = entries.remove(name);
            parent.touch(&mut held);
            Ok::<_, Errno>(gone)
        })?
    };
    let (gone, name) = gone.ok_or(Errno::ENOENT)?;
    gone.lose(held, if directory { 2 } else { 1 }, Some(name));
    Ok(())
}

/// An open directory.
pub(super) struct Listing {
    node: Arc<Node>,
    inode: Arc<dyn AnyInode>,
}

impl Listing {
    /// Opens a directory.
    pub(super) fn open(node: Arc<Node>, inode: Arc<dyn AnyInode>) -> Result<Arc<dyn SeekableFile>> {
        Ok(try_arc(Self { node, inode }).map_err(|_| Errno::ENOMEM)?)
    }
}

impl SeekableFile for Listing {
    fn inode(&self) -> &Arc<dyn AnyInode> {
        &self.inode
    }

    fn entries(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        after: u64,
        each: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) -> Result<()> {
        let directory = &self.node;
        let itself = |next, name| Entry { number: directory.number, kind: Kind::Directory, next, name };
        held.with(directory.directory()?, |entries, _| {
            if after < 1 && !each(&itself(1, b".")) {
                return;
            }
            if after < 2 {
                let above = entries.parent().as_ref().and_then(Weak::upgrade);
                let number = above.as_ref().map_or(directory.number, |above| above.number);
                if !each(&Entry { number, ..itself(2, b"..") }) {
                    return;
                }
            }
            entries.list(after, |next, name, node| {
                each(&Entry { number: node.number, kind: node.kind(), next, name })
            });
        });
        Ok(())
    }
}
