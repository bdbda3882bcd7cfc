//! From one owner to the next.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use lockorder::with_root;
use planned_tests::counted::counts;
use planned_tests::{on_threads, wait_until};

use super::Mutex;

#[test]
fn a_release_without_waiters_wakes_nobody() {
    static MUTEX: Mutex<10> = Mutex::new(0);
    with_root(|mut held| (0..100).for_each(|_| held.with(&MUTEX, |number, _| *number += 1)));
    assert_eq!(counts::<10>().woken.load(Ordering::SeqCst), 0);
}

#[test]
fn a_release_wakes_one_and_not_all() {
    static MUTEX: Mutex<11> = Mutex::new(0);
    counts::<11>().owners_run.store(false, Ordering::SeqCst);
    on_threads(4, |thread| {
        with_root(|mut held| {
            if thread == 0 {
                held.with(&MUTEX, |_, _| {
                    wait_until("three sleep", || counts::<11>().asleep.load(Ordering::SeqCst) == 3);
                });
            } else {
                wait_until("it is held", || MUTEX.is_held());
                held.with(&MUTEX, |number, _| {
                    *number += 1;
                    let asleep = counts::<11>().asleep.load(Ordering::SeqCst);
                    assert!(
                        asleep + usize::try_from(*number).unwrap() >= 3,
                        "more were woken than could go on"
                    );
                });
            }
        });
    });
}

#[test]
fn every_waiter_gets_its_turn() {
    static MUTEX: Mutex<12> = Mutex::new(0);
    on_threads(6, |_| with_root(|mut held| held.with(&MUTEX, |number, _| *number += 1)));
    with_root(|mut held| held.with(&MUTEX, |number, _| assert_eq!(*number, 6)));
}

#[test]
fn nobody_is_passed_for_ever() {
    static MUTEX: Mutex<13> = Mutex::new(0);
    let (stop, turns) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                with_root(|mut held| {
                    while !stop.load(Ordering::Relaxed) {
                        held.with(&MUTEX, |number, _| *number += 1);
                    }
                });
            });
        }
        scope.spawn(|| {
            with_root(|mut held| {
                for _ in 0..50 {
                    held.with(&MUTEX, |number, _| *number += 1);
                    turns.fetch_add(1, Ordering::SeqCst);
                }
            });
        });
        wait_until("the third has had fifty turns", || turns.load(Ordering::SeqCst) == 50);
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_waiter_that_has_given_up_is_not_waited_for() {
    static MUTEX: Mutex<14> = Mutex::new(0);
    let given_up = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with(&MUTEX, |_, _| {
                    wait_until("the other has given up", || given_up.load(Ordering::SeqCst));
                });
                // Whoever has given up may have been next: nobody is, now.
                (0..20).for_each(|_| held.with(&MUTEX, |number, _| *number += 1));
            });
        });
        wait_until("it is held", || MUTEX.is_held());
        with_root(|mut held| {
            for _ in 0..8 {
                assert!(held.lock_for(&MUTEX, std::time::Duration::from_millis(1)).is_none());
            }
        });
        given_up.store(true, Ordering::SeqCst);
    });
    with_root(|mut held| held.with(&MUTEX, |number, _| assert_eq!(*number, 20)));
}
