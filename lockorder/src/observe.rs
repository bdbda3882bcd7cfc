//! What the locks tell the run-time checker and the statistics, where there are any; nothing otherwise.

#![cfg_attr(
    not(feature = "checker"),
    allow(clippy::extra_unused_type_parameters, reason = "without the checker nothing is told")
)]

use core::panic::Location;

use crate::context::Kind;
#[cfg(feature = "checker")]
use crate::context::Sleeping;
use crate::level::Class;
use crate::mode::Mode;
use crate::platform::Platform;
use crate::table::ClassInfo;

/// A lock of class `L` and kind `K` at an address is about to be waited for; what the kind does to the CPU is done.
///
/// Where a report panics the lock is not listed as held.
#[inline]
#[cfg_attr(feature = "checker", track_caller)]
pub(crate) fn acquiring<L: Class, K: Kind>(lock: usize, mode: Mode, key: u64) {
    #[cfg(feature = "checker")]
    crate::checker::hooks::acquire::<L, K>(lock, mode, false, key, Location::caller());
    let _ = (lock, mode, key);
}

/// A lock of class `L` and kind `K` may be waited for now, or has been waited for by others: it is checked, and not held.
#[inline]
#[cfg_attr(feature = "checker", track_caller)]
pub(crate) fn might_wait<L: Class, K: Kind>(lock: usize, mode: Mode) {
    #[cfg(feature = "checker")]
    crate::checker::hooks::might_wait::<L, K>(lock, mode, Location::caller());
    let _ = (lock, mode);
}

/// A lock has been got by trying. Where a report panics it is not listed as held.
#[inline]
#[cfg_attr(feature = "checker", track_caller)]
pub(crate) fn got<L: Class, K: Kind>(lock: usize, mode: Mode, key: u64) {
    #[cfg(feature = "checker")]
    crate::checker::hooks::acquire::<L, K>(lock, mode, true, key, Location::caller());
    let _ = (lock, mode, key);
}

/// A listed lock was not got after all, since the wait for it panicked: takes it off the list without a report.
#[inline]
pub(crate) fn abandoned<L: Class, K: Kind>(lock: usize) {
    #[cfg(feature = "checker")]
    crate::checker::hooks::abandon::<L, K>(lock);
    let _ = lock;
}

/// A serialising token is held from now on: it is listed, and orders nothing. Nothing is reported.
#[cfg(feature = "checker")]
#[inline]
#[track_caller]
pub(crate) fn serial_token_taken<L: Class>(token: usize) {
    crate::checker::hooks::list::<L>(token, Location::caller());
    Waiting::NONE.end::<L>(token);
}

/// A serialising token is given back. Nothing is reported.
#[cfg(feature = "checker")]
#[inline]
pub(crate) fn serial_token_given<L: Class>(token: usize) {
    #[cfg(feature = "stats")]
    crate::statistics::released::<L>(token);
    crate::checker::hooks::abandon::<L, Sleeping>(token);
}

/// This thread is about to wait, at a place, for another thread. Everything it holds must rank outside of class `inside_of`, and
/// where that is `None` it must hold nothing; serialising tokens do not count.
#[inline]
pub(crate) fn waits_for_a_thread<P: Platform>(
    inside_of: Option<&'static ClassInfo>,
    place: &'static Location<'static>,
) {
    #[cfg(feature = "checker")]
    crate::checker::hooks::waits_for_a_thread::<P>(inside_of, place);
    let _ = (inside_of, place);
}

/// A lock is free again; what its kind does to the CPU is not undone yet.
#[inline]
#[cfg_attr(feature = "checker", track_caller)]
pub(crate) fn released<L: Class, K: Kind>(lock: usize) {
    #[cfg(feature = "stats")]
    crate::statistics::released::<L>(lock);
    #[cfg(feature = "checker")]
    crate::checker::hooks::release::<L, K>(lock, Location::caller());
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
