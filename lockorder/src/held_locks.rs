//! What one thread holds.
//!
//! A stack that its own thread alone writes: plain stores, no lock. Others may read it, for reports, and see it in the
//! middle of a change; an entry is then another lock than a moment ago, never rubbish. An interrupt handler uses the
//! stack of the thread that it interrupted, above a boundary: no order connects what lies on both sides of it.

use core::panic::Location;
use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, compiler_fence,
};

use crate::mode::Mode;

/// The number of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClassId(pub(crate) u16);

impl ClassId {
    /// As an index.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What waiting for a lock needs: a lock may be waited for only where everything held allows as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Wait {
    /// Nobody ever waits.
    Free = 0,
    /// It spins with interrupts off.
    InterruptsOff = 1,
    /// It spins.
    Spins = 2,
    /// It sleeps.
    Sleeps = 3,
}

/// One acquisition.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The lock's class.
    pub class: ClassId,
    /// The lock's address, by which it is told from others of its class.
    pub lock: usize,
    /// How it is wanted.
    pub mode: Mode,
    /// What waiting for it needs.
    pub wait: Wait,
    /// Whether it is only tried: nobody waits for it, but others may be waited for under it.
    pub tried: bool,
    /// The key by which its class is ordered, where it is ordered by one.
    pub key: u64,
    /// Where in the source.
    pub place: &'static Location<'static>,
}

/// Continues the hash of a sequence.
pub(crate) const fn mix(before: u64, what: u32, surroundings: u32) -> u64 {
    let value = before ^ (what as u64 | (surroundings as u64) << 32);
    let value = value.wrapping_mul(0xff51_afd7_ed55_8ccd);
    (value ^ value >> 32) | 1
}

/// The most locks that one thread may hold; one more is a violation, and is not seen any more.
pub const MOST_HELD: usize = 48;

/// One lock that is held.
#[derive(Clone, Copy, Debug)]
pub struct HeldLock {
    /// Its class.
    pub class: ClassId,
    /// Its address.
    pub lock: usize,
    /// How it is held.
    pub mode: Mode,
    /// What waiting for it needs.
    pub wait: Wait,
    /// Whether it was only tried.
    pub tried: bool,
    /// The key by which its class is ordered.
    pub key: u64,
    /// Where it was acquired.
    pub place: &'static Location<'static>,
}

/// One place of the stack.
struct Entry {
    /// Class, mode, wait and whether it was tried, in one word.
    what: AtomicU32,
    lock: AtomicUsize,
    key: AtomicU64,
    place: AtomicPtr<Location<'static>>,
    /// Hash of the classes from the boundary up to here.
    chain: AtomicU64,
    /// When it was got, plus one; 0 until then.
    #[cfg(feature = "stats")]
    since: AtomicU64,
}

/// What one thread holds, and what may interrupt it.
pub struct HeldLocks {
    depth: AtomicUsize,
    /// Entries below belong to what was interrupted.
    boundary: AtomicUsize,
    /// Locks that were acquired beyond the limit.
    lost: AtomicUsize,
    in_hard: AtomicU8,
    in_soft: AtomicU8,
    hard_off: AtomicU32,
    soft_off: AtomicU32,
    /// What may be waited for here at most, whatever is held: a [`Wait`].
    limit: AtomicU8,
    /// The above in a few bits, for the hash of what a check depends on.
    surroundings: AtomicU32,
    reporting: AtomicBool,
    entries: [Entry; MOST_HELD],
}

