//! The adaptive mutex: one file for each planned group.
//!
//! The test's machine says which threads run, holds a sleeper back before it looks, and counts how often each thread spun, slept
//! and looked.

mod hand_off;
mod spin_to_block;
mod stress;
mod tuning;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lockorder::blocking::{Adaptive, Sleep};
use lockorder::{Lock, with_root};
use unit_tests::classes::Outer;
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::machine::{Machine, Record};

/// The mutex under test.
type Mutex<T> = Lock<Outer, Adaptive<Machine>, T>;
/// Its relative whose waiters never spin.
type Sleeper<T> = Lock<Outer, Sleep<Machine>, T>;

/// A free mutex, for threads that may outlive a test that fails.
fn mutex<T: Send>(data: T) -> &'static Mutex<T> {
    Box::leak(Box::new(Mutex::new(data)))
}

/// A flag for several threads.
fn flag() -> &'static AtomicBool {
    Box::leak(Box::new(AtomicBool::new(false)))
}

/// What a thread has counted.
fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::SeqCst)
}

/// Starts a thread that takes the mutex once, and returns when it has looked in its sleep, in vain.
fn falls_asleep(crew: &mut Crew<()>, name: &str, lock: &'static Mutex<u64>) -> Arc<Record> {
    let record = crew.start(name, 1, || with_root(|mut held| *held.lock(lock) += 1));
    until(&format!("{name} sleeps"), || count(&record.looked) >= 1);
    record
}
