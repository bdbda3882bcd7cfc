//! The names of a directory.
//!
//! Entries are found by name, and listed in the order in which they came: an entry's position never changes, so that who lists a
//! directory while others change it sees each entry that stays once.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_copy;
use lockorder::hierarchy;

use super::filesystem::Rename;

hierarchy! {
    /// A directory's entries.
    pub class Directory in base::levels::Filesystem = 4, order = tree, pairs under Rename;
}

/// The positions after `.` and `..`.
const FIRST: u64 = 3;

/// A copy of a name.
fn copied(name: &[u8]) -> Result<Box<[u8]>> {
    try_copy(name).map(Vec::into_boxed_slice).map_err(|_| Errno::ENOMEM)
}

/// A directory's entries.
pub(super) struct Entries<N> {
    /// The directory above; none for a root.
    parent: Option<Weak<N>>,
    /// Whether the directory has been removed: nothing comes into it any more.
    removed: bool,
    by_name: BTreeMap<Box<[u8]>, (u64, Arc<N>)>,
    by_position: BTreeMap<u64, Box<[u8]>>,
    next: u64,
}

impl<N> Entries<N> {
    /// No entries.
    pub(super) const fn new(parent: Option<Weak<N>>) -> Self {
        Self { parent, removed: false, by_name: BTreeMap::new(), by_position: BTreeMap::new(), next: FIRST }
    }

    /// What has a name.
    pub(super) fn get(&self, name: &[u8]) -> Option<Arc<N>> {
        self.by_name.get(name).map(|(_, node)| Arc::clone(node))
    }

    /// The directory above, if it is still there; none for a root.
    pub(super) fn parent(&self) -> Option<Weak<N>> {
        self.parent.clone()
    }

    /// Sets the directory above.
    pub(super) fn set_parent(&mut self, parent: Weak<N>) {
        self.parent = Some(parent);
    }

    /// The name of an entry for which `is` says so.
    pub(super) fn name_of(&self, is: impl Fn(&N) -> bool) -> Result<Vec<u8>> {
        let found = self.by_name.iter().find(|(_, (_, node))| is(node));
        let (name, _) = found.ok_or(Errno::ENOENT)?;
        copied(name).map(Vec::from)
    }

    /// Marks the directory as removed, if it is empty.
    pub(super) fn retire(&mut self) -> Result<()> {
        if !self.by_name.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        self.removed = true;
        Ok(())
    }

    /// Calls `each` with those after a position, until it gives false: with the position, the name, and what has it.
    pub(super) fn list(&self, after: u64, mut each: impl FnMut(u64, &[u8], &N) -> bool) {
        for (&position, name) in self.by_position.range(after.max(FIRST - 1) + 1..) {
            if let Some((_, node)) = self.by_name.get(name)
                && !each(position, name, node)
            {
                return;
            }
        }
    }

    /// Adds an entry.
    pub(super) fn insert(&mut self, name: &[u8], node: Arc<N>) -> Result<()> {
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

    /// Takes an entry out; gives what had the name, and the name.
    pub(super) fn remove(&mut self, name: &[u8]) -> Option<(Arc<N>, Box<[u8]>)> {
        let (position, node) = self.by_name.remove(name)?;
        let name = self.by_position.remove(&position)?;
        Some((node, name))
    }

    /// Puts something else under a name that there is; gives what was there.
    pub(super) fn replace(&mut self, name: &[u8], node: Arc<N>) -> Option<Arc<N>> {
        self.by_name.get_mut(name).map(|(_, there)| core::mem::replace(there, node))
    }
}
