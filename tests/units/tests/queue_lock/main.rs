//! The queued spin lock of four bytes: one file for each planned group.
//!
//! Tests have the machine for themselves, one after the other: they choose CPU numbers, and the nodes belong to CPUs. Waiters
//! arrive one at a time: the next one is started when the lock's word shows the one before.

mod basic;
mod contention;
mod load;
mod numa;
mod recursion;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lockorder::Spinning;
use lockorder::raw::{Queue, RawLock};
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::line::{hold, node, word};
use unit_tests::machine::Record;

/// The core that the tests look into.
type Core = Queue<Spinning>;

/// A free core, for threads that may outlive a test that fails.
fn core() -> &'static Core {
    Box::leak(Box::new(Core::INIT))
}

/// A flag for several threads.
fn flag() -> &'static AtomicBool {
    Box::leak(Box::new(AtomicBool::new(false)))
}

/// Starts a waiter on a CPU that comes right behind the holder, and returns once it stands there.
fn comes_next<T: Send + 'static>(
    crew: &mut Crew<T>,
    lock: &'static Core,
    cpu: usize,
    then: impl FnOnce() -> T + Send + 'static,
) -> Arc<Record> {
    let record = crew.start(format!("the pending waiter on CPU {cpu}"), cpu, move || {
        let _held = hold(lock);
        then()
    });
    until("the waiter stands right behind the holder", || word(lock).pending);
    record
}

/// Starts a waiter on a CPU, and returns once it is the last in line.
fn lines_up<T: Send + 'static>(
    crew: &mut Crew<T>,
    lock: &'static Core,
    cpu: usize,
    then: impl FnOnce() -> T + Send + 'static,
) -> Arc<Record> {
    let record = crew.start(format!("the waiter in line on CPU {cpu}"), cpu, move || {
        let _held = hold(lock);
        then()
    });
    until("the waiter is the last in line", || word(lock).tail == node(cpu, 0));
    record
}

/// Waits for a flag.
fn wait_for(what: &str, flag: &AtomicBool) {
    until(what, || flag.load(Ordering::SeqCst));
}
