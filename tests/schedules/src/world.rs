//! What the copies name besides each other, and the data that the models' locks protect.

use shuttle::sync::atomic::{AtomicU64, Ordering};

pub use lockorder::context;

/// What they name by `crate::platform`.
pub mod platform {
    pub use lockorder::{MAXIMUM_CPUS, Platform};
}

/// What they name by `crate::level`.
pub mod level {
    pub use lockorder::Class;
}

/// What they name by `crate::observe`: nobody looks here.
pub mod observe {
    use lockorder::{Class, Kind};

    /// How a lock is acquired.
    #[derive(Clone, Copy, Debug)]
    pub enum How {
        /// Alone.
        Exclusive,
    }

    /// A wait that nobody counts.
    #[derive(Clone, Copy, Debug)]
    pub struct Waiting;

    impl Waiting {
        /// An attempt.
        pub const NONE: Self = Self;

        /// The lock is held.
        pub fn end<L: Class>(self, _: usize) {}
    }

    /// A lock has been got.
    pub fn got<L: Class, K: Kind>(_: usize, _: How, _: u64) {}

    /// A lock is free.
    pub fn released<L: Class, K: Kind>(_: usize) {}

    /// A lock is acquired again.
    pub fn reacquires<L: Class>() {}
}

lockorder::hierarchy! {
    /// The classes of the models.
    pub hierarchy SCHEDULES;
    /// Files.
    pub level Filesystem = 40 {
        /// What is mounted where.
        pub class Mounts = 0, order = serial;
    }
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
