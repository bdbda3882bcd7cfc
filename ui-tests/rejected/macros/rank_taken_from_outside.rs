//! A class outside of its level's braces takes a rank that is used. Source: the hierarchy's rule.
//!
//! error: minor number 1 of `Device` is taken by `Controller`: a rank is used once
//! fix: give it a rank of its own

use lockorder::{SpinLock, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Device = 50 {
        class Controller = 1;
    }
    class Queue in Device = 1;
}

static CONTROLLER: SpinLock<Controller, u64> = SpinLock::new(0);
static QUEUE: SpinLock<Queue, Vec<u64>> = SpinLock::new(Vec::new());

fn main() {
    assert!(!CONTROLLER.is_held() && !QUEUE.is_held());
}
