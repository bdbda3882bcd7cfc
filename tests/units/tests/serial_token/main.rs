//! Serialising tokens: one file for each planned group.

mod acquire_release;
mod migration;
mod performance;
mod preemption;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lockorder::blocking::{Adaptive, SerialToken};
use lockorder::{Lock, with_root};
use unit_tests::classes::{Mounts, Outer};
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::machine::{Machine, Record};

/// A lock whose waiters sleep, which makes a thread with tokens block.
type Blocker = Lock<Outer, Adaptive<Machine>, ()>;

/// A free token, for threads that may outlive a test that fails.
fn token<T: Send + Sync>(data: T) -> &'static SerialToken<Mounts, T> {
    Box::leak(Box::new(SerialToken::new(data)))
}

/// A free lock to block on.
fn blocker() -> &'static Blocker {
    Box::leak(Box::new(Blocker::new(())))
}

/// A flag for several threads.
fn flag() -> &'static AtomicBool {
    Box::leak(Box::new(AtomicBool::new(false)))
}

/// What a thread has counted.
fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::SeqCst)
}

/// Puts a flag up.
fn raise(flag: &AtomicBool) {
    flag.store(true, Ordering::SeqCst);
}

/// Waits for a flag.
fn wait_for(what: &str, flag: &AtomicBool) {
    until(what, || flag.load(Ordering::SeqCst));
}

/// Starts a thread that holds a token until the flag is up; returns when it has it.
fn holds_until(
    crew: &mut Crew<()>,
    token: &'static SerialToken<Mounts, u64>,
    leave: &'static AtomicBool,
) -> Arc<Record> {
    let has = flag();
    let record = crew.start("the holder", 1, move || {
        with_root(|mut held| {
            held.with_serial_token(token, |_| {
                raise(has);
                wait_for("the test says go", leave);
            });
        });
    });
    wait_for("the holder has the token", has);
    record
}

/// Runs `meanwhile` while a thread that holds a token blocks on a lock; the thread runs `before` with the token, and `after`
/// when it runs on. Gives the thread's record.
fn while_it_blocks(
    token: &'static SerialToken<Mounts, u64>,
    before: impl FnOnce(&mut u64) + Send + 'static,
    meanwhile: impl FnOnce(&Record),
    after: impl FnOnce(&mut u64) + Send + 'static,
) -> Arc<Record> {
    let (lock, mut crew) = (blocker(), Crew::new());
    let record = with_root(|mut held| {
        let guard = held.lock(lock);
        let record = crew.start("the thread that blocks", 1, move || {
            with_root(|mut held| {
                held.with_serial_token(token, |scope| {
                    scope.with(|data, _| before(data));
                    scope.held().with(lock, |(), _| ());
                    assert!(token.is_held_here(), "it runs on without its token");
                    scope.with(|data, _| after(data));
                });
            });
        });
        until("the thread blocks", || count(&record.looked) >= 1);
        meanwhile(&record);
        drop(guard);
        record
    });
    crew.join();
    record
}

/// Holds the token on another thread for a moment, and says whether it was free.
fn was_free(token: &'static SerialToken<Mounts, u64>) -> bool {
    let mut crew = Crew::new();
    crew.start("the one who tries", 2, || {
        with_root(|mut held| held.try_with_serial_token(token, |_| ()).is_some())
    });
    crew.join() == [true]
}
