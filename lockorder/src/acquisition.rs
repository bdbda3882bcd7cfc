//! What an acquisition has done so far, undone when it panics.
//!
//! An acquisition counts interrupts or preemption off, is listed by the run-time checker, and takes the core. A report of the
//! checker may panic between any two of these steps, and so may a core that refuses a lock which its thread owns. Each step
//! therefore has a value that undoes it on drop, and that is kept from doing so once a guard takes over.

use core::marker::PhantomData;
use core::mem;

use crate::context::Kind;
use crate::level::Class;
use crate::observe;
use crate::platform::Platform;

/// What a kind did to the CPU; undone when it drops.
pub(crate) struct Entered<K: Kind, P: Platform>(PhantomData<(fn(K, P) -> (K, P), *mut ())>);

impl<K: Kind, P: Platform> Entered<K, P> {
    /// Does what the kind demands.
    ///
    /// # Safety
    ///
    /// Until this drops, or until the guard that takes over drops, whoever runs has a token of the kind's inner context at most.
    #[inline]
    pub(crate) unsafe fn enter() -> Self {
        // SAFETY: until this value drops, or the guard that takes over, whoever runs has a token of the inner context at most, as this
        // function asks; that drop is the matching `leave`.
        unsafe { K::enter::<P>() }
        Self(PhantomData)
    }

    /// Takes over from a guard.
    ///
    /// # Safety
    ///
    /// The kind has been entered once on this CPU, by an acquisition that nobody else undoes.
    #[inline]
    pub(crate) const unsafe fn adopt() -> Self {
        Self(PhantomData)
    }

    /// A guard takes over.
    #[inline]
    pub(crate) const fn keep(self) {
        mem::forget(self);
    }
}

impl<K: Kind, P: Platform> Drop for Entered<K, P> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: pairs with the `enter` of this value, or of the acquisition that it was adopted from.
        unsafe { K::leave::<P>() }
    }
}

/// A core that is acquired and has no guard yet; released when it drops.
pub(crate) struct Acquired<'a, R> {
    core: &'a R,
    release: unsafe fn(&R),
}

impl<'a, R> Acquired<'a, R> {
    /// The core has just been acquired.
    ///
    /// # Safety
    ///
    /// This thread holds the core in the way that `release` gives up, and nobody else gives it up.
    #[inline]
    pub(crate) const unsafe fn new(core: &'a R, release: unsafe fn(&R)) -> Self {
        Self { core, release }
    }

    /// A guard takes over.
    #[inline]
    pub(crate) const fn keep(self) {
        mem::forget(self);
    }
}

impl<R> Drop for Acquired<'_, R> {
    fn drop(&mut self) {
        // SAFETY: `new` was told that the core is held this way; a guard that takes over forgets this value.
        unsafe { (self.release)(self.core) }
    }
}

/// A lock that the checker lists as held while its core is waited for; taken off the list when it drops.
pub(crate) struct Listed<L: Class, K: Kind> {
    lock: usize,
    mark: PhantomData<fn(L, K) -> (L, K)>,
}

impl<L: Class, K: Kind> Listed<L, K> {
    /// The lock at this address has just been listed.
    #[inline]
    pub(crate) const fn new(lock: usize) -> Self {
        Self { lock, mark: PhantomData }
    }

    /// The lock is held.
    #[inline]
    pub(crate) const fn keep(self) {
        mem::forget(self);
    }
}

impl<L: Class, K: Kind> Drop for Listed<L, K> {
    #[inline]
    fn drop(&mut self) {
        observe::abandoned::<L, K>(self.lock);
    }
}
