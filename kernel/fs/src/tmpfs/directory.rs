//! A directory's entries, and what changes them.
//!
//! Entries are found by name, and listed in the order in which they came: an entry's position never changes, so that who lists a
//! directory while others change it sees each entry that stays once.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_copy};
use base::user::UserSlice;
use lockorder::{Before, Held, Root, Task};

use super::node::Node;
use crate::attributes::Kind;
use crate::file::{FilePosition, SeekableFile, WriteAt};
use crate::inode::{Entry, Inode as AnyInode};

/// The positions after `.` and `..`.
const FIRST: u64 = 3;

/// A directory's entries.
pub(super) struct Entries {
    /// The directory above; none for a root.
    parent: Option<Weak<Node>>,
    /// Whether the directory has been removed: nothing comes into it any more.
    removed: bool,
    by_name: BTreeMap<Box<[u8]>, (u64, Arc<Node>)>,
    by_position: BTreeMap<u64, Box<[u8]>>,
    next: u64,
}

/// A copy of a name.
fn copied(name: &[u8]) -> Result<Box<[u8]>> {
    try_copy(name).map(Vec::into_boxed_slice).map_err(|_| Errno::ENOMEM)
}

impl Entries {
    /// No entries.
    pub(super) const fn new(parent: Option<Weak<Node>>) -> Self {
        Self { parent, removed: false, by_name: BTreeMap::new(), by_position: BTreeMap::new(), next: FIRST }
    }

    /// What has a name.
    pub(super) fn get(&self, name: &[u8]) -> Option<Arc<Node>> {
        self.by_name.get(name).map(|(_, node)| Arc::clone(node))
    }

    /// The directory above, if it is still there; none for a root.
    pub(super) fn parent(&self) -> Option<Weak<Node>> {
        self.parent.clone()
    }

    /// Sets the directory above.
    pub(super) fn set_parent(&mut self, parent: Weak<Node>) {
        self.parent = Some(parent);
    }

    /// The name of an entry.
    pub(super) fn name_of(&self, child: &Node) -> Result<Vec<u8>> {
        let found = self.by_name.iter().find(|(_, (_, node))| node.number == child.number);
        let (name, _) = found.ok_or(Errno::ENOENT)?;
        copied(name).map(Vec::from)
    }

    /// Adds an entry.
    pub(super) fn insert(&mut self, name: &[u8], node: Arc<Node>) -> Result<()> {
        if self.removed {
            return Err(Errno::ENOENT);
        }
        if self.by_name.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        let (name, again) = (copied(name)?, copied(name)?);
        let position = self.next;
        self.next += 1;
        self.by_name.insert(name, (position, node));
        self.by_position.insert(position, again);
        Ok(())
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, name: &[u8]) -> Option<Arc<Node>> {
        let (position, node) = self.by_name.remove(name)?;
        self.by_position.remove(&position);
        Some(node)
    }

    /// Puts something else under a name that there is; gives what was there.
    pub(super) fn replace(&mut self, name: &[u8], node: Arc<Node>) -> Option<Arc<Node>> {
        self.by_name.get_mut(name).map(|(_, there)| core::mem::replace(there, node))
    }
}

/// Marks a directory that is to lose its name as removed, if it is empty.
pub(super) fn retire<H: Before<super::Directory>>(
    held: &mut Held<'_, H, Task>,
    directory: &Node,
) -> Result<()> {
    held.below::<super::Directory>().with(directory.directory()?, |entries, _| {
        if !entries.by_name.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        entries.removed = true;
        Ok(())
    })
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
    let gone = gone.ok_or(Errno::ENOENT)?;
    gone.count_links(held, if directory { -2 } else { -1 });
    Ok(())
}

/// An open directory.
pub(super) struct Listing {
    node: Arc<dyn AnyInode>,
}

impl Listing {
    /// Opens a directory.
    pub(super) fn open(node: Arc<Node>) -> Result<Arc<dyn SeekableFile>> {
        Ok(try_arc(Self { node }).map_err(|_| Errno::ENOMEM)?)
    }

    /// The directory.
    fn directory(&self) -> Result<&Node> {
        super::node::node(&*self.node).ok_or(Errno::ENOTDIR)
    }
}

impl SeekableFile for Listing {
    fn inode(&self) -> &Arc<dyn AnyInode> {
        &self.node
    }

    fn read(&self, _held: &mut Held<'_, FilePosition, Task>, _to: UserSlice, _at: u64) -> Result<usize> {
        Err(Errno::EISDIR)
    }

    fn read_kernel(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        _to: &mut [u8],
        _at: u64,
    ) -> Result<usize> {
        Err(Errno::EISDIR)
    }

    fn write(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        _from: UserSlice,
        _at: WriteAt,
    ) -> Result<(usize, u64)> {
        Err(Errno::EISDIR)
    }

    fn entries(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        after: u64,
        each: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) -> Result<()> {
        let directory = self.directory()?;
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
            for (&position, name) in entries.by_position.range(after.max(FIRST - 1) + 1..) {
                let Some((_, node)) = entries.by_name.get(name) else { continue };
                let entry = Entry { number: node.number, kind: node.kind(), next: position, name };
                if !each(&entry) {
                    return;
                }
            }
        });
        Ok(())
    }
}
