//! A reader-writer lock whose waiters sleep.
//!
//! Who is in is decided by the library's reader-writer core, by its attempts only; who does not get in at once sleeps in
//! a wait queue and attempts again when somebody has left. While a writer waits no new reader enters, so that writers
//! are not kept out by readers who come and go. An upgradeable reader that waits to become the writer keeps new readers
//! out as well, and goes before the writers, who wait for it to leave.

use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use super::{Blocking, RawWaitQueue, Waiting, wait};
use crate::context::Sleeping;
use crate::platform::Platform;
use crate::raw::{RawReadWriteLock, RawTimedReadWriteLock, ReadWriteState};

/// The core of a reader-writer lock whose waiters sleep.
pub struct SleepReadWrite<P: Blocking> {
    core: ReadWriteState,
    /// How many wait to write.
    writers: AtomicU32,
    waiters: P::WaitQueue,
}

impl<P: Blocking> fmt::Debug for SleepReadWrite<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(formatter)
    }
}

impl<P: Blocking> SleepReadWrite<P> {
    /// Waits until a writer's attempt succeeds, for `time` at most; no new reader enters meanwhile.
    fn wait_to_write(&self, time: Option<Duration>, attempt: impl Fn() -> bool) -> bool {
        self.writers.fetch_add(1, Ordering::SeqCst);
        // SAFETY: every caller acquires the core, which says that it may wait here.
        let got = unsafe { wait::<P>(&self.waiters, &Waiting::up_to(time), &mut || attempt()) };
        self.writers.fetch_sub(1, Ordering::SeqCst);
        if !got {
            // Readers were kept out for its sake.
            self.changed();
        }
        got
    }

    /// Waits until a reader's attempt succeeds, for `time` at most.
    fn wait_to_read(&self, time: Option<Duration>, attempt: impl Fn() -> bool) -> bool {
        let mut enters = || self.writers.load(Ordering::SeqCst) == 0 && attempt();
        // SAFETY: as in `wait_to_write`.
        unsafe { wait::<P>(&self.waiters, &Waiting::up_to(time), &mut enters) }
    }

    /// Somebody has left, or has become less: whoever waits attempts again.
    fn changed(&self) {
        self.waiters.wake_all();
    }
}

// SAFETY: who is in is decided by `ReadWriteState` alone, whose contract is the same; each way out is the core's own.
unsafe impl<B: Blocking> RawReadWriteLock for SleepReadWrite<B> {
    type Kind = Sleeping;
    const INIT: Self =
        Self { core: ReadWriteState::new(), writers: AtomicU32::new(0), waiters: B::WaitQueue::INIT };

    unsafe fn acquire_shared<P: Platform>(&self) {
        if !self.try_acquire_shared() {
            self.wait_to_read(None, || self.core.try_shared());
        }
    }

    fn try_acquire_shared(&self) -> bool {
        self.writers.load(Ordering::SeqCst) == 0 && self.core.try_shared()
    }

    unsafe fn release_shared(&self) {
        // SAFETY: the caller is a reader, and gives it up.
        unsafe { self.core.release_shared() }
        self.changed();
    }

    unsafe fn acquire_exclusive<P: Platform>(&self) {
        if !self.try_acquire_exclusive() {
            self.wait_to_write(None, || self.core.try_exclusive());
        }
    }

    fn try_acquire_exclusive(&self) -> bool {
        self.core.try_exclusive()
    }

    unsafe fn release_exclusive(&self) {
        // SAFETY: the caller is the writer, and gives it up.
        unsafe { self.core.release_exclusive() }
        self.changed();
    }

    unsafe fn acquire_upgradeable<P: Platform>(&self) {
        if !self.try_acquire_upgradeable() {
            self.wait_to_read(None, || self.core.try_upgradeable());
        }
    }

    fn try_acquire_upgradeable(&self) -> bool {
        self.writers.load(Ordering::SeqCst) == 0 && self.core.try_upgradeable()
    }

    unsafe fn release_upgradeable(&self) {
        // SAFETY: the caller is the upgradeable reader, and gives it up.
        unsafe { self.core.release_upgradeable() }
        self.changed();
    }

    unsafe fn upgrade<P: Platform>(&self) {
        // SAFETY: the caller is the upgradeable reader, in each attempt.
        let attempt = || unsafe { self.core.try_upgrade() };
        if !attempt() {
            self.wait_to_write(None, attempt);
        }
    }

    unsafe fn try_upgrade(&self) -> bool {
        // SAFETY: the caller is the upgradeable reader.
        unsafe { self.core.try_upgrade() }
    }

    unsafe fn downgrade(&self) {
        // SAFETY: the caller is the writer.
        unsafe { self.core.downgrade() }
        self.changed();
    }

    unsafe fn downgrade_to_upgradeable(&self) {
        // SAFETY: the caller is the writer.
        unsafe { self.core.downgrade_to_upgradeable() }
        self.changed();
    }

    unsafe fn downgrade_upgradeable(&self) {
        // SAFETY: the caller is the upgradeable reader.
        unsafe { self.core.downgrade_upgradeable() }
        self.changed();
    }

    fn is_held(&self) -> bool {
        self.core.is_held()
    }

    fn is_held_exclusively(&self) -> bool {
        self.core.is_held_exclusively()
    }
}

// SAFETY: as above: who is in is decided by the core's attempts.
unsafe impl<B: Blocking> RawTimedReadWriteLock for SleepReadWrite<B> {
    unsafe fn acquire_shared_for<P: Platform>(&self, time: Duration) -> bool {
        self.try_acquire_shared() || self.wait_to_read(Some(time), || self.core.try_shared())
    }

    unsafe fn acquire_exclusive_for<P: Platform>(&self, time: Duration) -> bool {
        self.try_acquire_exclusive() || self.wait_to_write(Some(time), || self.core.try_exclusive())
    }
}
