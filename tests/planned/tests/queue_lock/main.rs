//! The queued spin lock: the groups of the plan. Its predecessor hung with two, three and four contending threads.

mod basic;
mod contention;
mod load;
mod numa;
mod recursion;

use lockorder::RawLock;
use lockorder::context::Spinning;
use lockorder::raw::Queue;
use planned_tests::numbered::{Numbered, be_on};
use planned_tests::on_threads;
use std::cell::UnsafeCell;

/// The core under test.
type Core = Queue<Spinning>;
/// A machine on which each waiter has a CPU.
type Machine = Numbered<false>;

/// A number behind a core.
struct Guarded {
    core: Core,
    number: UnsafeCell<u64>,
}

// SAFETY: the number is touched by the core's holder only.
#[allow(unsafe_code, reason = "a core protects what it is put beside")]
unsafe impl Sync for Guarded {}

impl Guarded {
    /// Zero.
    const fn new() -> Self {
        Self { core: Core::INIT, number: UnsafeCell::new(0) }
    }

    /// Calls `section` with the number, while the core is held.
    #[allow(unsafe_code, reason = "a core protects what it is put beside")]
    fn with<O>(&self, section: impl FnOnce(&mut u64) -> O) -> O {
        self.core.acquire::<Machine>();
        // SAFETY: the core is held.
        let result = section(unsafe { &mut *self.number.get() });
        // SAFETY: acquired above.
        unsafe { self.core.release() }
        result
    }

    /// The same, if the core is free.
    #[allow(unsafe_code, reason = "a core protects what it is put beside")]
    fn try_with<O>(&self, section: impl FnOnce(&mut u64) -> O) -> Option<O> {
        if !self.core.try_acquire() {
            return None;
        }
        // SAFETY: the core is held.
        let result = section(unsafe { &mut *self.number.get() });
        // SAFETY: acquired above.
        unsafe { self.core.release() }
        Some(result)
    }
}

/// Threads on the CPUs that `cpu` says add to a number, and lose nothing.
fn nothing_is_lost(threads: usize, rounds: u64, cpu: impl Fn(usize) -> usize + Sync) {
    let guarded = Guarded::new();
    on_threads(threads, |thread| {
        be_on(cpu(thread));
        for _ in 0..rounds {
            guarded.with(|number| *number += 1);
        }
    });
    assert_eq!(guarded.with(|number| *number), threads as u64 * rounds);
    assert_eq!(format!("{:?}", guarded.core), "Queue { held: false, pending: false, tail: 0 }");
}
