//! A line of those who wait, which needs no memory for the first of them.
//!
//! Mostly nobody else waits in a bucket, and a wait comes with each switch of a program that hands over work: memory for it
//! would cost as much as the rest.

use alloc::collections::{TryReserveError, VecDeque};

/// Values in the order in which they came.
pub(crate) struct Line<T> {
    /// None only where there are no others.
    first: Option<T>,
    others: VecDeque<T>,
}

impl<T> Line<T> {
    /// Nobody.
    pub(crate) const EMPTY: Self = Self { first: None, others: VecDeque::new() };

    /// Makes room for more.
    pub(crate) fn reserve(&mut self, count: usize) -> Result<(), TryReserveError> {
        self.others.try_reserve(count.saturating_sub(usize::from(self.first.is_none())))
    }

    /// Puts a value behind the others. There is room.
    pub(crate) fn push(&mut self, value: T) {
        if self.first.is_none() {
            self.first = Some(value);
        } else {
            self.others.push_back(value);
        }
    }

    /// The value at a place.
    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        place.checked_sub(1).map_or(self.first.as_ref(), |behind| self.others.get(behind))
    }

    /// Takes the value at a place out. Where none is left, no memory is.
    pub(crate) fn remove(&mut self, place: usize) -> Option<T> {
        let value = match place.checked_sub(1) {
            Some(behind) => self.others.remove(behind),
            None => core::mem::replace(&mut self.first, self.others.pop_front()),
        };
        if self.others.is_empty() && self.others.capacity() > 0 {
            self.others = VecDeque::new();
        }
        value
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(&self.others)
    }

    /// All of them, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first.iter_mut().chain(&mut self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn the_order_is_kept() {
        let mut line = Line::EMPTY;
        for value in 0..5 {
            line.reserve(1).expect("there is memory");
            line.push(value);
        }
        assert_eq!([line.get(0), line.get(4), line.get(5)], [Some(&0), Some(&4), None]);
        assert_eq!(line.remove(2), Some(2));
        assert_eq!(line.remove(0), Some(0));
        assert_eq!(line.iter().copied().collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!([line.remove(7), line.remove(2), line.remove(1)], [None, Some(4), Some(3)]);
        assert_eq!((line.remove(0), line.remove(0)), (Some(1), None));
    }

    #[test]
    fn one_needs_no_memory_and_none_is_kept() {
        let mut line = Line::EMPTY;
        line.reserve(1).expect("there is memory");
        line.push(1);
        assert_eq!(line.others.capacity(), 0);
        line.reserve(2).expect("there is memory");
        assert!(line.others.capacity() >= 2);
        line.push(2);
        assert_eq!((line.remove(0), line.get(0)), (Some(1), Some(&2)));
        assert_eq!(line.others.capacity(), 0);
    }
}
