//! This kernel's threads as the library's sleeping locks see them, and the names of those locks here.
//!
//! A thread's number there has its place in the table of threads in it, so that an owner is found by its number.

use core::num::NonZeroU64;

use lockorder::blocking::serial::HeldSerialTokens;
use lockorder::blocking::{self, Adaptive, Blocking, Owned, Sleep, SleepReadWrite};
use lockorder::{Lock, RwLock};

use super::core::{current, running_on, with_current};
use super::thread::Thread;
use super::{inheritance, registry, wait_queue};
use crate::platform::Machine;
use machine::cpus;

/// An adaptive mutex of class `L` around a `T`: its waiters spin while its owner runs.
pub type Mutex<L, T> = Lock<L, Adaptive<Machine>, T>;

/// A lock of class `L` around a `T` for what is held long.
pub type SleepLock<L, T> = Lock<L, Sleep<Machine>, T>;

/// A reader-writer lock of class `L` around a `T` whose waiters sleep.
pub type SleepRwLock<L, T> = RwLock<L, SleepReadWrite<Machine>, T>;

/// Threads that wait for a condition that a lock protects.
pub type Condvar = blocking::Condvar<Machine>;

/// Threads that wait for something, with nothing held.
pub type WaitQueue = blocking::WaitQueue<Machine>;

// SAFETY: numbers are never used again, and a thread's tokens are its own.
#[allow(unsafe_code, reason = "owners are known by their numbers; the argument is beside it")]
unsafe impl Blocking for Machine {
    type WaitQueue = wait_queue::WaitQueue;

    #[inline]
    fn thread() -> NonZeroU64 {
        with_current(Thread::number)
    }

    fn runs(thread: NonZeroU64) -> bool {
        cpus::all().any(|cpu| running_on(cpu) == Some(registry::id(thread)))
    }

    fn with_serial_tokens<O>(look: impl FnOnce(&HeldSerialTokens<Self>) -> O) -> O {
        // SAFETY: this is that thread, and nobody else looks at its tokens.
        with_current(|thread| look(unsafe { thread.tokens() }))
    }

    fn waits_for(lock: &Owned<Self>) {
        inheritance::begins_to_wait(lock);
    }

    fn sees_owner(lock: &Owned<Self>) {
        current().set_waits_for(lock.owner().map(registry::id));
        inheritance::sees_owner(lock);
    }

    fn waits_no_more(lock: &Owned<Self>) {
        inheritance::waits_no_more(lock);
    }

    #[cold]
    fn takes_awaited(lock: &Owned<Self>) {
        inheritance::takes_awaited(lock);
    }

    #[inline]
    fn releases(lock: &Owned<Self>) {
        inheritance::releases(lock);
    }
}
