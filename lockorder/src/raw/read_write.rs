//! The reader-writer core: many readers or one writer, in phases.
//!
//! Writers come before new readers: while a writer is in or waits, who wants to read registers and waits. When a writer
//! leaves, *all* readers that wait enter before the next writer, in one step: the leaving writer counts them as being in,
//! and flips the phase, by which they see it (Brandenburg and Anderson, *Spin-Based Reader-Writer Synchronization for
//! Multiprocessor Real-Time Systems*, 2010: phase-fair locks). So neither side starves the other:
//!
//! - **A reader waits for one writer at most**: for the one that is in when it registers, or for the next one that enters.
//! - A writer waits for the readers that are in when it begins to wait, and for one phase of readers after each writer that
//!   enters before it. Who enters first among writers is open, up to the spin limit: a writer that has reached it
//!   becomes the *successor*, and no other writer enters before it.
//!
//! An *upgradeable* reader reads beside others; there is one at most, so that two never wait for each other to leave. One
//! that waits keeps no reader out, and comes after the writers that wait unless it is the successor. One that upgrades waits
//! as a writer, and before all of them: they wait for it to leave.
//!
//! # The word
//!
//! Everything is in one word, so each step is one read-modify-write, and a free lock is taken and left by one
//! compare-exchange each. The flags and counts are:
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 0 | [`PHASE`] | flips when readers that wait are let in |
//! | 1 | [`UPGRADEABLE`] | the upgradeable reader is in |
//! | 2 | [`SUCCESSOR`] | a waiter has reached its spin limit, and enters before other writers |
//! | 3 | [`UNCOUNTED`] | somebody sleeps who is in none of the counts (used by the lock that sleeps) |
//! | 4–29 | [`READERS`] | how many readers are in |
//! | 31 | [`WRITER`] | the writer is in |
//! | 32–47 | [`WRITERS_WAITING`] | how many wait to write |
//! | 48–63 | [`READERS_WAITING`] | how many have registered to read |
//!
//! In all combinations (a count stands as 0 or n):
//!
//! | writer | upgradeable | readers | writers wait | readers wait | what it means |
//! |---|---|---|---|---|---|
//! | 0 | 0 | 0 | 0 | 0 | free (with [`PHASE`] set until the next writer leaves) |
//! | 0 | 0 | n | 0 | 0 | read; more readers and an upgradeable one may enter |
//! | 0 | 1 | 0 or n | 0 | 0 | read by an upgradeable reader; more readers may enter |
//! | 0 | 0 | 0 | n | 0 or n | free for a moment: a writer enters next, the readers after it |
//! | 0 | 0 | n | n | 0 or n | the writers wait for the readers to leave; new readers register |
//! | 0 | 1 | 0 or n | n | 0 or n | the same; one of the writers may be the upgradeable reader itself |
//! | 1 | 0 | 0 | 0 or n | 0 or n | written; who comes waits |
//! | 1 | 1 | any | any | any | never |
//! | 1 | any | n | any | any | never |
//! | 0 | any | any | 0 | n | never: readers wait for writers only, and the last one lets them in |
//!
//! Preferring writers is a deadlock elsewhere: a thread that reads, and reads again after a writer has begun to
//! wait, waits for itself. Here that does not compile, since reading has the order of acquiring; nor does a
//! handler interrupt a reader of a lock that it reads, for then the kind is interrupt-safe.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU64, Ordering};

use super::RawReadWriteLock;
use super::backoff::Backoff;
use crate::context::StopsPreemption;
use crate::platform::Platform;

