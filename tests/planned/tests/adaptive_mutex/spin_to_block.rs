//! From spinning to blocking.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use lockorder::with_root;
use planned_tests::counted::counts;
use planned_tests::{DEADLINE, wait_until};

use super::Mutex;

/// Holds a mutex until `until` says so, while `meanwhile` runs on another thread.
fn held_while<const TEST: usize>(
    mutex: &Mutex<TEST>,
    until: impl Fn() -> bool + Sync,
    meanwhile: impl FnOnce() + Send,
) {
    let held_now = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with(mutex, |_, _| {
                    held_now.store(true, Ordering::SeqCst);
                    wait_until("the holder may go", &until);
                });
            });
        });
        wait_until("the mutex is held", || held_now.load(Ordering::SeqCst));
        meanwhile();
    });
}

#[test]
fn a_free_mutex_is_taken_without_waiting() {
    static MUTEX: Mutex<0> = Mutex::new(0);
    with_root(|mut held| (0..100).for_each(|_| held.with(&MUTEX, |number, _| *number += 1)));
    assert_eq!(
        [&counts::<0>().pauses, &counts::<0>().sleeps].map(|count| count.load(Ordering::SeqCst)),
        [0, 0]
    );
}

#[test]
fn a_waiter_spins_while_the_owner_runs() {
    static MUTEX: Mutex<1> = Mutex::new(0);
    held_while(
        &MUTEX,
        || counts::<1>().asleep.load(Ordering::SeqCst) > 0,
        || {
            with_root(|mut held| held.with(&MUTEX, |number, _| *number += 1));
        },
    );
    assert!(counts::<1>().pauses.load(Ordering::SeqCst) > 0);
}

#[test]
fn a_waiter_sleeps_at_once_when_the_owner_does_not_run() {
    static MUTEX: Mutex<2> = Mutex::new(0);
    counts::<2>().owners_run.store(false, Ordering::SeqCst);
    held_while(
        &MUTEX,
        || counts::<2>().asleep.load(Ordering::SeqCst) > 0,
        || {
            with_root(|mut held| held.with(&MUTEX, |number, _| *number += 1));
        },
    );
    assert_eq!(counts::<2>().pauses.load(Ordering::SeqCst), 0, "it has spun for an owner that does not run");
    assert!(counts::<2>().sleeps.load(Ordering::SeqCst) > 0);
}

#[test]
fn a_waiter_sleeps_when_spinning_has_taken_long() {
    static MUTEX: Mutex<3> = Mutex::new(0);
    held_while(
        &MUTEX,
        || counts::<3>().asleep.load(Ordering::SeqCst) > 0,
        || {
            with_root(|mut held| held.with(&MUTEX, |number, _| *number += 1));
        },
    );
    assert!(counts::<3>().sleeps.load(Ordering::SeqCst) > 0, "it has spun for ever");
}

#[test]
fn trying_neither_spins_nor_sleeps() {
    static MUTEX: Mutex<4> = Mutex::new(0);
    let tried = AtomicBool::new(false);
    held_while(
        &MUTEX,
        || tried.load(Ordering::SeqCst),
        || {
            with_root(|mut held| assert!(held.try_lock(&MUTEX).is_none()));
            tried.store(true, Ordering::SeqCst);
        },
    );
    assert_eq!(
        [&counts::<4>().pauses, &counts::<4>().sleeps].map(|count| count.load(Ordering::SeqCst)),
        [0, 0]
    );
}

#[test]
fn a_waiter_with_a_time_limit_gives_up() {
    static MUTEX: Mutex<5> = Mutex::new(0);
    let given_up = AtomicBool::new(false);
    held_while(
        &MUTEX,
        || given_up.load(Ordering::SeqCst),
        || {
            with_root(|mut held| assert!(held.lock_for(&MUTEX, Duration::from_millis(5)).is_none()));
            given_up.store(true, Ordering::SeqCst);
        },
    );
    assert_eq!(counts::<5>().asleep.load(Ordering::SeqCst), 0, "it stands in the queue still");
}

#[test]
fn a_waiter_with_a_time_limit_gets_it_in_time() {
    static MUTEX: Mutex<6> = Mutex::new(0);
    held_while(
        &MUTEX,
        || counts::<6>().asleep.load(Ordering::SeqCst) > 0,
        || {
            with_root(|mut held| assert!(held.lock_for(&MUTEX, DEADLINE).is_some()));
        },
    );
    assert!(!MUTEX.is_held());
}

#[test]
fn whoever_was_woken_owns_it() {
    static MUTEX: Mutex<7> = Mutex::new(0);
    held_while(
        &MUTEX,
        || counts::<7>().asleep.load(Ordering::SeqCst) > 0,
        || {
            with_root(|mut held| {
                use lockorder::blocking::Blocking;
                held.with(&MUTEX, |_, _| assert_eq!(MUTEX.owner(), Some(lockorder::host::Host::thread())));
            });
        },
    );
    assert_eq!(MUTEX.owner(), None);
}
