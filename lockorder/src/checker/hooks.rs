//! Where the locks tell the checker what they do.
//!
//! Locks come here by `observe`, which is empty without the feature `checker`.

use core::panic::Location;

use super::{CHECKER, ClassId, Mode, Request, Wait};
use crate::context::Kind;
use crate::level::Class;
use crate::observe::How;
use crate::platform::Platform;

/// The level of classes under which nothing is acquired.
pub const LEAF_LEVEL: &str = "Leaf";

/// The number of a class of the table; it is added the first time.
pub fn number<L: Class>() -> ClassId {
    number_of(L::INFO)
}

/// The number of a class; it is added the first time.
pub fn number_of(info: &'static crate::table::ClassInfo) -> ClassId {
    if let Some(number) = info.number.get() {
        return ClassId(number);
    }
    // Two threads may come here at once: one number is then never used.
    let ClassId(number) = CHECKER.add_class(info);
    ClassId(info.number.set(number))
}

/// What waiting for a lock of kind `K` needs.
#[must_use]
pub fn wait<K: Kind>() -> Wait {
    match K::NAME {
        "IrqSafe" => Wait::InterruptsOff,
        "Spinning" => Wait::Spins,
        _ => Wait::Sleeps,
    }
}

/// A lock of class `L` and kind `K` is about to be acquired, or has been got by trying.
#[inline]
pub(crate) fn acquire<L: Class, K: Kind>(
    lock: usize,
    how: How,
    tried: bool,
    key: u64,
    place: &'static Location<'static>,
) {
    let mode = match how {
        How::Exclusive => Mode::Exclusive,
        How::Shared => Mode::Shared,
    };
    let wait = wait::<K>();
    let request = Request { class: number::<L>(), lock, mode, wait, tried, key, place };
    let _ = L::Platform::with_held_locks(|held| {
        if wait == Wait::InterruptsOff {
            held.interrupts_off();
        }
        CHECKER.acquire::<L::Platform>(held, &request);
    });
}

/// A lock of class `L` and kind `K` might be waited for.
#[inline]
pub(crate) fn might_wait<L: Class, K: Kind>(lock: usize, how: How, place: &'static Location<'static>) {
    let mode = match how {
        How::Exclusive => Mode::Exclusive,
        How::Shared => Mode::Shared,
    };
    let request =
        Request { class: number::<L>(), lock, mode, wait: wait::<K>(), tried: false, key: 0, place };
    let _ = L::Platform::with_held_locks(|held| CHECKER.might_acquire::<L::Platform>(held, &request));
}

/// A lock of class `L` and kind `K` is free again.
#[inline]
pub(crate) fn release<L: Class, K: Kind>(lock: usize, place: &'static Location<'static>) {
    let _ = L::Platform::with_held_locks(|held| {
        #[cfg(feature = "stats")]
        crate::statistics::released::<L>(held, lock);
        CHECKER.release(held, number::<L>(), lock, place);
        if wait::<K>() == Wait::InterruptsOff {
            held.interrupts_on();
        }
    });
}

/// Interrupts are counted off by a guard that is no lock's.
#[inline]
pub(crate) fn interrupts_off<P: Platform>() {
    let _ = P::with_held_locks(super::HeldLocks::interrupts_off);
}

/// They are counted back.
#[inline]
pub(crate) fn interrupts_on<P: Platform>() {
    let _ = P::with_held_locks(super::HeldLocks::interrupts_on);
}