/// Nobody is in or waits.
const UNLOCKED: u64 = 0;
/// Flips when readers that wait are let in. Clear again when a writer leaves and no reader waits.
const PHASE: u64 = 1;
/// The upgradeable reader is in; it is not counted among the readers.
pub(crate) const UPGRADEABLE: u64 = 1 << 1;
/// A waiter has reached its spin limit: no other writer, and no other upgradeable reader, enters before it.
const SUCCESSOR: u64 = 1 << 2;
/// Somebody sleeps who is in none of the counts.
const UNCOUNTED: u64 = 1 << 3;
/// One reader that is in.
pub(crate) const READER: u64 = 1 << 4;
/// From here on nobody enters as a reader: so many are in already, or a writer is in or waits. Guards that were forgotten
/// are counted for ever; the count stays below the flags, with room for all the readers that can wait.
const FULL: u64 = 1 << 29;
/// The count of the readers that are in.
const READERS: u64 = (1 << 30) - READER;
/// The writer is in.
const WRITER: u64 = 1 << 31;
/// One writer that waits.
const WRITER_WAITS: u64 = 1 << 32;
/// The count of the writers that wait.
const WRITERS_WAITING: u64 = READER_WAITS - WRITER_WAITS;
/// One reader that has registered.
const READER_WAITS: u64 = 1 << 48;
/// The count of the readers that have registered.
const READERS_WAITING: u64 = !(READER_WAITS - 1);

/// The readers that wait are let in: they are counted as being in, and see it by the phase. Who sleeps uncounted is woken.
const fn let_readers_in(state: u64) -> u64 {
    let (waiting, rest) = (state / READER_WAITS, state & !(READERS_WAITING | UNCOUNTED));
    if waiting == 0 { rest & !PHASE } else { (rest + waiting * READER) ^ PHASE }
}

/// What came of asking to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The caller is a reader.
    Entered,
    /// The caller has registered in this phase, and is a reader when it is over.
    Registered(u64),
    /// Neither, because a count is full; the caller asks again.
    Refused,
}

/// A writer, or an upgradeable reader, that waits.
#[derive(Debug, Default)]
pub(crate) struct Waiter {
    /// It is counted among the writers that wait.
    counted: bool,
    /// It is the successor.
    successor: bool,
}

/// What a waiter becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The writer.
    Exclusive,
    /// The upgradeable reader.
    Upgradeable,
    /// The writer, from the upgradeable reader.
    Upgrade,
}

impl Waiter {
    /// What it adds to the word.
    #[inline]
    const fn share(&self) -> u64 {
        self.counted as u64 * WRITER_WAITS + self.successor as u64 * SUCCESSOR
    }

    /// The word after it has entered and waits no more, if those who are in and those who come first allow that.
    #[inline]
    fn entered(&self, entry: Entry, state: u64) -> Option<u64> {
        let comes_first = self.successor || state & SUCCESSOR == 0;
        let (allowed, change) = match entry {
            Entry::Exclusive => (comes_first && state & (WRITER | UPGRADEABLE | READERS) == 0, WRITER),
            Entry::Upgradeable => {
                let before_writers = self.successor || state & WRITERS_WAITING == 0;
                (comes_first && before_writers && state & (WRITER | UPGRADEABLE) == 0, UPGRADEABLE)
            }
            Entry::Upgrade => (state & READERS == 0, WRITER - UPGRADEABLE),
        };
        allowed.then(|| state + change - self.share())
    }
}

/// The word, and the steps that change it: what the spinning lock and the sleeping one have in common.
pub(crate) struct ReadWriteState {
    state: AtomicU64,
}

impl fmt::Debug for ReadWriteState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.load(Ordering::Relaxed);
        formatter
            .debug_struct("ReadWrite")
            .field("readers", &((state & READERS) / READER))
            .field("upgradeable", &(state & UPGRADEABLE != 0))
            .field("writer", &(state & WRITER != 0))
            .field("writers_waiting", &((state & WRITERS_WAITING) / WRITER_WAITS))
            .field("readers_waiting", &(state / READER_WAITS))
            .finish()
    }
}

impl ReadWriteState {
    /// Nobody is in.
    pub(crate) const fn new() -> Self {
        Self { state: AtomicU64::new(UNLOCKED) }
    }

