//! The reader-writer core: many readers or one writer, writers first.
//!
//! One word counts the readers and says whether a writer or an *upgradeable* reader is in: a reader beside which
//! others may read, but no second one that may become the writer, so that two can never wait for each other to leave.
//! A second word counts the writers that wait. While there are any, no new reader enters. A writer that has waited
//! patiently where waiters barge becomes the *heir*, and no other writer enters before it.
//!
//! Preferring writers is a deadlock elsewhere: a thread that reads, and reads again after a writer has begun to
//! wait, waits for itself. Here that does not compile, since reading has the order of acquiring; nor does a
//! handler interrupt a reader of a lock that it reads, for then the kind is interrupt-safe.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU32, Ordering};

use super::RawReadWriteLock;
use super::backoff::Backoff;
use crate::context::StopsPreemption;
use crate::platform::Platform;

/// The writer is in.
const WRITER: u32 = 1 << 31;
/// The upgradeable reader is in.
const UPGRADEABLE: u32 = 1 << 30;
/// In the count of waiting writers: one of them is the heir.
const HEIR: u32 = 1 << 31;
/// The bits that count the readers; the upgradeable one is not counted.
const READERS: u32 = UPGRADEABLE - 1;

/// Who is in, and the attempts to get in: what the spinning lock and the sleeping one have in common.
pub(crate) struct ReadWriteState {
    state: AtomicU32,
}

impl fmt::Debug for ReadWriteState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.load(Ordering::Relaxed);
        formatter
            .debug_struct("ReadWrite")
            .field("readers", &(state & READERS))
            .field("upgradeable", &(state & UPGRADEABLE != 0))
            .field("writer", &(state & WRITER != 0))
            .finish()
    }
}

impl ReadWriteState {
    /// Nobody is in.
    pub(crate) const fn new() -> Self {
        Self { state: AtomicU32::new(0) }
    }

    /// Enters from `current`, which lets one in; what the last writer did is visible then.
    #[inline]
    fn enter(&self, current: u32, new: u32) -> bool {
        self.state.compare_exchange(current, new, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Enters as a reader, unless a writer is in.
    #[inline]
    pub(crate) fn try_shared(&self) -> bool {
        // A failed exchange is another reader's success more often than not: look again while there is room.
        loop {
            let state = self.state.load(Ordering::Relaxed);
            // Guards that were forgotten are counted for ever; the count never overflows into the flags.
            if state & WRITER != 0 || state & READERS == READERS {
                return false;
            }
            if self.enter(state, state + 1) {
                return true;
            }
        }
    }

    /// Enters as the writer, if nobody is in.
    #[inline]
    pub(crate) fn try_exclusive(&self) -> bool {
        self.enter(0, WRITER)
    }

    /// Enters as the upgradeable reader, unless a writer or another one is in.
    #[inline]
    pub(crate) fn try_upgradeable(&self) -> bool {
        loop {
            let state = self.state.load(Ordering::Relaxed);
            if state & (WRITER | UPGRADEABLE) != 0 {
                return false;
            }
            if self.enter(state, state | UPGRADEABLE) {
                return true;
            }
        }
    }

    /// From the upgradeable reader to the writer, if nobody else reads.
    ///
    /// # Safety
    ///
    /// As for the functions of [`RawReadWriteLock`] of these names, here and below.
    #[inline]
    pub(crate) unsafe fn try_upgrade(&self) -> bool {
        self.enter(UPGRADEABLE, WRITER)
    }

    /// Leaves as a reader.
    #[inline]
    pub(crate) unsafe fn release_shared(&self) {
        self.state.fetch_sub(1, Ordering::Release);
    }

    /// Leaves as the writer.
    #[inline]
    pub(crate) unsafe fn release_exclusive(&self) {
        // While the writer is in nobody else changes the state.
        self.state.store(0, Ordering::Release);
    }

    /// Leaves as the upgradeable reader.
    #[inline]
    pub(crate) unsafe fn release_upgradeable(&self) {
        self.state.fetch_sub(UPGRADEABLE, Ordering::Release);
    }

    /// From the writer to a reader.
    #[inline]
    pub(crate) unsafe fn downgrade(&self) {
        self.state.store(1, Ordering::Release);
    }

    /// From the writer to the upgradeable reader.
    #[inline]
    pub(crate) unsafe fn downgrade_to_upgradeable(&self) {
        self.state.store(UPGRADEABLE, Ordering::Release);
    }

    /// From the upgradeable reader to a plain one.
    #[inline]
    pub(crate) unsafe fn downgrade_upgradeable(&self) {
        // One counted reader more, the upgradeable one gone, in one step.
        self.state.fetch_sub(UPGRADEABLE - 1, Ordering::Release);
    }

    /// Whether anybody is in at this moment.
    pub(crate) fn is_held(&self) -> bool {
        self.state.load(Ordering::Relaxed) != 0
    }

    /// Whether a writer is in at this moment.
    pub(crate) fn is_held_exclusively(&self) -> bool {
        self.state.load(Ordering::Relaxed) & WRITER != 0
    }
}

/// A reader-writer spin lock of kind `K`, 8 bytes.
pub struct ReadWrite<K> {
    /// Who is in.
    state: ReadWriteState,
    /// How many wait to write.
    writers_waiting: AtomicU32,
    kind: PhantomData<fn(K) -> K>,
}

impl<K> fmt::Debug for ReadWrite<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.state.load(Ordering::Relaxed);
        formatter
            .debug_struct("ReadWrite")
            .field("readers", &(state & READERS))
            .field("upgradeable", &(state & UPGRADEABLE != 0))
            .field("writer", &(state & WRITER != 0))
            .field("writers_waiting", &(self.writers_waiting.load(Ordering::Relaxed) & !HEIR))
            .finish()
    }
}

