//! A reader-writer lock whose waiters sleep.
//!
//! Who is in, who waits and who comes next is in one word, which is that of the spinning lock
//! ([`ReadWriteState`]), with its rules: writers come before new readers, and when a writer leaves, all readers that wait
//! enter before the next writer. So **a reader waits for one writer at most**, and a writer that has missed its turn
//! several times becomes the successor, whom no other writer passes. Who waits sleeps in a wait queue.
//!
//! Who leaves learns from the word that it changes whether anybody waits, so leaving a lock that nobody waits for
//! is one read-modify-write, and the queue is not looked at. A waiter enters the queue first, and is counted in the word
//! then; an upgradeable reader, which is in no count, sets a mark instead. Who leaves changes the word first, and wakes then.

use core::fmt;
use core::time::Duration;

use super::{Blocking, RawWaitQueue, Waiting, wait};
use crate::context::Sleeping;
use crate::platform::Platform;
use crate::raw::read_write::{Entry, READER, ReadWriteState, Reading, UPGRADEABLE, Waiter};
use crate::raw::{RawReadWriteLock, RawTimedReadWriteLock, WaitsOn};

/// How often a waiter misses its turn before it asks for a hand-off, and becomes the successor.
const MISSES: u32 = 16;

/// The core of a reader-writer lock whose waiters sleep.
pub struct SleepReadWrite<P: Blocking> {
    state: ReadWriteState,
    waiters: P::WaitQueue,
}

impl<P: Blocking> fmt::Debug for SleepReadWrite<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(formatter)
    }
}

impl<P: Blocking> SleepReadWrite<P> {
    /// Sleeps until the caller is a reader, for `time` at most; says whether it is.
    #[cold]
    fn wait_to_read(&self, time: Option<Duration>) -> bool {
        if self.state.try_shared() {
            return true;
        }
        let mut registered = None;
        let mut enters = || match registered {
            Some(phase) => self.state.is_let_in(phase),
            None => match self.state.ask_to_read() {
                Reading::Entered => true,
                Reading::Registered(phase) => {
                    registered = Some(phase);
                    false
                }
                Reading::Refused => false,
            },
        };
        // SAFETY: every caller acquires the core, and vouches that it may wait for it here.
        let entered = unsafe { wait::<P>(&self.waiters, &Waiting::up_to(time), &mut enters) };
        // A reader that a writer has let in meanwhile is in, though its time is up.
        entered || registered.is_some_and(|phase| !self.state.stop_reading(phase))
    }

    /// Sleeps until `entry` is allowed, for `time` at most; says whether the caller has entered. Writers, and who upgrades,
    /// keep new readers out meanwhile.
    #[cold]
    fn wait_for(&self, entry: Entry, time: Option<Duration>) -> bool {
        let mut waiter = Waiter::default();
        let mut misses = 0;
        let mut enters = || {
            if entry == Entry::Upgradeable {
                if misses > MISSES {
                    self.state.become_successor(&mut waiter);
                }
                misses += 1;
                return self.state.enter_or_mark(entry, &waiter);
            }
            self.state.wait_as_writer(&mut waiter);
            if self.state.try_entry(entry, &waiter) {
                return true;
            }
            misses += 1;
            if entry == Entry::Upgrade || misses <= MISSES {
                return false;
            }
            // Who becomes the successor looks again: whoever has left in between found none to wake alone.
            self.state.become_successor(&mut waiter);
            self.state.try_entry(entry, &waiter)
        };
        // SAFETY: as in `wait_to_read`.
        let entered = unsafe { wait::<P>(&self.waiters, &Waiting::up_to(time), &mut enters) };
        if !entered {
            self.state.stop_waiting(&waiter);
            // Others were kept out for its sake.
            self.wake();
        }
        entered
    }

    /// Wakes everybody: each looks whether it may enter.
    #[cold]
    fn wake(&self) {
        self.state.clear_uncounted();
        self.waiters.wake_all();
    }

    /// Wakes everybody if anybody waits.
    #[inline]
    fn wake_if(&self, anybody_waits: bool) {
        if anybody_waits {
            self.wake();
        }
    }
}

