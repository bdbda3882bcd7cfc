//! What the locks tell the run-time checker and the statistics, where there are any; nothing otherwise.

#![cfg_attr(
    not(feature = "checker"),
    allow(clippy::extra_unused_type_parameters, reason = "without the checker nothing is told")
)]

use crate::context::Kind;
use crate::level::Class;

/// How a lock is acquired.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// Alone.
    Exclusive,
    /// With other readers.
    Shared,
}

/// A lock of class `L` and kind `K` at an address is about to be waited for; what the kind does to the CPU is done.
#[inline]
#[cfg_attr(feature = "checker", track_caller)]
pub(crate) fn acquiring<L: Class, K: Kind>(lock: usize, how: How, key: u64) {
    #[cfg(feature = "checker")]
    crate::checker::hooks::acquire::<L, K>(lock, how, false, key, core::panic::Location::caller());
    let _ = (lock, how, key);
}

/// A lock of class `L` and kind `K` may be waited for now, or has been waited for by others: it is checked, and not held.
#[inline]
#[cfg_attr(feature = "checker", track_caller)]
pub(crate) fn might_wait<L: Class, K: Kind>(lock: usize, how: How) {
    #[cfg(feature = "checker")]
    crate::checker::hooks::might_wait::<L, K>(lock, how, core::panic::Location::caller());
    let _ = (lock, how);
}

/// A lock has been got by trying.
#[inline]
#[cfg_attr(feature = "checker", track_caller)]
pub(crate) fn got<L: Class, K: Kind>(lock: usize, how: How, key: u64) {
    #[cfg(feature = "checker")]
    crate::checker::hooks::acquire::<L, K>(lock, how, true, key, core::panic::Location::caller());
    let _ = (lock, how, key);
}

/// A lock is free again; what its kind does to the CPU is not undone yet.
#[inline]
#[cfg_attr(feature = "checker", track_caller)]
pub(crate) fn released<L: Class, K: Kind>(lock: usize) {
    #[cfg(feature = "checker")]
    crate::checker::hooks::release::<L, K>(lock, core::panic::Location::caller());
    let _ = lock;
}

#[cfg(feature = "stats")]
pub(crate) use crate::statistics::{Waiting, reacquires};

#[cfg(not(feature = "stats"))]
pub(crate) use uncounted::{Waiting, reacquires};

#[cfg(not(feature = "stats"))]
#[allow(
    clippy::extra_unused_type_parameters,
    clippy::unused_self,
    reason = "without the statistics nothing is counted"
)]
mod uncounted {
    use super::{Class, Kind};

    /// Stands for a wait that nobody counts.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Waiting;

    impl Waiting {
        /// An attempt does not wait.
        pub(crate) const NONE: Self = Self;

        /// A wait begins, if the lock is taken.
        #[inline]
        pub(crate) fn begin<L: Class, K: Kind>(_: impl FnOnce() -> bool) -> Self {
            Self
        }

        /// The lock is held now.
        #[inline]
        pub(crate) fn end<L: Class>(self, _: usize) {}
    }

    /// A lock that was let go of for a while is to be acquired again.
    #[inline]
    pub(crate) fn reacquires<L: Class>() {}
}
