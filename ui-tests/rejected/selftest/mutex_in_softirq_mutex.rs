//! A lock is waited for where one must not wait like that. Source: lockdep self-test, wait-context, MUTEX_in_SOFTIRQ, MUTEX.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `Atomic` context
//! fix: an interrupt-safe lock, for a short section

use lockorder::host::Mutex;
use lockorder::{Atomic, Root, hierarchy};

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

fn soft_work(mut held: Root<'_, Atomic>) {
    let _first = held.lock(&B);
}

fn main() {
    let _: fn(Root<'_, Atomic>) = soft_work;
}
