//! A lock that is broken on purpose, for the torture to catch.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use lockorder::context::Spinning;
use lockorder::{Platform, RawLock, WaitsOn};

/// A core that lets a second one in now and then.
#[derive(Debug)]
pub(super) struct Busted {
    held: AtomicBool,
    tries: AtomicU32,
}

// Its waiters spin.
impl<P: Platform> WaitsOn<P> for Busted {}

// SAFETY: it keeps no promise, which is its purpose: what stands behind it is nothing.
#[allow(unsafe_code, reason = "a torture needs something to catch")]
unsafe impl RawLock for Busted {
    type Kind = Spinning;
    const INIT: Self = Self { held: AtomicBool::new(false), tries: AtomicU32::new(0) };

    unsafe fn acquire<P: Platform>(&self) {
        while !self.try_acquire() {
            P::relax();
        }
    }

    fn try_acquire(&self) -> bool {
        !self.held.swap(true, Ordering::Acquire) || self.tries.fetch_add(1, Ordering::Relaxed) % 16 == 15
    }

    unsafe fn release(&self) {
        self.held.store(false, Ordering::Release);
    }

    fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }
}