impl core::fmt::Debug for HeldLocks {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

/// What was before an interrupt, to be restored after it.
#[derive(Debug)]
#[must_use = "what was interrupted is restored by `leave_interrupt`"]
pub struct Boundary {
    boundary: usize,
    limit: u8,
}

impl Default for HeldLocks {
    fn default() -> Self {
        Self::new()
    }
}

impl HeldLocks {
    /// Nothing is held, and anything may come.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            depth: AtomicUsize::new(0),
            boundary: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            in_hard: AtomicU8::new(0),
            in_soft: AtomicU8::new(0),
            hard_off: AtomicU32::new(0),
            soft_off: AtomicU32::new(0),
            limit: AtomicU8::new(Wait::Sleeps as u8),
            surroundings: AtomicU32::new(0b1100 | (Wait::Sleeps as u32) << 4),
            reporting: AtomicBool::new(false),
            entries: [const {
                Entry {
                    what: AtomicU32::new(0),
                    lock: AtomicUsize::new(0),
                    key: AtomicU64::new(0),
                    place: AtomicPtr::new(core::ptr::null_mut()),
                    chain: AtomicU64::new(0),
                    #[cfg(feature = "stats")]
                    since: AtomicU64::new(0),
                }
            }; MOST_HELD],
        }
    }

    /// How many locks are held, what was interrupted included.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth.load(Ordering::Relaxed).min(MOST_HELD)
    }

    /// What is held, the outermost first.
    pub fn iter(&self) -> impl Iterator<Item = HeldLock> + '_ {
        (0..self.depth()).filter_map(|index| self.entry(index))
    }

    /// What is held on this side of the last interrupt.
    pub(crate) fn current(&self) -> impl Iterator<Item = HeldLock> + '_ {
        (self.boundary.load(Ordering::Relaxed)..self.depth()).filter_map(|index| self.entry(index))
    }

    fn entry(&self, index: usize) -> Option<HeldLock> {
        let entry = &self.entries[index];
        let what = entry.what.load(Ordering::Relaxed);
        // SAFETY: null, or stored by `push` from a static reference.
        let place = unsafe { entry.place.load(Ordering::Relaxed).as_ref() }?;
        Some(HeldLock {
            class: ClassId((what & 0xfff) as u16),
            lock: entry.lock.load(Ordering::Relaxed),
            mode: [Mode::Exclusive, Mode::Shared, Mode::SharedRecursive][(what >> 12 & 3).min(2) as usize],
            wait: [Wait::Free, Wait::InterruptsOff, Wait::Spins, Wait::Sleeps][(what >> 14 & 3) as usize],
            tried: what >> 16 & 1 == 1,
            key: entry.key.load(Ordering::Relaxed),
            place,
        })
    }

    /// The word that says what a request is, without which lock.
    pub(crate) fn word(request: &Request) -> u32 {
        u32::from(request.class.0)
            | (request.mode as u32) << 12
            | (request.wait as u32) << 14
            | u32::from(request.tried) << 16
    }

    /// What of the surroundings a check depends on: the hash of what is held, and what may interrupt.
    pub(crate) fn chain(&self) -> u64 {
        let depth = self.depth();
        if depth > self.boundary.load(Ordering::Relaxed) {
            self.entries[depth - 1].chain.load(Ordering::Relaxed)
        } else {
            // Not zero, which is an empty place in the table of chains.
            0x9e37_79b9_7f4a_7c15
        }
    }

    /// What may interrupt, and what may be waited for, in a few bits.
    #[inline]
    pub(crate) fn surroundings(&self) -> u32 {
        self.surroundings.load(Ordering::Relaxed)
    }

    /// Puts the surroundings together anew, after one of them has changed.
    fn refresh(&self) {
        let bits = u32::from(self.in_hard())
            | u32::from(self.in_soft()) << 1
            | u32::from(self.hard_is_on()) << 2
            | u32::from(self.soft_is_on()) << 3
            | u32::from(self.limit.load(Ordering::Relaxed)) << 4;
        self.surroundings.store(bits, Ordering::Relaxed);
    }

    /// Whether there is room for one more.
    pub(crate) fn has_room(&self) -> bool {
        self.depth.load(Ordering::Relaxed) < MOST_HELD
    }

    /// Puts a lock on the stack; says whether there was room. Beyond the limit it is counted only.
    pub(crate) fn push(&self, request: &Request, chain: u64) -> bool {
        let depth = self.depth.load(Ordering::Relaxed);
        let Some(entry) = self.entries.get(depth) else {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        };
        // Claimed before it is written: an interrupt in between uses the places above.
        self.depth.store(depth + 1, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        entry.what.store(Self::word(request), Ordering::Relaxed);
        entry.lock.store(request.lock, Ordering::Relaxed);
        entry.key.store(request.key, Ordering::Relaxed);
        entry.place.store(core::ptr::from_ref(request.place).cast_mut(), Ordering::Relaxed);
        entry.chain.store(chain, Ordering::Relaxed);
        #[cfg(feature = "stats")]
        entry.since.store(0, Ordering::Relaxed);
        true
    }

    /// Takes a lock off the stack, wherever on this side of the last interrupt it is; says whether it was there, or among the
    /// lost.
    pub(crate) fn pop(&self, class: ClassId, lock: usize) -> bool {
        let depth = self.depth();
        let found = (self.boundary.load(Ordering::Relaxed)..depth).rev().find(|&index| {
            let entry = &self.entries[index];
            entry.lock.load(Ordering::Relaxed) == lock
                && entry.what.load(Ordering::Relaxed) & 0xfff == u32::from(class.0)
        });
        let Some(found) = found else {
            let lost = |lost: usize| lost.checked_sub(1);
            return self.lost.fetch_update(Ordering::Relaxed, Ordering::Relaxed, lost).is_ok();
        };
        // Released out of order: those above move down, and their hashes are made anew.
        for index in found..depth - 1 {
            let (here, above) = (&self.entries[index], &self.entries[index + 1]);
            here.what.store(above.what.load(Ordering::Relaxed), Ordering::Relaxed);
            here.lock.store(above.lock.load(Ordering::Relaxed), Ordering::Relaxed);
            here.key.store(above.key.load(Ordering::Relaxed), Ordering::Relaxed);
            here.place.store(above.place.load(Ordering::Relaxed), Ordering::Relaxed);
            #[cfg(feature = "stats")]
            here.since.store(above.since.load(Ordering::Relaxed), Ordering::Relaxed);
            let before = if index > self.boundary.load(Ordering::Relaxed) {
                self.entries[index - 1].chain.load(Ordering::Relaxed)
            } else {
                0x9e37_79b9_7f4a_7c15
            };
            let what = here.what.load(Ordering::Relaxed);
            here.chain.store(mix(before, what, self.surroundings()), Ordering::Relaxed);
        }
        compiler_fence(Ordering::SeqCst);
        self.depth.store(depth - 1, Ordering::Relaxed);
        true
    }

    /// The innermost entry of a lock on this side of the last interrupt.
    #[cfg(feature = "stats")]
    fn innermost(&self, lock: usize) -> Option<&Entry> {
        let current = self.entries.get(self.boundary.load(Ordering::Relaxed)..self.depth())?;
        current.iter().rev().find(|entry| entry.lock.load(Ordering::Relaxed) == lock)
    }

    /// Notes when a lock was got, for the statistics.
    #[cfg(feature = "stats")]
    pub(crate) fn stamp(&self, lock: usize, time: u64) {
        if let Some(entry) = self.innermost(lock) {
            entry.since.store(time + 1, Ordering::Relaxed);
        }
    }

    /// When a lock was got.
    #[cfg(feature = "stats")]
    pub(crate) fn stamp_of(&self, lock: usize) -> Option<u64> {
        self.innermost(lock)?.since.load(Ordering::Relaxed).checked_sub(1)
    }

    /// Whether this thread holds a lock.
    #[must_use]
    pub fn holds(&self, lock: usize) -> bool {
        self.iter().any(|held| held.lock == lock)
    }

    /// An interrupt handler begins.
    pub fn enter_interrupt(&self) -> Boundary {
        self.in_hard.fetch_add(1, Ordering::Relaxed);
        self.hard_off.fetch_add(1, Ordering::Relaxed);
        self.begin(Wait::InterruptsOff)
    }

    /// The interrupt handler ends; says whether it left nothing held.
    pub fn leave_interrupt(&self, before: Boundary) -> bool {
        self.in_hard.fetch_sub(1, Ordering::Relaxed);
        self.hard_off.fetch_sub(1, Ordering::Relaxed);
        self.end(before)
    }

    /// Soft work begins, on top of whatever runs.
    pub fn enter_soft_work(&self) -> Boundary {
        self.in_soft.fetch_add(1, Ordering::Relaxed);
        self.soft_off.fetch_add(1, Ordering::Relaxed);
        self.begin(Wait::Spins)
    }

    /// Soft work ends; says whether it left nothing held.
    pub fn leave_soft_work(&self, before: Boundary) -> bool {
        self.in_soft.fetch_sub(1, Ordering::Relaxed);
        self.soft_off.fetch_sub(1, Ordering::Relaxed);
        self.end(before)
    }

    fn begin(&self, limit: Wait) -> Boundary {
        let boundary = self.boundary.swap(self.depth(), Ordering::Relaxed);
        let limit = self.limit.swap(limit as u8, Ordering::Relaxed);
        self.refresh();
        Boundary { boundary, limit }
    }

    fn end(&self, Boundary { boundary, limit }: Boundary) -> bool {
        let clean = self.depth() == self.boundary.load(Ordering::Relaxed);
        self.boundary.store(boundary, Ordering::Relaxed);
        self.limit.store(limit, Ordering::Relaxed);
        self.refresh();
        clean
    }

    /// Lowers what may be waited for here, and gives what it was: for sections that must not sleep, or not spin.
    pub fn set_limit(&self, limit: Wait) -> Wait {
        let before = self.limit.swap(limit as u8, Ordering::Relaxed);
        self.refresh();
        [Wait::Free, Wait::InterruptsOff, Wait::Spins, Wait::Sleeps][usize::from(before.min(3))]
    }

    /// What may be waited for here, whatever is held.
    pub(crate) fn limit(&self) -> Wait {
        [Wait::Free, Wait::InterruptsOff, Wait::Spins, Wait::Sleeps]
            [usize::from(self.limit.load(Ordering::Relaxed).min(3))]
    }

    /// Interrupts are counted off once more.
    pub fn interrupts_off(&self) {
        self.hard_off.fetch_add(1, Ordering::Relaxed);
        self.refresh();
    }

    /// Interrupts are counted back. See also [`Checker::interrupts_on`](crate::checker::Checker::interrupts_on).
    pub fn interrupts_on(&self) {
        self.hard_off.fetch_sub(1, Ordering::Relaxed);
        self.refresh();
    }

    /// Soft work is counted off once more.
    pub fn soft_work_off(&self) {
        self.soft_off.fetch_add(1, Ordering::Relaxed);
        self.refresh();
    }

    /// Soft work is counted back.
    pub fn soft_work_on(&self) {
        self.soft_off.fetch_sub(1, Ordering::Relaxed);
        self.refresh();
    }

    pub(crate) fn in_hard(&self) -> bool {
        self.in_hard.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn in_soft(&self) -> bool {
        self.in_soft.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn hard_is_on(&self) -> bool {
        self.hard_off.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn soft_is_on(&self) -> bool {
        self.hard_is_on() && self.soft_off.load(Ordering::Relaxed) == 0
    }

    /// Whether this thread is telling of a violation.
    pub(crate) fn is_reporting(&self) -> bool {
        self.reporting.load(Ordering::Relaxed)
    }

    /// Runs `tell` without checking what it acquires.
    pub(crate) fn while_reporting(&self, tell: impl FnOnce()) {
        /// Ends the report, also when the sink panics.
        struct End<'a>(&'a AtomicBool);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.store(false, Ordering::Relaxed);
            }
        }
        self.reporting.store(true, Ordering::Relaxed);
        let _end = End(&self.reporting);
        tell();
    }
}