    /// Changes the word, which lets the caller in; what the last writer did is visible then.
    #[inline]
    fn enter(&self, current: u64, new: u64) -> bool {
        self.state.compare_exchange(current, new, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Enters as a reader, unless a writer is in or waits.
    #[inline]
    pub(crate) fn try_shared(&self) -> bool {
        // A failed exchange is another reader's success more often than not: it looks again while there is room.
        loop {
            let state = self.state.load(Ordering::Relaxed);
            if state >= FULL {
                return false;
            }
            if self.enter(state, state + READER) {
                return true;
            }
        }
    }

    /// Enters as a reader, or registers, or finds no room to register, which leaves a mark for who sleeps.
    pub(crate) fn ask_to_read(&self) -> Reading {
        loop {
            let state = self.state.load(Ordering::Relaxed);
            let writers = state & (WRITER | WRITERS_WAITING) != 0;
            let (new, outcome) = if state < FULL {
                (state + READER, Reading::Entered)
            } else if writers && state < READERS_WAITING {
                (state + READER_WAITS, Reading::Registered(state & PHASE))
            } else {
                (state | UNCOUNTED, Reading::Refused)
            };
            if self.enter(state, new) {
                return outcome;
            }
        }
    }

    /// Whether a reader that registered in `phase` is in.
    pub(crate) fn is_let_in(&self, phase: u64) -> bool {
        self.state.load(Ordering::Acquire) & PHASE != phase
    }

    /// Gives up having registered in `phase`; `false` when the caller has been let in meanwhile, and is a reader.
    pub(crate) fn stop_reading(&self, phase: u64) -> bool {
        loop {
            let state = self.state.load(Ordering::Acquire);
            if state & PHASE != phase {
                return false;
            }
            if self.enter(state, state - READER_WAITS) {
                return true;
            }
        }
    }

    /// Enters at once: as the writer of a free lock.
    #[inline]
    pub(crate) fn enter_free(&self) -> bool {
        self.enter(UNLOCKED, WRITER)
    }

    /// Counts the waiter among the writers that wait, unless the count is full. New readers register from now on.
    pub(crate) fn wait_as_writer(&self, waiter: &mut Waiter) {
        loop {
            let state = self.state.load(Ordering::Relaxed);
            if waiter.counted || state & WRITERS_WAITING == WRITERS_WAITING {
                return;
            }
            waiter.counted = self.enter(state, state + WRITER_WAITS);
        }
    }

    /// Makes the waiter the successor, unless somebody is.
    pub(crate) fn become_successor(&self, waiter: &mut Waiter) {
        if !waiter.successor {
            waiter.successor = self.state.fetch_or(SUCCESSOR, Ordering::Relaxed) & SUCCESSOR == 0;
        }
    }

    /// Enters, and waits no more, if those who are in and those who come first allow it.
    #[inline]
    pub(crate) fn try_entry(&self, entry: Entry, waiter: &Waiter) -> bool {
        loop {
            let state = self.state.load(Ordering::Relaxed);
            match waiter.entered(entry, state) {
                None => return false,
                Some(new) if self.enter(state, new) => return true,
                Some(_) => {}
            }
        }
    }

    /// The same for a waiter that sleeps uncounted: where it may not enter it leaves a mark in the same step.
    pub(crate) fn enter_or_mark(&self, entry: Entry, waiter: &Waiter) -> bool {
        loop {
            let state = self.state.load(Ordering::Relaxed);
            let entered = waiter.entered(entry, state);
            if self.enter(state, entered.unwrap_or(state | UNCOUNTED)) {
                return entered.is_some();
            }
        }
    }

    /// Stops waiting. Readers that waited for its sake alone are let in.
    pub(crate) fn stop_waiting(&self, waiter: &Waiter) {
        loop {
            let state = self.state.load(Ordering::Relaxed);
            let without = state - waiter.share();
            let writers = without & (WRITER | WRITERS_WAITING) != 0;
            let new = if writers { without } else { let_readers_in(without) };
            // Release: who is let in sees what the last writer did.
            if self.state.compare_exchange(state, new, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return;
            }
        }
    }

    /// Leaves as a reader; gives the word as it was before.
    ///
    /// # Safety
    ///
    /// The caller is in, in the form that it leaves: here and below.
    #[inline]
    pub(crate) unsafe fn leave_shared(&self) -> u64 {
        self.state.fetch_sub(READER, Ordering::Release)
    }

    /// Leaves as the writer, and stays as what `remains` counts; gives the word as it was before.
    #[inline]
    pub(crate) unsafe fn leave_exclusive(&self, remains: u64) -> u64 {
        match self.state.compare_exchange(WRITER, remains, Ordering::Release, Ordering::Relaxed) {
            Ok(state) => state,
            Err(_) => self.leave_to_waiters(remains),
        }
    }

    /// Leaves as the writer where somebody waits, or a phase is to be cleared.
    #[cold]
    #[inline(never)]
    fn leave_to_waiters(&self, remains: u64) -> u64 {
        loop {
            let state = self.state.load(Ordering::Relaxed);
            let new = let_readers_in(state - WRITER) + remains;
            if self.state.compare_exchange(state, new, Ordering::Release, Ordering::Relaxed).is_ok() {
                return state;
            }
        }
    }

    /// Leaves as the upgradeable reader, and stays as what `remains` counts; gives the word as it was before.
    #[inline]
    pub(crate) unsafe fn leave_upgradeable(&self, remains: u64) -> u64 {
        if remains == 0 {
            self.state.fetch_sub(UPGRADEABLE, Ordering::Release)
        } else {
            self.state.fetch_add(remains - UPGRADEABLE, Ordering::Release)
        }
    }

    /// Whether anybody waits in a word that was left, who may go on now.
    #[inline]
    pub(crate) const fn has_waiters(left: u64) -> bool {
        left & (WRITERS_WAITING | READERS_WAITING | UNCOUNTED) != 0
    }

    /// Whether anybody waits in a word that a reader has left, who may go on now.
    #[inline]
    pub(crate) const fn has_waiters_for_reader(left: u64) -> bool {
        // Otherwise no writer waits, and readers have room.
        left >= FULL && (left & READERS == READER || left & UNCOUNTED != 0)
    }

    /// Everybody who sleeps uncounted is woken after this, and asks again.
    pub(crate) fn clear_uncounted(&self) {
        self.state.fetch_and(!UNCOUNTED, Ordering::Relaxed);
    }

    /// Whether anybody is in at this moment.
    pub(crate) fn is_held(&self) -> bool {
        self.state.load(Ordering::Relaxed) & (WRITER | UPGRADEABLE | READERS) != 0
    }

    /// Whether a writer is in at this moment.
    pub(crate) fn is_held_exclusively(&self) -> bool {
        self.state.load(Ordering::Relaxed) & WRITER != 0
    }
}

/// A reader-writer spin lock of kind `K`, 8 bytes.
pub struct ReadWrite<K> {
    state: ReadWriteState,
    kind: PhantomData<fn(K) -> K>,
}

impl<K> fmt::Debug for ReadWrite<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(formatter)
    }
}

