//! How locks are used: acquisitions, waits and holds by class. Feature `stats`, which brings the checker along.
//!
//! Counters stand in [`SLOTS`] shards, one for each CPU as far as that goes, each class's in a cache line pair of its own: counting is a
//! relaxed addition that other CPUs rarely touch. When a lock was acquired stands beside it in the thread's record of held
//! locks. A snapshot adds the shards up; it is not a moment's picture, since nobody stops for it.
//!
//! Times are in the platform's own unit ([`Platform::statistics_clock`]): nanoseconds on a host.
//! "Contended" tells that the lock was taken at the moment it was wanted.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

pub use crate::checker::LEVELS;
use crate::checker::{CHECKER, ClassId, Wait, hooks};
use crate::context::Kind;
use crate::level::Class;
use crate::platform::Platform;

/// Shards of the counters; CPUs beyond share.
pub const SLOTS: usize = 16;
/// Classes that are counted apart: those with the first numbers. The rest is counted in the last place, which has no name.
pub const COUNTED_CLASSES: usize = 256;

/// The counters of one class in one shard.
#[repr(align(128))]
struct Counters {
    acquisitions: AtomicU64,
    contended: AtomicU64,
    reacquisitions: AtomicU64,
    blocks: AtomicU64,
    total_wait: AtomicU64,
    longest_wait: AtomicU64,
    total_hold: AtomicU64,
    longest_hold: AtomicU64,
}

impl Counters {
    const fn new() -> Self {
        Self {
            acquisitions: AtomicU64::new(0),
            contended: AtomicU64::new(0),
            reacquisitions: AtomicU64::new(0),
            blocks: AtomicU64::new(0),
            total_wait: AtomicU64::new(0),
            longest_wait: AtomicU64::new(0),
            total_hold: AtomicU64::new(0),
            longest_hold: AtomicU64::new(0),
        }
    }
}

static COUNTERS: [[Counters; COUNTED_CLASSES]; SLOTS] =
    [const { [const { Counters::new() }; COUNTED_CLASSES] }; SLOTS];

/// The counters of a class on this CPU.
#[inline]
fn counters<P: Platform>(class: ClassId) -> &'static Counters {
    &COUNTERS[P::cpu() % SLOTS][class.index().min(COUNTED_CLASSES - 1)]
}

/// Adds one.
#[inline]
fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Raises a maximum, writing only if it rises.
#[inline]
fn raise(counter: &AtomicU64, value: u64) {
    if counter.load(Ordering::Relaxed) < value {
        counter.fetch_max(value, Ordering::Relaxed);
    }
}

/// When a wait began; nothing if the lock was free.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting(Option<u64>);

impl Waiting {
    /// An attempt does not wait.
    pub(crate) const NONE: Self = Self(None);

    /// A wait for a lock of class `L` and kind `K` begins, if it is taken.
    #[inline]
    pub(crate) fn begin<L: Class, K: Kind>(is_taken: impl FnOnce() -> bool) -> Self {
        if !is_taken() {
            return Self::NONE;
        }
        let counters = counters::<L::Platform>(hooks::number::<L>());
        count(&counters.contended);
        if hooks::wait::<K>() == Wait::Sleeps {
            count(&counters.blocks);
        }
        Self(Some(L::Platform::statistics_clock()))
    }

    /// The lock at this address is held now.
    #[inline]
    pub(crate) fn end<L: Class>(self, lock: usize) {
        let counters = counters::<L::Platform>(hooks::number::<L>());
        count(&counters.acquisitions);
        let now = L::Platform::statistics_clock();
        if let Self(Some(began)) = self {
            let waited = now.saturating_sub(began);
            counters.total_wait.fetch_add(waited, Ordering::Relaxed);
            raise(&counters.longest_wait, waited);
        }
        let _ = L::Platform::with_held_locks(|held| held.stamp(lock, now));
    }
}

/// The lock at this address is free again, and still among those held.
#[inline]
pub(crate) fn released<L: Class>(lock: usize) {
    // Without a stamp it was never got: a wait for a limited time was given up.
    let Some(since) = L::Platform::with_held_locks(|held| held.stamp_of(lock)).flatten() else { return };
    let time = L::Platform::statistics_clock().saturating_sub(since);
    let counters = counters::<L::Platform>(hooks::number::<L>());
    counters.total_hold.fetch_add(time, Ordering::Relaxed);
    raise(&counters.longest_hold, time);
}

/// A lock of class `L` was let go of for a while, to wait for a condition, and is to be acquired again.
pub(crate) fn reacquires<L: Class>() {
    count(&counters::<L::Platform>(hooks::number::<L>()).reacquisitions);
}

