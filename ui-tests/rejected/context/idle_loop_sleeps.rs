//! The idle loop acquires a lock that sleeps; it is what runs when everything sleeps. Source: the hierarchy's rule.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `Atomic` context
//! fix: take the lock only if it is free, with a core that spins

use lockorder::host::Parking;
use lockorder::{Atomic, Lock, Root, entry_point as entry, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Scheduler = 10 {
        class Deferred = 5;
    }
}

/// Guards work for quiet times.
type WorkLock<L, T> = Lock<L, Parking, T>;

static WORK: WorkLock<Deferred, Vec<fn()>> = WorkLock::new(Vec::new());

/// What a CPU runs when nothing else does.
///
/// # Safety
///
/// Called once on each CPU, at the end of its start-up.
#[unsafe(no_mangle)]
#[entry(idle)]
unsafe extern "C" fn idle(held: Root<'_, Atomic>) {
    let mut held = held;
    let work = held.lock(&WORK).pop();
    work.inspect(|work| work());
}

fn main() {}
