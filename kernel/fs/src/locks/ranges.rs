//! Who has which part of one file.
//!
//! The parts of one owner never overlap, and those that touch and are of one mode are one. To lock a part again changes what it was, so a
//! part may be split: at most two more are needed, for which there is room before anything changes.

use alloc::vec::Vec;
use core::ops::Range;

use abi::{Errno, Result};

/// Whose a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// That of a table of open files, by its number: of a process.
    Table(u64),
    /// That of an open file description, by its number.
    Description(u64),
}

/// Who else may have the same part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Whoever has it so too.
    Shared,
    /// Nobody.
    Exclusive,
}

/// A lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Whose it is.
    pub owner: Owner,
    /// Who else may have the part.
    pub mode: Mode,
    /// The bytes.
    pub part: Range<u64>,
    /// The process that has asked for it, to be told.
    pub process: u32,
}

impl Lock {
    /// Whether two parts have a byte in common.
    const fn meets(&self, part: &Range<u64>) -> bool {
        self.part.start < part.end && part.start < self.part.end
    }
}

/// The locks of one file and one family.
#[derive(Debug, Default)]
pub(super) struct Ranges(Vec<Lock>);

impl Ranges {
    /// None.
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first lock of somebody else's that keeps an owner from a part; first by where it begins.
    pub(super) fn conflict(&self, owner: Owner, mode: Mode, part: &Range<u64>) -> Option<&Lock> {
        let is_in_the_way = |lock: &&Lock| {
            let excludes = lock.mode == Mode::Exclusive || mode == Mode::Exclusive;
            lock.owner != owner && excludes && lock.meets(part)
        };
        self.0.iter().filter(is_in_the_way).min_by_key(|lock| lock.part.start)
    }

    /// Whether an owner has all of a part in this mode.
    pub(super) fn has(&self, owner: Owner, mode: Mode, part: &Range<u64>) -> bool {
        self.0.iter().any(|lock| {
            lock.owner == owner
                && lock.mode == mode
                && lock.part.start <= part.start
                && part.end <= lock.part.end
        })
    }

    /// Takes a part away from an owner; says whether that had any of it.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOLCK`] where there is no memory to split a lock: nothing has changed.
    pub(super) fn remove(&mut self, owner: Owner, part: &Range<u64>) -> Result<bool> {
        self.0.try_reserve(1).map_err(|_| Errno::ENOLCK)?;
        let mut any = false;
        let mut place = 0;
        while let Some(lock) = self.0.get_mut(place) {
            if lock.owner != owner || !lock.meets(part) {
                place += 1;
                continue;
            }
            any = true;
            let had = lock.part.clone();
            let (before, after) = (had.start < part.start, part.end < had.end);
            if before && after {
                let rest = Lock { part: part.end..had.end, ..lock.clone() };
                lock.part.end = part.start;
                self.0.push(rest);
                // No other one of this owner overlaps.
                return Ok(true);
            } else if before {
                lock.part.end = part.start;
                place += 1;
            } else if after {
                lock.part.start = part.end;
                place += 1;
            } else {
                self.0.swap_remove(place);
            }
        }
        Ok(any)
    }

    /// Takes everything away from an owner; says whether that had anything.
    pub(super) fn clear(&mut self, owner: Owner) -> bool {
        let before = self.0.len();
        self.0.retain(|lock| lock.owner != owner);
        self.0.len() != before
    }

