//! A queue that wakes without a reason, written in safe code, makes two holders of one lock. Source: an attack: `RawWaitQueue` was a safe trait.
//!
//! error[E0200]: the trait `lockorder::blocking::RawWaitQueue` requires an `unsafe impl` declaration
//! fix: wait until the condition holds, and say so in an argument

use lockorder::blocking::{RawWaitQueue, Waiting};
use lockorder::host;

struct Hasty(host::RawWaitQueue);

impl RawWaitQueue for Hasty {
    const INIT: Self = Self(host::RawWaitQueue::INIT);
    unsafe fn wait(&self, waiting: &Waiting, condition: &mut dyn FnMut() -> bool) -> bool {
        let _ = waiting;
        condition()
    }
    fn wake_one(&self) -> bool {
        self.0.wake_one()
    }
    fn wake_all(&self) {
        self.0.wake_all();
    }
    fn others_wait_with(&self, address: usize) -> bool {
        self.0.others_wait_with(address)
    }
    unsafe fn requeue(&self, other: &Self, with: usize) {
        // SAFETY: the caller's.
        unsafe { self.0.requeue(&other.0, with) }
    }
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn main() {
    assert!(Hasty::INIT.is_empty());
}
