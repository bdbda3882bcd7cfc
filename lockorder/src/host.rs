//! Ordinary programs: the platform of threads on an operating system, and the root that a thread has.
//!
//! Feature `std`. A thread enters with [`with_root`]; a second root on the same thread is a panic that says
//! so, since it would know nothing of what the first one holds. [`spawn`] starts a thread with its root;
//! [`JoinHandle::join`] waits for it, and asks that nothing is held, for the thread waited for may need it.
//! [`Condvar`] waits with a guard, consuming it. The waiters of a [`Mutex`] sleep, as do those of everything that is
//! made in [`blocking`], which has its names for hosts here.

mod parking;
mod thread;
mod wait_queue;

pub use parking::{Mutex, Parking};
pub use thread::{JoinHandle, spawn};
pub use wait_queue::WaitQueue as RawWaitQueue;

use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, Ordering};
use std::cell::Cell;

use crate::blocking::token::HeldTokens;
use crate::blocking::{self, Blocking, Sleep, SleepReadWrite};
use crate::context::Task;
use crate::entry;
use crate::held::Root;
use crate::lock::Lock;
use crate::platform::Platform;
use crate::read_write::RwLock;

/// A lock of class `L` around a `T` for what is held long, with an owner that can be asked.
pub type SleepLock<L, T> = Lock<L, Sleep<Host>, T>;

/// A reader-writer lock of class `L` around a `T` whose waiters sleep.
pub type SleepRwLock<L, T> = RwLock<L, SleepReadWrite<Host>, T>;

/// Threads that wait for a condition that a lock protects.
pub type Condvar = blocking::Condvar<Host>;

/// Threads that wait for something, with nothing held.
pub type WaitQueue = blocking::WaitQueue<Host>;

/// The machine of an ordinary program: no interrupts, preemption that cannot be turned off, and threads that
/// may outnumber the CPUs, so that waiters barge and yield.
#[derive(Debug)]
pub enum Host {}

// SAFETY: no interrupt handler of ours runs in a process, so there is nothing to mask; exclusion between
// threads is the lock core's, and nothing here is per-CPU.
unsafe impl Platform for Host {
    #[inline]
    unsafe fn disable_interrupts() {}
    #[inline]
    unsafe fn enable_interrupts() {}
    #[inline]
    unsafe fn disable_preemption() {}
    #[inline]
    unsafe fn enable_preemption() {}

    fn cpu() -> usize {
        0
    }

    #[inline]
    fn relax() {
        core::hint::spin_loop();
    }

    fn oversubscribed() -> bool {
        true
    }

    fn back_off() {
        std::thread::yield_now();
    }

    #[cfg(feature = "checker")]
    fn with_held_locks<O>(look: impl FnOnce(&crate::checker::HeldLocks) -> O) -> Option<O> {
        std::thread_local! {
            static HELD: crate::checker::HeldLocks = const { crate::checker::HeldLocks::new() };
        }
        // A thread that is ending has no more of its own.
        HELD.try_with(look).ok()
    }

    #[cfg(feature = "stats")]
    fn statistics_clock() -> u64 {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        let passed = START.get_or_init(std::time::Instant::now).elapsed();
        u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
    }
}

std::thread_local! {
    static TOKENS: HeldTokens<Host> = const { HeldTokens::new() };
    static NUMBER: NonZeroU64 = {
        static LAST: AtomicU64 = AtomicU64::new(0);
        NonZeroU64::MIN.saturating_add(LAST.fetch_add(1, Ordering::Relaxed))
    };
}

// SAFETY: the numbers count up, and never come round; the list of tokens is the thread's own.
#[allow(unsafe_code, reason = "owners are known by their numbers; the argument is beside it")]
unsafe impl Blocking for Host {
    type WaitQueue = RawWaitQueue;

    fn thread() -> NonZeroU64 {
        NUMBER.with(|number| *number)
    }

    fn runs(_: NonZeroU64) -> bool {
        // The operating system does not say. Spinning is bounded.
        true
    }

    fn with_tokens<O>(look: impl FnOnce(&HeldTokens<Self>) -> O) -> O {
        TOKENS.with(look)
    }
}

std::thread_local! {
    static HAS_ROOT: Cell<bool> = const { Cell::new(false) };
}

/// Gives the thread's claim to a root back, also when the body panics.
struct Claim;

impl Claim {
    /// Claims this thread's one root.
    fn take() -> Self {
        assert!(
            !HAS_ROOT.replace(true),
            "this thread already has a root token: pass `held` down instead of calling `with_root` again"
        );
        Self
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        HAS_ROOT.set(false);
    }
}

/// Runs `body` with this thread's root token.
///
/// # Panics
///
/// When the thread already has one: a second root would know nothing of what the first one holds.
///
/// # Examples
///
/// ```
/// let answer = lockorder::with_root(|held| format!("{held:?}"));
/// assert_eq!(answer, "Held(up to nothing, Task)");
/// ```
pub fn with_root<O>(body: impl for<'r> FnOnce(Root<'r, Task>) -> O) -> O {
    let _claim = Claim::take();
    entry::with_fresh_root(body)
}
