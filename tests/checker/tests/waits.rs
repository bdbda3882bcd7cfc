//! Everything that may wait tells the checker, whether it had to wait or not; and what is told goes where it is wanted.
//!
//! Each path forgets a guard first: the token comes back while the lock stays held, which the types do not see. One test is
//! alone in its program, since the library's own checker is one for all threads.

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::thread;

use lockorder::blocking::SerialToken;
use lockorder::checker::{CHECKER, Violation, policy};
use lockorder::host::{Mutex as Sleeping, RwLock, SleepLock};
use lockorder::{
    Lazy, Once, QueueSpinLock, Root, SpinLock, SpinRwLock, SpinSeqLock, Task, hierarchy, with_root,
};

hierarchy! {
    /// The locks of this test.
    hierarchy WAITS;

    /// What is wanted, each in a class of its own.
    level Memory = 20 {
        /// A spin lock.
        class Spins = 0;
        /// A queued one.
        class Queues = 1;
        /// A reader-writer lock.
        class Reads = 3;
        /// A sequence lock.
        class Copies = 4;
        /// Data that is made once.
        class Makes = 5;
        /// The same, when it is needed.
        class Needs = 6;
        /// A mutex.
        class Parks = 7;
        /// A lock for long holds.
        class Sleeps = 8;
        /// A reader-writer lock whose waiters sleep.
        class Shares = 9;
        /// A token, under which a lock is wanted.
        class Serial = 10, order = serial;
    }
    /// What is held.
    level Device = 50 {
        /// A lock that is forgotten.
        class Forgotten = 0;
        /// A mutex that is forgotten, under which others may sleep.
        class ForgottenMutex = 1;
    }
}

static SPINS: SpinLock<Spins, u64> = SpinLock::new(0);
static QUEUES: QueueSpinLock<Queues, u64> = QueueSpinLock::new(0);
static READS: SpinRwLock<Reads, u64> = SpinRwLock::new(0);
static COPIES: SpinSeqLock<Copies, u64> = SpinSeqLock::new(0);
static MAKES: Once<Makes, u64> = Once::new();
static NEEDS: Lazy<Needs, u64> = Lazy::new(|mut held| {
    *held.lock(&INNER) += 1;
    7
});
static PARKS: Sleeping<Parks, u64> = Sleeping::new(0);
static SLEEPS: SleepLock<Sleeps, u64> = SleepLock::new(0);
static SHARES: RwLock<Shares, u64> = RwLock::new(0);
static SERIAL: SerialToken<Serial, u64> = SerialToken::new(0);

/// One of the class that is forgotten, acquired in order.
static INNER: SpinLock<Forgotten, u64> = SpinLock::new(0);
static INNER_MUTEX: Sleeping<ForgottenMutex, u64> = Sleeping::new(0);

/// What was told.
static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn remember(violation: &Violation<'_>) {
    TOLD.lock().expect("nobody panics with it").push(violation.to_string());
}

/// What is told when `path` runs on a thread that holds what it has forgotten.
fn told_by(sleeps: bool, path: impl FnOnce(Root<'_, Task>) + Send) -> String {
    TOLD.lock().expect("nobody panics with it").clear();
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                // New ones each time: they stay held.
                if sleeps {
                    let mutex: &'static _ = Box::leak(Box::new(Sleeping::<ForgottenMutex, ()>::new(())));
                    core::mem::forget(held.lock(mutex));
                } else {
                    let lock: &'static _ = Box::leak(Box::new(SpinLock::<Forgotten, ()>::new(())));
                    core::mem::forget(held.lock(lock));
                }
                path(held);
            });
        });
    });
    TOLD.lock().expect("nobody panics with it").join("\n")
}

/// Everything in its order, by which the checker learns it.
fn in_order(mut held: Root<'_, Task>) {
    held.with(&SPINS, |_, mut held| *held.lock(&INNER) += 1);
    held.with(&QUEUES, |_, mut held| *held.lock(&INNER) += 1);
    let mut reader = held.read(&READS);
    *reader.held().lock(&INNER) += 1;
    drop(reader);
    held.update(&COPIES, |_, mut held| *held.lock(&INNER) += 1);
    assert_eq!(*held.force(&NEEDS), 7);
    let made = held.get_or_init(&MAKES, |mut held| {
        *held.lock(&INNER) += 1;
        3
    });
    assert_eq!(*made, 3);
    held.with(&PARKS, |_, mut held| *held.lock(&INNER_MUTEX) += 1);
    held.with(&SLEEPS, |_, mut held| *held.lock(&INNER_MUTEX) += 1);
    let mut writer = held.write(&SHARES);
    *writer.held().lock(&INNER_MUTEX) += 1;
    drop(writer);
    held.with_serial_token(&SERIAL, |scope| *scope.held().lock(&INNER_MUTEX) += 1);
}

#[test]
fn everything_that_waits_is_checked_and_told_where_it_is_wanted() {
    type Path = (&'static str, bool, fn(Root<'_, Task>));
    CHECKER.set_sink(remember);
    with_root(in_order);
    assert_eq!(CHECKER.counts().violations, 0);
    let paths: [Path; 10] = [
        ("Spins", false, |mut held| *held.lock(&SPINS) += 1),
        ("Queues", false, |mut held| *held.lock(&QUEUES) += 1),
        ("Reads", false, |mut held| assert_eq!(*held.read(&READS), 0)),
        ("Copies", false, |mut held| assert_eq!(held.snapshot(&COPIES), 0)),
        ("Makes", false, |mut held| assert_eq!(held.get(&MAKES), Some(&3))),
        ("Needs", false, |mut held| assert_eq!(*held.force(&NEEDS), 7)),
        ("Parks", true, |mut held| *held.lock(&PARKS) += 1),
        ("Sleeps", true, |mut held| *held.lock(&SLEEPS) += 1),
        ("Shares", true, |mut held| assert_eq!(*held.read(&SHARES), 0)),
        // Waiting for a token closes no circle: whoever waits holds none.
        ("", true, |mut held| held.with_serial_token(&SERIAL, |scope| scope.with(|count, _| *count += 1))),
    ];
    for (class, sleeps, path) in paths {
        let told = told_by(sleeps, path);
        if class.is_empty() {
            assert_eq!(told, "");
        } else {
            assert!(
                told.contains(&format!("acquiring `{class}` while holding `Forgotten")),
                "{class}: {told}"
            );
        }
    }

    // The embedder's choice: nothing but a count, a line, or a panic.
    assert_eq!(CHECKER.counts().violations, 9);
    let again = || {
        CHECKER.forget();
        with_root(in_order);
    };
    again();
    CHECKER.set_sink(policy::count);
    assert_eq!(told_by(false, |mut held| *held.lock(&SPINS) += 1), "");
    assert_eq!(CHECKER.counts().violations, 1);
    again();
    CHECKER.set_sink(policy::log);
    assert_eq!(told_by(false, |mut held| *held.lock(&SPINS) += 1), "");
    assert_eq!(CHECKER.counts().violations, 1);
    again();
    CHECKER.set_sink(policy::panic);
    let panicked = catch_unwind(|| told_by(false, |mut held| *held.lock(&SPINS) += 1));
    assert!(panicked.is_err(), "a panic was chosen");
    assert!(!SPINS.is_held(), "what was wanted was not acquired");
}
