//! The children of one process, as the tree of processes keeps them.
//!
//! Those that have ended stand in front of the others, so that a parent finds one of them at once, however many live. Which process is whose
//! child is looked up by number; the lock is the tree's.

use alloc::collections::TryReserveError;
use alloc::vec::Vec;

/// The numbers of a process's children.
#[derive(Debug, Default)]
pub(crate) struct Children {
    /// Those that have ended, and then those that live.
    numbers: Vec<u32>,
    /// How many have ended.
    ended: usize,
}

impl Children {
    /// None.
    pub(crate) const NONE: Self = Self { numbers: Vec::new(), ended: 0 };

    /// Sees that there is memory for `more` children.
    pub(crate) fn try_reserve(&mut self, more: usize) -> Result<(), TryReserveError> {
        self.numbers.try_reserve(more)
    }

    /// Adds a child, for which there is memory.
    pub(crate) fn add(&mut self, id: u32, has_ended: bool) {
        let last = self.numbers.len();
        self.numbers.push(id);
        if has_ended {
            self.numbers.swap(self.ended, last);
            self.ended += 1;
        }
    }

    /// Puts a child among those that have ended.
    pub(crate) fn end(&mut self, id: u32) {
        if let Some(place) = self.living().iter().position(|&child| child == id) {
            self.numbers.swap(self.ended, self.ended + place);
            self.ended += 1;
        }
    }

    /// Takes a child out.
    pub(crate) fn remove(&mut self, id: u32) {
        let Some(place) = self.numbers.iter().position(|&child| child == id) else { return };
        if place < self.ended {
            self.ended -= 1;
            self.numbers.swap(place, self.ended);
            self.numbers.swap_remove(self.ended);
        } else {
            self.numbers.swap_remove(place);
        }
    }

    /// All of them, those that have ended first.
    pub(crate) fn all(&self) -> &[u32] {
        &self.numbers
    }

    /// Those that have ended.
    pub(crate) fn ended(&self) -> &[u32] {
        self.numbers.get(..self.ended).unwrap_or_default()
    }

    /// Those that have not.
    pub(crate) fn living(&self) -> &[u32] {
        self.numbers.get(self.ended..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::Children;

    fn sorted(numbers: &[u32]) -> Vec<u32> {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        sorted
    }

    #[test]
    fn those_that_have_ended_stand_in_front() {
        let mut children = Children::NONE;
        for id in 1..=6 {
            children.add(id, id == 4);
        }
        children.end(6);
        children.end(6);
        children.end(9);
        assert_eq!((sorted(children.ended()), sorted(children.living())), (vec![4, 6], vec![1, 2, 3, 5]));
        children.remove(4);
        children.remove(2);
        children.remove(2);
        assert_eq!((sorted(children.ended()), sorted(children.living())), (vec![6], vec![1, 3, 5]));
        children.end(1);
        assert_eq!((sorted(children.ended()), sorted(children.living())), (vec![1, 6], vec![3, 5]));
        children.remove(6);
        children.remove(1);
        assert_eq!((children.ended(), sorted(children.all())), (&[][..], vec![3, 5]));
    }
}
