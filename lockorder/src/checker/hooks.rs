//! Where the locks tell the checker what they do.
//!
//! Locks come here by `observe`, which is empty without the feature `checker`.

use core::panic::Location;

use super::{CHECKER, ClassId, HeldLocks, Mode, Request, Wait};
use crate::context::Kind;
use crate::level::Class;
use crate::platform::Platform;
use crate::table::ClassInfo;

/// The number of a class of the table; it is added the first time.
pub fn number<L: Class>() -> ClassId {
    number_of(L::INFO)
}

/// The number of a class; it is added the first time.
pub fn number_of(info: &'static ClassInfo) -> ClassId {
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

/// Interrupts that the thread's list counts as off; counted back when it drops, unless a lock has taken over.
struct Masked<'a>(Option<&'a HeldLocks>);

impl<'a> Masked<'a> {
    /// Counts them off where waiting for a lock turns them off.
    fn new(held: &'a HeldLocks, wait: Wait) -> Self {
        let masked = Self::of(held, wait);
        masked.0.inspect(|held| held.interrupts_off());
        masked
    }

    /// Takes over what a lock that was listed has counted off.
    fn of(held: &'a HeldLocks, wait: Wait) -> Self {
        Self((wait == Wait::InterruptsOff).then_some(held))
    }

    /// A lock that is listed has taken over.
    const fn keep(self) {
        core::mem::forget(self);
    }
}

impl Drop for Masked<'_> {
    fn drop(&mut self) {
        if let Some(held) = self.0 {
            held.interrupts_on();
        }
    }
}

/// A lock of class `L` and kind `K` is about to be acquired, or has been got by trying. Where a report panics it is not listed.
#[inline]
pub(crate) fn acquire<L: Class, K: Kind>(
    lock: usize,
    mode: Mode,
    tried: bool,
    key: u64,
    place: &'static Location<'static>,
) {
    let wait = wait::<K>();
    let request = Request { class: number::<L>(), lock, mode, wait, tried, key, place };
    let _ = L::Platform::with_held_locks(|held| {
        let masked = Masked::new(held, wait);
        CHECKER.acquire::<L::Platform>(held, &request);
        masked.keep();
    });
}

/// A lock of class `L` and kind `K` might be waited for.
#[inline]
pub(crate) fn might_wait<L: Class, K: Kind>(lock: usize, mode: Mode, place: &'static Location<'static>) {
    let request =
        Request { class: number::<L>(), lock, mode, wait: wait::<K>(), tried: false, key: 0, place };
    let _ = L::Platform::with_held_locks(|held| CHECKER.might_acquire::<L::Platform>(held, &request));
}

/// A listed lock of class `L` and kind `K` is not held, or is a serialising token that is given back: takes it off the list.
/// Nothing is reported.
pub(crate) fn abandon<L: Class, K: Kind>(lock: usize) {
    let _ = L::Platform::with_held_locks(|held| {
        let _masked = Masked::of(held, wait::<K>());
        held.pop(number::<L>(), lock)
    });
}

/// A serialising token of class `L` is held from now on. It is listed and orders nothing; nothing is reported.
pub(crate) fn list<L: Class>(token: usize, place: &'static Location<'static>) {
    let (mode, wait) = (Mode::Exclusive, Wait::Sleeps);
    let request = Request { class: number::<L>(), lock: token, mode, wait, tried: true, key: 0, place };
    let _ = L::Platform::with_held_locks(|held| CHECKER.list(held, &request));
}

/// A lock of class `L` and kind `K` is free again.
#[inline]
pub(crate) fn release<L: Class, K: Kind>(lock: usize, place: &'static Location<'static>) {
    let _ = L::Platform::with_held_locks(|held| {
        // Counted back also where the release is reported and the report panics.
        let _masked = Masked::of(held, wait::<K>());
        CHECKER.release(held, number::<L>(), lock, place);
    });
}

/// This thread is about to wait for another thread: everything it holds ranks outside of `inside_of`, or it holds nothing.
pub(crate) fn waits_for_a_thread<P: Platform>(
    inside_of: Option<&'static ClassInfo>,
    place: &'static Location<'static>,
) {
    let _ = P::with_held_locks(|held| CHECKER.waits_for_a_thread(held, inside_of, place));
}

/// Interrupts are counted off by a guard that is no lock's.
#[inline]
pub(crate) fn interrupts_off<P: Platform>() {
    let _ = P::with_held_locks(HeldLocks::interrupts_off);
}

/// They are counted back.
#[inline]
pub(crate) fn interrupts_on<P: Platform>() {
    let _ = P::with_held_locks(HeldLocks::interrupts_on);
}