    /// Gives an owner a part, whatever it had of it. That nobody is in the way the caller has seen.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOLCK`] where there is no memory for it: nothing has changed.
    pub(super) fn set(&mut self, lock: Lock) -> Result<()> {
        self.0.try_reserve(2).map_err(|_| Errno::ENOLCK)?;
        self.remove(lock.owner, &lock.part)?;
        let mut whole = lock;
        self.0.retain(|other| {
            let touches = other.part.end == whole.part.start || other.part.start == whole.part.end;
            let joins = other.owner == whole.owner && other.mode == whole.mode && touches;
            if joins {
                whole.part = whole.part.start.min(other.part.start)..whole.part.end.max(other.part.end);
            }
            !joins
        });
        self.0.push(whole);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ops::Range;

    use super::{Lock, Mode, Owner, Ranges};

    const ONE: Owner = Owner::Table(1);
    const OTHER: Owner = Owner::Description(1);

    fn lock(owner: Owner, mode: Mode, part: Range<u64>) -> Lock {
        Lock { owner, mode, part, process: 7 }
    }

    #[test]
    fn readers_share_and_a_writer_does_not() {
        let mut ranges = Ranges::new();
        ranges.set(lock(ONE, Mode::Shared, 10..20)).unwrap();
        assert_eq!(ranges.conflict(OTHER, Mode::Shared, &(0..30)), None);
        let found = ranges.conflict(OTHER, Mode::Exclusive, &(19..30)).unwrap();
        assert_eq!((found.owner, found.part.clone()), (ONE, 10..20));
        assert_eq!(ranges.conflict(OTHER, Mode::Exclusive, &(20..30)), None);
        assert_eq!(ranges.conflict(ONE, Mode::Exclusive, &(0..30)), None, "nobody is in its own way");
    }

    #[test]
    fn a_part_that_is_taken_out_splits_a_lock() {
        let mut ranges = Ranges::new();
        ranges.set(lock(ONE, Mode::Exclusive, 0..100)).unwrap();
        assert_eq!(ranges.remove(ONE, &(40..60)), Ok(true));
        assert_eq!(ranges.conflict(OTHER, Mode::Shared, &(40..60)), None);
        assert!(ranges.has(ONE, Mode::Exclusive, &(0..40)) && ranges.has(ONE, Mode::Exclusive, &(60..100)));
        ranges.set(lock(ONE, Mode::Exclusive, 40..60)).unwrap();
        assert!(ranges.has(ONE, Mode::Exclusive, &(0..100)), "those that touch are one");
        assert_eq!(ranges.0.len(), 1);
    }

    /// Against a table of bytes.
    #[test]
    fn any_sequence_leaves_what_a_table_of_bytes_would() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..200 {
            let (mut ranges, mut bytes) = (Ranges::new(), BTreeMap::new());
            for _ in 0..40 {
                let owner = [ONE, OTHER][usize::try_from(random(2)).unwrap()];
                let start = random(24);
                let part = start..start + 1 + random(8);
                let key = |byte: u64| (byte, owner == ONE);
                match random(3) {
                    0 => {
                        ranges.remove(owner, &part).unwrap();
                        bytes.retain(|&(byte, whose), _| whose != (owner == ONE) || !part.contains(&byte));
                    }
                    mode => {
                        let mode = if mode == 1 { Mode::Shared } else { Mode::Exclusive };
                        let in_the_way = part.clone().any(|byte| {
                            let other = bytes.get(&(byte, owner != ONE));
                            other.is_some_and(|&other| other == Mode::Exclusive || mode == Mode::Exclusive)
                        });
                        assert_eq!(ranges.conflict(owner, mode, &part).is_some(), in_the_way);
                        if !in_the_way {
                            ranges.set(lock(owner, mode, part.clone())).unwrap();
                            bytes.extend(part.map(|byte| (key(byte), mode)));
                        }
                    }
                }
                for byte in 0..32 {
                    for owner in [ONE, OTHER] {
                        let found = bytes.get(&(byte, owner == ONE)).copied();
                        for mode in [Mode::Shared, Mode::Exclusive] {
                            let has = ranges.has(owner, mode, &(byte..byte + 1));
                            assert_eq!(has, found == Some(mode));
                        }
                    }
                }
            }
            assert!(ranges.clear(ONE) || bytes.keys().all(|key| !key.1));
        }
    }
}