impl<K: StopsPreemption> ReadWrite<K> {
    /// Waits for everybody to leave, and becomes the writer; keeps new readers out meanwhile.
    #[cold]
    #[inline(never)]
    fn wait_to_write<P: Platform>(&self) {
        // A wish, not a barrier: a reader that has not seen it yet goes in first, and is waited for.
        self.writers_waiting.fetch_add(1, Ordering::Relaxed);
        let mut backoff = Backoff::default();
        let mut heir = false;
        loop {
            let others = !heir && self.writers_waiting.load(Ordering::Relaxed) & HEIR != 0;
            if !others && self.state.try_exclusive() {
                break;
            }
            if backoff.is_over() && !others && !heir {
                heir = self.writers_waiting.fetch_or(HEIR, Ordering::Relaxed) & HEIR == 0;
            }
            backoff.wait::<P>();
        }
        let done = if heir { HEIR + 1 } else { 1 };
        self.writers_waiting.fetch_sub(done, Ordering::Relaxed);
    }

    /// Waits, as the upgradeable reader, for the other readers to leave, and becomes the writer. It goes before any
    /// heir, who waits for it to leave.
    #[cold]
    #[inline(never)]
    fn wait_to_upgrade<P: Platform>(&self) {
        self.writers_waiting.fetch_add(1, Ordering::Relaxed);
        let mut backoff = Backoff::default();
        // SAFETY: the caller of `upgrade` is the upgradeable reader.
        while !unsafe { self.state.try_upgrade() } {
            backoff.wait::<P>();
        }
        self.writers_waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Waits until `attempt` succeeds.
    #[cold]
    #[inline(never)]
    fn wait_to_read<P: Platform>(&self, attempt: fn(&Self) -> bool) {
        let mut backoff = Backoff::default();
        while !attempt(self) {
            backoff.wait::<P>();
        }
    }
}

// SAFETY: `WRITER` is set only from a state in which nobody is in, or only the upgradeable reader that becomes the
// writer, and every entry fails while it is set; `UPGRADEABLE` is set only while it is clear. So a writer is
// alone, and there is one upgradeable reader at most. All who leave write the state with Release, all who enter
// read it with Acquire, and all changes while readers are in are read-modify-writes, which continue the
// release sequence: so leaving happens-before the entry of who is excluded.
unsafe impl<K: StopsPreemption> RawReadWriteLock for ReadWrite<K> {
    type Kind = K;
    const INIT: Self =
        Self { state: ReadWriteState::new(), writers_waiting: AtomicU32::new(0), kind: PhantomData };

    #[inline]
    unsafe fn acquire_shared<P: Platform>(&self) {
        if !self.try_acquire_shared() {
            self.wait_to_read::<P>(Self::try_acquire_shared);
        }
    }

    #[inline]
    fn try_acquire_shared(&self) -> bool {
        self.writers_waiting.load(Ordering::Relaxed) == 0 && self.state.try_shared()
    }

    #[inline]
    unsafe fn release_shared(&self) {
        // SAFETY: the caller's, here and below.
        unsafe { self.state.release_shared() }
    }

    #[inline]
    unsafe fn acquire_exclusive<P: Platform>(&self) {
        if !self.try_acquire_exclusive() {
            self.wait_to_write::<P>();
        }
    }

    #[inline]
    fn try_acquire_exclusive(&self) -> bool {
        self.writers_waiting.load(Ordering::Relaxed) & HEIR == 0 && self.state.try_exclusive()
    }

    #[inline]
    unsafe fn release_exclusive(&self) {
        // SAFETY: the caller is the writer.
        unsafe { self.state.release_exclusive() }
    }

    #[inline]
    unsafe fn acquire_upgradeable<P: Platform>(&self) {
        if !self.try_acquire_upgradeable() {
            self.wait_to_read::<P>(Self::try_acquire_upgradeable);
        }
    }

    #[inline]
    fn try_acquire_upgradeable(&self) -> bool {
        self.writers_waiting.load(Ordering::Relaxed) == 0 && self.state.try_upgradeable()
    }

    #[inline]
    unsafe fn release_upgradeable(&self) {
        // SAFETY: the caller is the upgradeable reader.
        unsafe { self.state.release_upgradeable() }
    }

    #[inline]
    unsafe fn upgrade<P: Platform>(&self) {
        // SAFETY: the caller is the upgradeable reader, as this function's own contract says.
        if !unsafe { self.try_upgrade() } {
            self.wait_to_upgrade::<P>();
        }
    }

    #[inline]
    unsafe fn try_upgrade(&self) -> bool {
        // SAFETY: the caller is the upgradeable reader.
        unsafe { self.state.try_upgrade() }
    }

    #[inline]
    unsafe fn downgrade(&self) {
        // SAFETY: the caller is the writer.
        unsafe { self.state.downgrade() }
    }

    #[inline]
    unsafe fn downgrade_to_upgradeable(&self) {
        // SAFETY: the caller is the writer.
        unsafe { self.state.downgrade_to_upgradeable() }
    }

    #[inline]
    unsafe fn downgrade_upgradeable(&self) {
        // SAFETY: the caller is the upgradeable reader.
        unsafe { self.state.downgrade_upgradeable() }
    }

    fn is_held(&self) -> bool {
        self.state.is_held()
    }

    fn is_held_exclusively(&self) -> bool {
        self.state.is_held_exclusively()
    }
}
