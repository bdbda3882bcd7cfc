//! How long a waiter spins.

use std::sync::atomic::Ordering;

use lockorder::with_root;
use planned_tests::counted::counts;
use planned_tests::{on_threads, wait_until};

use super::{Mutex, SleepLock};

/// The pauses that a waiter may make before it sleeps: 200 looks of 16 pauses.
const MOST: usize = 200 * 16;

#[test]
fn spinning_is_bounded() {
    static MUTEX: Mutex<40> = Mutex::new(0);
    on_threads(2, |thread| {
        with_root(|mut held| {
            if thread == 0 {
                held.with(&MUTEX, |_, _| {
                    wait_until("the other one sleeps", || counts::<40>().asleep.load(Ordering::SeqCst) == 1);
                    assert!(counts::<40>().pauses.load(Ordering::SeqCst) <= MOST);
                });
            } else {
                wait_until("it is held", || MUTEX.is_held());
                held.with(&MUTEX, |_, _| ());
            }
        });
    });
}

#[test]
fn an_owner_that_stops_running_is_not_spun_for() {
    static MUTEX: Mutex<41> = Mutex::new(0);
    counts::<41>().owners_run.store(false, Ordering::SeqCst);
    on_threads(2, |thread| {
        with_root(|mut held| {
            if thread == 0 {
                held.with(&MUTEX, |_, _| {
                    wait_until("the other one sleeps", || counts::<41>().asleep.load(Ordering::SeqCst) == 1);
                });
            } else {
                wait_until("it is held", || MUTEX.is_held());
                held.with(&MUTEX, |_, _| ());
            }
        });
    });
    assert_eq!(counts::<41>().pauses.load(Ordering::SeqCst), 0);
}

#[test]
fn the_lock_for_long_holds_is_never_spun_for() {
    static LOCK: SleepLock<42> = SleepLock::new(0);
    on_threads(2, |thread| {
        with_root(|mut held| {
            if thread == 0 {
                held.with(&LOCK, |_, _| {
                    wait_until("the other one sleeps", || counts::<42>().asleep.load(Ordering::SeqCst) == 1);
                });
            } else {
                wait_until("it is held", || LOCK.is_held());
                held.with(&LOCK, |_, _| ());
            }
        });
    });
    assert_eq!(counts::<42>().pauses.load(Ordering::SeqCst), 0);
}
