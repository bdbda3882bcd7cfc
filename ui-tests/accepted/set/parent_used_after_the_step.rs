//! The parent's data is used after a step has released it. Source: the hierarchy's rule.
//!
//! accepted: used before the step

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Scheduler = 10 {
        class Process = 2, order = tree;
    }
}

static INIT: SpinLock<Process, u32> = SpinLock::new(1);
static SHELL: SpinLock<Process, u32> = SpinLock::new(2);

fn main() {
    with_root(|mut held| {
        let parent = held.lock(&INIT);
        println!("{}", *parent);
        let child = parent.step(&SHELL);
        assert!(child.is_ok());
    });
}