impl<K: StopsPreemption> ReadWrite<K> {
    /// Registers, and waits for the phase to end.
    #[cold]
    #[inline(never)]
    fn wait_to_read<P: Platform>(&self) {
        let mut backoff = Backoff::default();
        let phase = loop {
            match self.state.ask_to_read() {
                Reading::Entered => return,
                Reading::Registered(phase) => break phase,
                Reading::Refused => backoff.wait::<P>(),
            }
        };
        while !self.state.is_let_in(phase) {
            backoff.wait::<P>();
        }
    }

    /// Waits for an entry. Writers, and who upgrades, keep new readers out meanwhile.
    #[cold]
    #[inline(never)]
    fn wait_for<P: Platform>(&self, entry: Entry) {
        let mut waiter = Waiter::default();
        if self.state.try_entry(entry, &waiter) {
            return;
        }
        if entry != Entry::Upgradeable {
            self.state.wait_as_writer(&mut waiter);
        }
        let mut backoff = Backoff::default();
        while !self.state.try_entry(entry, &waiter) {
            if backoff.is_over() && entry != Entry::Upgrade {
                self.state.become_successor(&mut waiter);
            }
            backoff.wait::<P>();
        }
    }
}

// SAFETY: `WRITER` is set only in a word that shows nobody in, or only the upgradeable reader that becomes the
// writer, and every entry fails while it is set; `UPGRADEABLE` is set only while it is clear. Readers that a leaving writer
// counts as being in are those that registered, each of which sees the phase end once, and no writer can end another phase
// before it has left. So a writer is alone, and there is one upgradeable reader at most. All changes of the word are
// read-modify-writes, which continue release sequences; all who leave change it with Release, and all who enter read it with
// Acquire: so leaving happens-before the entry of who is excluded.
unsafe impl<K: StopsPreemption> RawReadWriteLock for ReadWrite<K> {
    type Kind = K;
    const INIT: Self = Self { state: ReadWriteState::new(), kind: PhantomData };

