//! Those who wait at the words of one bucket, in the order in which they came.
//!
//! Everything here happens under the bucket's lock.

use alloc::collections::TryReserveError;

use crate::key::Key;
use crate::line::Line;

/// Somebody who waits: `W` says who.
struct Entry<W> {
    key: Key,
    /// What it waits for, a bit each: it is woken by whoever names one of them.
    bitset: u32,
    /// Its place in the order in which entries came to this bucket, from 1.
    ticket: u64,
    waiter: W,
}

/// Who waits.
pub(crate) struct Bucket<W> {
    entries: Line<Entry<W>>,
    /// The last ticket.
    tickets: u64,
}

impl<W> Bucket<W> {
    /// Nobody waits.
    pub(crate) const EMPTY: Self = Self { entries: Line::EMPTY, tickets: 0 };

    /// The last ticket: who comes after this has a later one.
    pub(crate) const fn latest(&self) -> u64 {
        self.tickets
    }

    /// Makes room for more.
    pub(crate) fn reserve(&mut self, count: usize) -> Result<(), TryReserveError> {
        self.entries.reserve(count)
    }

    /// Has somebody wait behind the others. There is room.
    pub(crate) fn push(&mut self, key: Key, bitset: u32, waiter: W) {
        self.tickets += 1;
        self.entries.push(Entry { key, bitset, ticket: self.tickets, waiter });
    }

    /// How many wait at a word.
    pub(crate) fn count(&self, key: Key) -> usize {
        self.entries.iter().filter(|entry| entry.key == key).count()
    }

    /// Takes out those that `is_wanted` names, `most` of them, in their order, and gives each to `each`; says how many.
    fn take(
        &mut self,
        most: usize,
        is_wanted: impl Fn(&Entry<W>) -> bool,
        mut each: impl FnMut(Entry<W>),
    ) -> usize {
        let (mut taken, mut place) = (0, 0);
        while taken < most
            && let Some(entry) = self.entries.get(place)
        {
            if !is_wanted(entry) {
                place += 1;
            } else if let Some(entry) = self.entries.remove(place) {
                taken += 1;
                each(entry);
            }
        }
        taken
    }

    /// Takes out those who wait at a word for what has a bit in `bitset`, came no later than the ticket `latest`, and are the
    /// first `most` of these; says how many those were.
    pub(crate) fn take_waiting(
        &mut self,
        key: Key,
        bitset: u32,
        latest: u64,
        most: usize,
        mut each: impl FnMut(W),
    ) -> usize {
        let is_wanted =
            |entry: &Entry<W>| entry.key == key && entry.bitset & bitset != 0 && entry.ticket <= latest;
        self.take(most, is_wanted, |entry| each(entry.waiter))
    }

    /// Takes out the one that `is_it` names; says whether it was there.
    pub(crate) fn remove(&mut self, is_it: impl Fn(&W) -> bool) -> bool {
        self.take(1, |entry| is_it(&entry.waiter), drop) == 1
    }

    /// Has the first `most` of those who wait at a word wait at another one of this bucket, where they stand; says how many.
    pub(crate) fn rename(&mut self, from: Key, to: Key, most: usize) -> usize {
        let waiting = self.entries.iter_mut().filter(|entry| entry.key == from).take(most);
        waiting.map(|entry| entry.key = to).count()
    }

    /// Has the first `most` of those who wait at a word wait at another one of another bucket, which has room, behind the others;
    /// `each` is told of each; says how many.
    pub(crate) fn give(
        &mut self,
        other: &mut Self,
        from: Key,
        to: Key,
        most: usize,
        each: impl Fn(&W),
    ) -> usize {
        self.take(
            most,
            |entry| entry.key == from,
            |entry| {
                each(&entry.waiter);
                other.push(to, entry.bitset, entry.waiter);
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Bucket;
    use crate::key::Key;

    const ONE: Key = Key::Private { space: 1, address: 4 };
    const OTHER: Key = Key::Private { space: 1, address: 8 };
    const ALL: u32 = u32::MAX;

    fn bucket(entries: &[(Key, u32)]) -> Bucket<usize> {
        let mut bucket = Bucket::EMPTY;
        for (number, &(key, bitset)) in entries.iter().enumerate() {
            bucket.reserve(1).expect("there is memory");
            bucket.push(key, bitset, number);
        }
        bucket
    }

    fn taken(bucket: &mut Bucket<usize>, key: Key, bitset: u32, most: usize) -> Vec<usize> {
        let mut taken = Vec::new();
        let latest = bucket.latest();
        let count = bucket.take_waiting(key, bitset, latest, most, |waiter| taken.push(waiter));
        assert_eq!(count, taken.len());
        taken
    }

    #[test]
    fn who_came_first_is_woken_first() {
        let mut bucket = bucket(&[(ONE, ALL), (OTHER, ALL), (ONE, ALL), (ONE, ALL)]);
        assert_eq!(taken(&mut bucket, ONE, ALL, 2), [0, 2]);
        assert_eq!(taken(&mut bucket, ONE, ALL, 2), [3]);
        assert_eq!(taken(&mut bucket, OTHER, ALL, usize::MAX), [1]);
    }

    #[test]
    fn bits_select() {
        let mut bucket = bucket(&[(ONE, 1), (ONE, 6), (ONE, 4)]);
        assert_eq!(taken(&mut bucket, ONE, 8, 9), [0; 0]);
        assert_eq!(taken(&mut bucket, ONE, 4, 9), [1, 2]);
        assert_eq!(taken(&mut bucket, ONE, 4, 0), [0; 0]);
        assert_eq!(taken(&mut bucket, ONE, 1, 9), [0]);
    }

    #[test]
    fn who_comes_later_waits_on() {
        let mut bucket = bucket(&[(ONE, ALL)]);
        let latest = bucket.latest();
        bucket.push(ONE, ALL, 7);
        let mut woken = Vec::new();
        while bucket.take_waiting(ONE, ALL, latest, 1, |waiter| woken.push(waiter)) > 0 {}
        assert_eq!((woken, bucket.count(ONE)), (vec![0], 1));
    }

    #[test]
    fn those_that_are_moved_stand_behind_the_others() {
        let mut from = bucket(&[(ONE, 1), (OTHER, 1), (ONE, 2), (ONE, 4)]);
        let mut to = bucket(&[(OTHER, 1)]);
        to.reserve(2).expect("there is memory");
        let moved = from.give(&mut to, ONE, OTHER, 2, |_| ());
        assert_eq!((moved, from.count(ONE), to.count(OTHER)), (2, 1, 3));
        assert_eq!(taken(&mut to, OTHER, 2, 9), [2]);
        assert_eq!(taken(&mut to, OTHER, ALL, 9), [0, 0]);
        assert_eq!(from.rename(ONE, OTHER, 9), 1);
        assert_eq!(from.count(OTHER), 2);
    }

    #[test]
    fn who_gives_up_leaves() {
        let mut bucket = bucket(&[(ONE, ALL), (ONE, ALL)]);
        assert!(bucket.remove(|&waiter| waiter == 1));
        assert!(!bucket.remove(|&waiter| waiter == 1));
        assert_eq!(bucket.count(ONE), 1);
    }
}
