//! Moving a name.
//!
//! One directory at a time moves in a filesystem, with its lock of class [`Rename`](super::Rename) held: so who lies below whom does
//! not change between the look and the move, and a directory that is looked at is not removed, which takes the same lock. Other names
//! may come and go meanwhile; where one has, the move begins again.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_copy;
use lockorder::{AnythingOutside, Before, Held, Root, Task};

use super::directory::retire;
use super::entries::{Directory, Entries};
use super::node::Node;
use crate::attributes::Kind;
use crate::inode::Renaming;

/// A move of one name to another.
struct Move<'a> {
    from: &'a Arc<Node>,
    name: &'a [u8],
    to: &'a Arc<Node>,
    new_name: &'a [u8],
    how: Renaming,
    /// What moves.
    moved: Arc<Node>,
    /// What has the new name.
    there: Option<Arc<Node>>,
}

/// Why the entries were not changed.
enum Stopped {
    /// Somebody else has changed them.
    Changed,
    /// It cannot be.
    Error(Errno),
}

/// Whether an inode is a directory.
fn is_directory(node: &Node) -> bool {
    node.kind == Kind::Directory
}

/// Whether two are one.
fn is_one(one: Option<&Arc<Node>>, other: Option<&Arc<Node>>) -> bool {
    one.map(|node| node.number) == other.map(|node| node.number)
}

/// Whether `directory` is `other` or lies below it.
fn lies_below<H: Before<Directory>>(
    held: &mut Held<'_, H, Task>,
    directory: &Arc<Node>,
    other: &Node,
) -> Result<bool> {
    let mut here = Some(Arc::clone(directory));
    while let Some(node) = here {
        if node.number == other.number {
            return Ok(true);
        }
        let above = held.below::<Directory>().with(node.directory()?, |entries, _| entries.parent());
        here = above.as_ref().and_then(Weak::upgrade);
    }
    Ok(false)
}

