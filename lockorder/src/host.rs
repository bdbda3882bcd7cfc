//! Ordinary programs: the platform of threads on an operating system, and the root that a thread has.
//!
//! Feature `std`. A thread enters with [`with_root`]; a second root on the same thread is a panic that says
//! so, since it would know nothing of what the first one holds.
//!
//! | for | see |
//! |---|---|
//! | a thread with its root, joined with nothing held | [`spawn`], [`JoinHandle::join`] |
//! | threads that borrow | [`scope`] |
//! | a lock wanted in `Drop` | [`defer`] |
//! | locks whose waiters sleep | [`Mutex`], [`RwLock`], [`SleepLock`] |
//! | waiting for what a lock protects | [`Condvar`] |
//! | everything else that waits | [`blocking`], with its names for hosts here |
//!
//! To show what a lock protects in a `Debug` implementation, format a guard: an implementation that locks has no token to do it
//! with, and would run under whatever its caller holds.
//!
//! **No poisoning.** A thread that panics with a lock held releases it, and the next holder finds the data as it was left.
//! What must not be seen half changed is changed in a copy, or behind a value whose `drop` repairs it; a [`SeqLock`](crate::SeqLock)
//! publishes whole changes only.
//!
//! **Waits that no type sees.** `std::thread::scope`, `std::thread::JoinHandle::join`, channels and `park` wait without a token. A
//! program that wants the compiler's help forbids them; in `clippy.toml`:
//!
//! ```toml
//! disallowed-methods = [
//!     { path = "std::thread::scope", reason = "joins with anything held: use `lockorder::host::scope`" },
//!     { path = "std::thread::spawn", reason = "has no root: use `lockorder::host::spawn`" },
//!     { path = "std::thread::JoinHandle::join", reason = "joins with anything held: use `lockorder::host::spawn`" },
//!     { path = "std::thread::park", reason = "sleeps with anything held: use a `WaitQueue`" },
//! ]
//! ```

mod deferred;
mod parking;
mod scope;
mod thread;
mod wait_queue;

pub use deferred::{defer, drain_deferred};
pub use parking::{Mutex, Parking};
pub use scope::{Scope, ScopedJoinHandle, scope};
pub use thread::{JoinError, JoinHandle, JoinOrder, spawn, try_spawn};
pub use wait_queue::WaitQueue as RawWaitQueue;

use core::num::NonZeroU64;
use std::cell::Cell;
use std::sync::OnceLock;

use crate::blocking::serial::HeldSerialTokens;
use crate::blocking::{self, Blocking, Sleep, SleepReadWrite};
use crate::context::Task;
use crate::entry;
use crate::guard::Guard;
use crate::held::Root;
use crate::level::Nothing;
use crate::lock::Lock;
use crate::platform::Platform;
use crate::read_write;
use crate::table::{assert_one_copy, one_platform, tokens_of_another_platform};

/// A lock of class `L` around a `T` for what is held long, with an owner that can be asked.
pub type SleepLock<L, T> = Lock<L, Sleep<Host>, T>;

/// A reader-writer lock of class `L` around a `T` whose waiters sleep.
pub type RwLock<L, T> = read_write::RwLock<L, SleepReadWrite<Host>, T>;

/// A [`Mutex`], held, acquired with `H` held.
pub type MutexGuard<'a, L, T, H = Nothing> = Guard<'a, Mutex<L, T>, H, Task>;

/// An [`RwLock`], held for reading.
pub type ReadGuard<'a, L, T> = read_write::ReadGuard<'a, RwLock<L, T>, Task>;

/// An [`RwLock`], held for writing.
pub type WriteGuard<'a, L, T> = read_write::WriteGuard<'a, RwLock<L, T>, Task>;

/// Threads that wait for a condition that a lock protects.
pub type Condvar = blocking::Condvar<Host>;

/// Threads that wait for something, with nothing held.
pub type WaitQueue = blocking::WaitQueue<Host>;

/// A semaphore that starts at zero and signals.
pub type SignallingSemaphore = blocking::SignallingSemaphore<Host>;

/// The machine of an ordinary program: no interrupts, preemption that cannot be turned off, and threads that
/// may outnumber the CPUs, so that waiters barge and yield.
#[derive(Debug)]
pub enum Host {}

// SAFETY: no interrupt handler of ours runs in a process, so there is nothing to mask; exclusion between
// threads is the lock core's, and nothing here is per-CPU.
unsafe impl Platform for Host {
    const HAS_INTERRUPTS: bool = false;

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
        // The list is constant and has no destructor, so it is there as long as its thread is.
        HELD.try_with(look).ok()
    }

    #[cfg(feature = "stats")]
    fn statistics_clock() -> u64 {
        static START: OnceLock<std::time::Instant> = OnceLock::new();
        let passed = START.get_or_init(std::time::Instant::now).elapsed();
        u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
    }
}

std::thread_local! {
    static TOKENS: HeldSerialTokens<Host> = const { HeldSerialTokens::new() };
}

// SAFETY: the numbers count up, and never come round; the list of tokens is the thread's own.
#[allow(unsafe_code, reason = "owners are known by their numbers; the argument is beside it")]
unsafe impl Blocking for Host {
    type WaitQueue = RawWaitQueue;

    fn thread() -> NonZeroU64 {
        thread::number()
    }

    fn runs(_: NonZeroU64) -> bool {
        // The operating system does not say. Spinning is bounded.
        true
    }

    fn with_serial_tokens<O>(look: impl FnOnce(&HeldSerialTokens<Self>) -> O) -> O {
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
/// When the thread already has one: a second root would know nothing of what the first one holds. When the program has lock
/// classes of two platforms ([`one_platform`]), or serialising tokens of another platform than [`Host`]: a thread that joins
/// another one, or waits for anything else of the host that has no class, would keep them. When two copies of this library are in
/// the program: each would give the thread a root.
///
/// # Examples
///
/// ```
/// let answer = lockorder::with_root(|held| format!("{held:?}"));
/// assert_eq!(answer, "Held(up to nothing, Task)");
/// ```
pub fn with_root<O>(body: impl for<'r> FnOnce(Root<'r, Task>) -> O) -> O {
    // Once: the table is constant.
    static ONE_PLATFORM: OnceLock<()> = OnceLock::new();
    ONE_PLATFORM.get_or_init(|| {
        assert_one_copy();
        if let Err(two) = one_platform() {
            panic!("{two}");
        }
        if let Some(class) = tokens_of_another_platform::<Host>() {
            panic!(
                "serialising tokens of class `{}` ({}) are of {:?}, and roots of the host wait on the host: \
                 a thread that joins another one would keep them",
                class.name, class.module, class.platform
            );
        }
    });
    let _claim = Claim::take();
    entry::with_fresh_root(body)
}
