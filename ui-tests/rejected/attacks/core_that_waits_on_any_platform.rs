//! A core whose waiters sleep on one platform says, in safe code, that they wait on another: a thread keeps that one's tokens. Source: an attack: `WaitsOn` was a safe trait.
//!
//! error[E0200]: the trait `WaitsOn<P>` requires an `unsafe impl` declaration
//! fix: promise it for the platform whose tokens the waiters give back

use lockorder::host::{Host, Parking};
use lockorder::{Platform, RawLock, Sleeping, WaitsOn};

struct Anywhere(Parking);

// SAFETY: the host's core does it all.
unsafe impl RawLock for Anywhere {
    type Kind = Sleeping;
    const INIT: Self = Self(Parking::INIT);
    unsafe fn acquire<P: Platform>(&self) {
        // SAFETY: the caller's.
        unsafe { self.0.acquire::<P>() }
    }
    fn try_acquire(&self) -> bool {
        self.0.try_acquire()
    }
    unsafe fn release(&self) {
        // SAFETY: the caller's.
        unsafe { self.0.release() }
    }
    fn is_held(&self) -> bool {
        self.0.is_held()
    }
}

impl<P: Platform> WaitsOn<P> for Anywhere {}

fn main() {
    fn waits_on<R: WaitsOn<Host>>(_: &R) {}
    waits_on(&Anywhere::INIT);
}
