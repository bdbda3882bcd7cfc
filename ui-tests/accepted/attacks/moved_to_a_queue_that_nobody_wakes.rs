//! A core whose releases wake nobody says, in safe code, that notified threads can be moved to it: they wait for ever. Source: an attack: `Requeues` was a safe trait.
//!
//! accepted: the queue is the one that the core's releases wake

use lockorder::blocking::{Adaptive, Requeues};
use lockorder::host::{Host, RawWaitQueue};
use lockorder::{Platform, RawLock, Sleeping};

struct Wrapped(Adaptive<Host>);

// SAFETY: the library's core does it all.
unsafe impl RawLock for Wrapped {
    type Kind = Sleeping;
    const INIT: Self = Self(Adaptive::INIT);
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

// SAFETY: the queue is the core's, whose releases wake one of it.
unsafe impl Requeues<Host> for Wrapped {
    fn waiters(&self) -> &RawWaitQueue {
        self.0.waiters()
    }
}

fn main() {
    fn requeues<R: Requeues<Host>>(core: &R) {
        let _ = core.waiters();
    }
    requeues(&Wrapped::INIT);
}
