//! A lock is waited for where one must not wait like that. Source: lockdep self-test, wait-context, MUTEX_in_RCU_SCHED, MUTEX.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `Atomic` context
//! fix: an interrupt-safe lock, for a short section

use lockorder::host::{Host, Mutex};
use lockorder::{Root, Task, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// What they protect.
    level Device = 50 {
        /// Protects its part.
        class ClassA = 0;
        /// Protects its part.
        class ClassB = 1;
    }
}

static B: Mutex<ClassB, ()> = Mutex::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut off = held.no_preempt::<Host>();
    let mut held = off.held();
    let _first = held.lock(&B);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
}
