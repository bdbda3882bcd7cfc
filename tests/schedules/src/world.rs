//! What the copies name besides each other, and the data that the models' locks protect.

use std::cell::Cell;
use std::time::Duration;

use shuttle::sync::atomic::{AtomicU64, Ordering};

pub use lockorder::{context, order};

/// What they name by `crate::platform`.
pub mod platform {
    pub use lockorder::{MAXIMUM_CPUS, Platform};
}

/// What they name by `crate::level`.
pub mod level {
    pub use lockorder::{After, Class, Level, NothingHeld};
}

/// What they name by `crate::mode`.
pub mod mode {
    pub use lockorder::Mode;
}

/// What they name by `crate::observe`: nobody looks here.
pub mod observe {
    use core::panic::Location;

    use lockorder::{Class, ClassInfo, Kind, Mode, Platform};

    /// A lock may be waited for.
    pub fn might_wait<L: Class, K: Kind>(_: usize, _: Mode) {}

    /// A lock has been got.
    pub fn got<L: Class, K: Kind>(_: usize, _: Mode, _: u64) {}

    /// A lock is free.
    pub fn released<L: Class, K: Kind>(_: usize) {}

    /// A lock is acquired again.
    pub fn reacquires<L: Class>() {}

    /// A serialising token is held.
    pub fn serial_token_taken<L: Class>(_: usize) {}

    /// A serialising token is given back.
    pub fn serial_token_given<L: Class>(_: usize) {}

    /// A thread is about to wait for another one.
    pub fn waits_for_a_thread<P: Platform>(_: Option<&'static ClassInfo>, _: &'static Location<'static>) {}
}

shuttle::thread_local! {
    static LOOKS: Cell<u64> = Cell::new(0);
}

/// A moment, on a clock of the thread's own, which advances by a nanosecond each time it is looked at: a thread that waits for
/// three nanoseconds looks at its condition three times at most, and other threads run in between as the schedule has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(Duration);

impl Instant {
    /// Looks at the clock.
    #[must_use]
    pub fn now() -> Self {
        Self(Duration::from_nanos(LOOKS.with(|looks| looks.replace(looks.get() + 1))))
    }

    /// A later moment.
    #[must_use]
    pub fn checked_add(self, time: Duration) -> Option<Self> {
        self.0.checked_add(time).map(Self)
    }

    /// The time since an earlier moment.
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Sleeps for a part of a time, perhaps a small one: the clock says how much is left.
pub fn pass(_: Duration) {
    shuttle::thread::yield_now();
}

/// A number that is read and written in two steps: another thread that comes in between is noticed.
#[derive(Debug, Default)]
pub struct Watched {
    number: AtomicU64,
}

impl Watched {
    /// Zero.
    #[must_use]
    pub const fn new() -> Self {
        Self { number: AtomicU64::new(0) }
    }

    /// Adds one, in two steps.
    pub fn increase(&self) {
        let before = self.number.load(Ordering::Relaxed);
        self.number.store(before + 1, Ordering::Relaxed);
    }

    /// The number.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }
}