// SAFETY: who is in is decided by `ReadWriteState` alone, as for the spinning core, whose contract is the same; each way out
// is the state's own.
unsafe impl<B: Blocking> RawReadWriteLock for SleepReadWrite<B> {
    type Kind = Sleeping;
    const INIT: Self = Self { state: ReadWriteState::new(), waiters: B::WaitQueue::INIT };

    #[inline]
    unsafe fn acquire_shared<P: Platform>(&self) {
        if !self.state.try_shared_once() {
            self.wait_to_read(None);
        }
    }

    #[inline]
    fn try_acquire_shared(&self) -> bool {
        self.state.try_shared()
    }

    #[inline]
    unsafe fn release_shared(&self) {
        // SAFETY: the caller is a reader, and gives it up.
        let left = unsafe { self.state.leave_shared() };
        self.wake_if(ReadWriteState::has_waiters_for_reader(left));
    }

    #[inline]
    unsafe fn acquire_exclusive<P: Platform>(&self) {
        if !self.try_acquire_exclusive() {
            self.wait_for(Entry::Exclusive, None);
        }
    }

    #[inline]
    fn try_acquire_exclusive(&self) -> bool {
        self.state.enter_free() || self.state.try_entry(Entry::Exclusive, &Waiter::default())
    }

    #[inline]
    unsafe fn release_exclusive(&self) {
        // SAFETY: the caller is the writer, and gives it up.
        self.wake_if(unsafe { self.state.leave_exclusive(0) });
    }

    unsafe fn acquire_upgradeable<P: Platform>(&self) {
        if !self.try_acquire_upgradeable() {
            self.wait_for(Entry::Upgradeable, None);
        }
    }

    fn try_acquire_upgradeable(&self) -> bool {
        self.state.try_entry(Entry::Upgradeable, &Waiter::default())
    }

    unsafe fn release_upgradeable(&self) {
        // SAFETY: the caller is the upgradeable reader, and gives it up.
        self.wake_if(ReadWriteState::has_waiters(unsafe { self.state.leave_upgradeable(0) }));
    }

    unsafe fn upgrade<P: Platform>(&self) {
        // SAFETY: the caller is the upgradeable reader.
        if !unsafe { self.try_upgrade() } {
            self.wait_for(Entry::Upgrade, None);
        }
    }

    unsafe fn try_upgrade(&self) -> bool {
        self.state.try_entry(Entry::Upgrade, &Waiter::default())
    }

    unsafe fn downgrade(&self) {
        // SAFETY: the caller is the writer, and a reader afterwards.
        self.wake_if(unsafe { self.state.leave_exclusive(READER) });
    }

    unsafe fn downgrade_to_upgradeable(&self) {
        // SAFETY: the caller is the writer, and the upgradeable reader afterwards.
        self.wake_if(unsafe { self.state.leave_exclusive(UPGRADEABLE) });
    }

    unsafe fn downgrade_upgradeable(&self) {
        // SAFETY: the caller is the upgradeable reader, and a plain one afterwards.
        self.wake_if(ReadWriteState::has_waiters(unsafe { self.state.leave_upgradeable(READER) }));
    }

    fn is_held(&self) -> bool {
        self.state.is_held()
    }

    fn is_held_exclusively(&self) -> bool {
        self.state.is_held_exclusively()
    }
}

// SAFETY: as above: who is in is decided by the state.
unsafe impl<B: Blocking> RawTimedReadWriteLock for SleepReadWrite<B> {
    unsafe fn acquire_shared_for<P: Platform>(&self, time: Duration) -> bool {
        self.try_acquire_shared() || self.wait_to_read(Some(time))
    }

    unsafe fn acquire_exclusive_for<P: Platform>(&self, time: Duration) -> bool {
        self.try_acquire_exclusive() || self.wait_for(Entry::Exclusive, Some(time))
    }
}

// SAFETY: its waiters sleep in `wait`, which gives the tokens of `P` back.
unsafe impl<P: Blocking> WaitsOn<P> for SleepReadWrite<P> {}