impl Move<'_> {
    /// Whether it may be, as far as kinds and places say.
    fn check<H: Before<Directory>>(&self, held: &mut Held<'_, H, Task>) -> Result<()> {
        match (&self.there, self.how) {
            (Some(_), Renaming::NoReplace) => return Err(Errno::EEXIST),
            (None, Renaming::Exchange) => return Err(Errno::ENOENT),
            _ => {}
        }
        if is_directory(&self.moved) && lies_below(held, self.to, &self.moved)? {
            return Err(Errno::EINVAL);
        }
        let Some(there) = &self.there else { return Ok(()) };
        if self.how == Renaming::Exchange {
            let inside = is_directory(there) && lies_below(held, self.from, there)?;
            return if inside { Err(Errno::EINVAL) } else { Ok(()) };
        }
        match (is_directory(&self.moved), is_directory(there)) {
            (true, false) => Err(Errno::ENOTDIR),
            (false, true) => Err(Errno::EISDIR),
            (true, true) => retire(held, there),
            (false, false) => Ok(()),
        }
    }

    /// Changes the entries, of one directory or of two; gives what has lost its name.
    fn change(
        &self,
        one: &mut Entries<Node>,
        other: Option<&mut Entries<Node>>,
    ) -> core::result::Result<Option<Arc<Node>>, Stopped> {
        let found = other.as_deref().unwrap_or(one).get(self.new_name);
        if !is_one(one.get(self.name).as_ref(), Some(&self.moved))
            || !is_one(found.as_ref(), self.there.as_ref())
        {
            return Err(Stopped::Changed);
        }
        match (other, &self.there) {
            (Some(other), Some(_)) => {
                let gone = other.replace(self.new_name, Arc::clone(&self.moved));
                Ok(self.leave(one, gone))
            }
            (None, Some(_)) => {
                let gone = one.replace(self.new_name, Arc::clone(&self.moved));
                Ok(self.leave(one, gone))
            }
            (Some(other), None) => {
                other.insert(self.new_name, Arc::clone(&self.moved)).map_err(Stopped::Error)?;
                Ok(self.leave(one, None))
            }
            (None, None) => {
                one.insert(self.new_name, Arc::clone(&self.moved)).map_err(Stopped::Error)?;
                Ok(self.leave(one, None))
            }
        }
    }

    /// Takes the old name away, or gives it to what had the new one.
    fn leave(&self, one: &mut Entries<Node>, gone: Option<Arc<Node>>) -> Option<Arc<Node>> {
        if let Some(gone) = gone.as_ref().filter(|_| self.how == Renaming::Exchange) {
            one.replace(self.name, Arc::clone(gone));
            return None;
        }
        one.remove(self.name);
        gone
    }

    /// Notes where directories lie now, and how many names everybody has.
    fn settle<H: Before<Directory>>(
        &self,
        held: &mut Held<'_, H, Task>,
        gone: Option<&Arc<Node>>,
    ) -> Result<()> {
        let exchanges = self.how == Renaming::Exchange;
        let mut held = held.below::<Directory>();
        let held = &mut held;
        let set_parent =
            |held: &mut Held<'_, AnythingOutside<Directory>, Task>, node: &Node, parent: &Arc<Node>| {
                let parent = Arc::downgrade(parent);
                node.directory().map(|lock| held.with(lock, |entries, _| entries.set_parent(parent)))
            };
        let other_way = self.there.as_ref().filter(|there| exchanges && is_directory(there));
        self.moved.settle_in(held, self.to);
        if let Some(there) = self.there.as_ref().filter(|_| exchanges) {
            there.settle_in(held, self.from);
        }
        if is_directory(&self.moved) {
            set_parent(held, &self.moved, self.to)?;
            self.from.count_links(held, -1);
            self.to.count_links(held, 1);
        }
        if let Some(there) = other_way {
            set_parent(held, there, self.from)?;
            self.to.count_links(held, -1);
            self.from.count_links(held, 1);
        }
        if let Some(gone) = gone {
            if is_directory(gone) {
                self.to.count_links(held, -1);
            }
            // Where there is no memory for its name it is shown without.
            let name = try_copy(self.new_name).ok().map(Vec::into_boxed_slice);
            gone.lose(held, if is_directory(gone) { 2 } else { 1 }, name);
        }
        self.from.touch(held);
        self.to.touch(held);
        Ok(())
    }
}

/// Moves what has a name in one directory to a name in another one, or the same.
pub(super) fn rename(
    held: &mut Root<'_, Task>,
    (from, name): (&Arc<Node>, &[u8]),
    (to, new_name): (&Arc<Node>, &[u8]),
    how: Renaming,
) -> Result<()> {
    loop {
        let mut guard = held.lock(&from.filesystem.rename);
        let ((), evidence, mut held) = guard.split_with_evidence();
        let moved = held.with(from.directory()?, |entries, _| entries.get(name)).ok_or(Errno::ENOENT)?;
        let there = held.with(to.directory()?, |entries, _| entries.get(new_name));
        if there.as_ref().is_some_and(|there| there.number == moved.number) {
            // Two names of one inode: both stay.
            return Ok(());
        }
        let this = Move { from, name, to, new_name, how, moved, there };
        this.check(&mut held)?;
        let changed = if from.number == to.number {
            held.with(from.directory()?, |entries, _| this.change(entries, None))
        } else {
            let both = held.lock_unrelated(evidence, from.directory()?, to.directory()?);
            let mut both = both.map_err(|_| Errno::EINVAL)?;
            let ([one, other], _) = both.split();
            this.change(one, Some(other))
        };
        match changed {
            // The last reference to what is gone goes after all locks.
            Ok(gone) => return this.settle(&mut held, gone.as_ref()),
            Err(Stopped::Changed) => {}
            Err(Stopped::Error(error)) => return Err(error),
        }
    }
}