/// What happened to the locks of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassStatistics {
    /// Acquisitions, attempts that succeeded among them.
    pub acquisitions: u64,
    /// Acquisitions that found the lock taken.
    pub contended: u64,
    /// Acquisitions after a wait that had let go of the lock.
    pub reacquisitions: u64,
    /// Contended acquisitions of sleeping locks.
    pub blocks: u64,
    /// Time spent waiting in all.
    pub total_wait: u64,
    /// The longest wait.
    pub longest_wait: u64,
    /// Time held in all.
    pub total_hold: u64,
    /// The longest hold.
    pub longest_hold: u64,
}

/// What the ordering checks came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderStatistics {
    /// Acquisitions of all classes.
    pub total_acquisitions: u64,
    /// Acquisitions that were new sequences of held classes, and therefore checked in full.
    pub dag_checks: u64,
    /// Reports of the checker.
    pub violations_detected: u64,
    /// Reports by the level of the lock wanted; the last place counts what has no level.
    pub violations_by_level: [u64; LEVELS],
    /// Most locks that one thread held at a time.
    pub max_chain_length: u64,
}

/// The statistics of every class. Those of a class are added up when they are asked for, so that this value is small: a kernel's
/// stack has no room for all of them.
#[derive(Clone, Debug)]
pub struct Snapshot {
    order: OrderStatistics,
}

impl Snapshot {
    /// What happened to the locks of `class` so far.
    #[must_use]
    pub fn class(&self, class: ClassId) -> ClassStatistics {
        sum(class.index().min(COUNTED_CLASSES - 1))
    }

    /// What the ordering checks came to.
    #[must_use]
    pub const fn order(&self) -> &OrderStatistics {
        &self.order
    }
}

/// Adds up the shards of the class at an index.
fn sum(index: usize) -> ClassStatistics {
    let mut sum = ClassStatistics::default();
    for shard in &COUNTERS {
        let counters = &shard[index];
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        sum.acquisitions += read(&counters.acquisitions);
        sum.contended += read(&counters.contended);
        sum.reacquisitions += read(&counters.reacquisitions);
        sum.blocks += read(&counters.blocks);
        sum.total_wait += read(&counters.total_wait);
        sum.longest_wait = sum.longest_wait.max(read(&counters.longest_wait));
        sum.total_hold += read(&counters.total_hold);
        sum.longest_hold = sum.longest_hold.max(read(&counters.longest_hold));
    }
    sum
}

/// The statistics so far.
#[must_use]
pub fn snapshot() -> Snapshot {
    let checked = CHECKER.counts();
    let order = OrderStatistics {
        total_acquisitions: (0..COUNTED_CLASSES).map(|index| sum(index).acquisitions).sum(),
        dag_checks: checked.checks,
        violations_detected: checked.violations,
        violations_by_level: CHECKER.violations_by_level(),
        max_chain_length: checked.longest,
    };
    Snapshot { order }
}

/// Which classes a table has shown, one bit each.
struct Shown([u64; COUNTED_CLASSES.div_ceil(64)]);

impl Shown {
    /// The class that was used and not shown yet for whose locks threads have waited longest; it counts as shown from here on.
    fn next(&mut self) -> Option<(usize, ClassStatistics)> {
        let Self(shown) = self;
        let next = (0..COUNTED_CLASSES)
            .filter(|index| shown[index / 64] >> (index % 64) & 1 == 0)
            .map(|index| (index, sum(index)))
            .filter(|(_, class)| class.acquisitions > 0)
            .max_by_key(|(index, class)| {
                (class.total_wait, class.acquisitions, core::cmp::Reverse(*index))
            })?;
        shown[next.0 / 64] |= 1 << (next.0 % 64);
        Some(next)
    }
}

impl fmt::Display for Snapshot {
    /// A table of the classes that were used, the longest waited for first.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = Shown([0; COUNTED_CLASSES.div_ceil(64)]);
        writeln!(
            formatter,
            "{:24} {:>12} {:>10} {:>10} {:>8} {:>14} {:>12} {:>14} {:>12}",
            "class", "acquired", "contended", "again", "blocked", "waited", "longest", "held", "longest"
        )?;
        while let Some((index, class)) = shown.next() {
            let own = u16::try_from(index).ok().filter(|_| index + 1 < COUNTED_CLASSES);
            let info = own.and_then(|number| CHECKER.class(ClassId(number)));
            let name = info.map_or("all others", |info| info.name);
            writeln!(
                formatter,
                "{name:24} {:>12} {:>10} {:>10} {:>8} {:>14} {:>12} {:>14} {:>12}",
                class.acquisitions,
                class.contended,
                class.reacquisitions,
                class.blocks,
                class.total_wait,
                class.longest_wait,
                class.total_hold,
                class.longest_hold
            )?;
        }
        let order = &self.order;
        writeln!(
            formatter,
            "{} acquisitions, {} checked, {} violations, at most {} locks held",
            order.total_acquisitions, order.dag_checks, order.violations_detected, order.max_chain_length
        )
    }
}