    #[inline]
    unsafe fn acquire_shared<P: Platform>(&self) {
        if !self.try_acquire_shared() {
            self.wait_to_read::<P>();
        }
    }

    #[inline]
    fn try_acquire_shared(&self) -> bool {
        self.state.try_shared()
    }

    #[inline]
    unsafe fn release_shared(&self) {
        // SAFETY: the caller is a reader.
        unsafe { self.state.leave_shared() };
    }

    #[inline]
    unsafe fn acquire_exclusive<P: Platform>(&self) {
        if !self.state.enter_free() {
            self.wait_for::<P>(Entry::Exclusive);
        }
    }

    #[inline]
    fn try_acquire_exclusive(&self) -> bool {
        self.state.enter_free() || self.state.try_entry(Entry::Exclusive, &Waiter::default())
    }

    #[inline]
    unsafe fn release_exclusive(&self) {
        // SAFETY: the caller is the writer, and nothing afterwards.
        unsafe { self.state.leave_exclusive(0) };
    }

    #[inline]
    unsafe fn acquire_upgradeable<P: Platform>(&self) {
        if !self.try_acquire_upgradeable() {
            self.wait_for::<P>(Entry::Upgradeable);
        }
    }

    #[inline]
    fn try_acquire_upgradeable(&self) -> bool {
        self.state.try_entry(Entry::Upgradeable, &Waiter::default())
    }

    #[inline]
    unsafe fn release_upgradeable(&self) {
        // SAFETY: the caller is the upgradeable reader, and nothing afterwards.
        unsafe { self.state.leave_upgradeable(0) };
    }

    #[inline]
    unsafe fn upgrade<P: Platform>(&self) {
        // SAFETY: the caller is the upgradeable reader, as this function's own contract says.
        if !unsafe { self.try_upgrade() } {
            self.wait_for::<P>(Entry::Upgrade);
        }
    }

    #[inline]
    unsafe fn try_upgrade(&self) -> bool {
        self.state.try_entry(Entry::Upgrade, &Waiter::default())
    }

    #[inline]
    unsafe fn downgrade(&self) {
        // SAFETY: the caller is the writer, and a reader afterwards.
        unsafe { self.state.leave_exclusive(READER) };
    }

    #[inline]
    unsafe fn downgrade_to_upgradeable(&self) {
        // SAFETY: the caller is the writer, and the upgradeable reader afterwards.
        unsafe { self.state.leave_exclusive(UPGRADEABLE) };
    }

    #[inline]
    unsafe fn downgrade_upgradeable(&self) {
        // SAFETY: the caller is the upgradeable reader, and a plain one afterwards.
        unsafe { self.state.leave_upgradeable(READER) };
    }

    fn is_held(&self) -> bool {
        self.state.is_held()
    }

    fn is_held_exclusively(&self) -> bool {
        self.state.is_held_exclusively()
    }
}
