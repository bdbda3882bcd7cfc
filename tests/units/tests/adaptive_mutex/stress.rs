//! Many threads for a while, in different mixtures.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lockorder::blocking::{Adaptive, Condvar};
use lockorder::host::Host;
use lockorder::{Lock, with_root};
use unit_tests::classes::{HostLock, Inner};
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::machine::{Machine, says_it_runs};

use crate::{Mutex, Sleeper, count, mutex};

/// Runs `body` on so many threads; it is given the thread's number.
fn run(threads: usize, body: impl Fn(usize) + Clone + Send + 'static) {
    let mut crew = Crew::new();
    for index in 0..threads {
        let body = body.clone();
        crew.start(format!("thread {index}"), index, move || body(index));
    }
    crew.join();
}

/// The number that a mutex protects.
fn value(lock: &Mutex<u64>) -> u64 {
    with_root(|mut held| *held.lock(lock))
}

#[test]
fn eight_threads_lose_no_update() {
    let lock = mutex(0);
    run(8, |_| (0..500).for_each(|_| with_root(|mut held| *held.lock(lock) += 1)));
    assert_eq!(value(lock), 4000);
}

#[test]
fn eight_threads_on_the_host_lose_no_update() {
    let lock: &'static _ = Box::leak(Box::new(Lock::<HostLock, Adaptive<Host>, u64>::new(0)));
    run(8, |_| (0..2000).for_each(|_| with_root(|mut held| *held.lock(lock) += 1)));
    assert_eq!(with_root(|mut held| *held.lock(lock)), 16_000);
}

#[test]
fn sixty_four_threads_that_each_come_once_all_get_it() {
    let lock = mutex(0);
    run(64, |_| with_root(|mut held| *held.lock(lock) += 1));
    assert_eq!(value(lock), 64);
}

#[test]
fn waiters_that_give_up_harm_nobody() {
    let (lock, given_up) = (mutex(0), Arc::new(std::sync::atomic::AtomicU64::new(0)));
    let lost = Arc::clone(&given_up);
    run(6, move |index| {
        for _ in 0..100 {
            with_root(|mut held| {
                if index % 2 == 0 {
                    *held.lock(lock) += 1;
                } else if let Some(mut guard) = held.lock_for(lock, Duration::from_micros(50)) {
                    *guard += 1;
                } else {
                    lost.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(value(lock) + count(&given_up), 600);
}

#[test]
fn those_who_only_try_keep_nobody_out() {
    let (lock, over) = (mutex(0), Arc::new(AtomicBool::new(false)));
    let mut crew = Crew::new();
    for index in 0..3 {
        let over = Arc::clone(&over);
        crew.start(format!("trying thread {index}"), index, move || {
            until("the test is over", || {
                with_root(|mut held| drop(held.try_lock(lock)));
                over.load(Ordering::SeqCst)
            });
        });
    }
    run(2, |_| (0..300).for_each(|_| with_root(|mut held| *held.lock(lock) += 1)));
    over.store(true, Ordering::SeqCst);
    crew.join();
    assert_eq!(value(lock), 600);
}

#[test]
fn owners_that_sleep_while_they_own_it_lose_no_update() {
    let lock = mutex(0);
    run(4, |_| {
        for _ in 0..10 {
            with_root(|mut held| {
                let mut guard = held.lock(lock);
                let before = *guard;
                std::thread::sleep(Duration::from_millis(1));
                *guard = before + 1;
            });
        }
    });
    assert_eq!(value(lock), 40);
}

#[test]
fn owners_that_run_and_do_not_run_lose_no_update() {
    let lock = mutex(0);
    run(6, |index| {
        for round in 0..200 {
            with_root(|mut held| {
                let mut guard = held.lock(lock);
                says_it_runs(&unit_tests::machine::record(), (round + index) % 3 != 0);
                *guard += 1;
            });
        }
    });
    assert_eq!(value(lock), 1200);
}

#[test]
fn two_mutexes_inside_of_each_other_lose_no_update() {
    let (outer, inner): (_, &'static _) =
        (mutex(0), Box::leak(Box::new(Lock::<Inner, Adaptive<Machine>, u64>::new(0))));
    run(6, |index| {
        for _ in 0..200 {
            with_root(|mut held| {
                if index % 3 == 0 {
                    *held.lock(inner) += 1;
                } else {
                    held.with(outer, |count, mut held| {
                        *count += 1;
                        *held.lock(inner) += 1;
                    });
                }
            });
        }
    });
    assert_eq!((value(outer), with_root(|mut held| *held.lock(inner))), (800, 1200));
}

#[test]
fn two_threads_take_turns_by_a_condition_variable() {
    let (lock, turned): (_, &'static _) = (mutex(0), Box::leak(Box::new(Condvar::<Machine>::new())));
    run(2, |side| {
        for round in 0..200 {
            with_root(|mut held| {
                let mut turn = held.lock(lock);
                while *turn != 2 * round + side as u64 {
                    let (guard, notified) = turned.wait_for(turn, Duration::from_secs(9));
                    assert!(notified, "a notification was lost");
                    turn = guard;
                }
                *turn += 1;
            });
            turned.notify_all();
        }
    });
    assert_eq!(value(lock), 400);
}

#[test]
fn sections_that_panic_leave_nothing_owned() {
    let lock = mutex(0);
    run(4, |_| {
        for _ in 0..20 {
            let section = || {
                with_root(|mut held| {
                    held.with(lock, |count, _| {
                        *count += 1;
                        std::panic::resume_unwind(Box::new("in the section"));
                    })
                })
            };
            assert!(catch_unwind(AssertUnwindSafe(section)).is_err());
        }
    });
    assert_eq!((value(lock), lock.owner()), (80, None));
}

#[test]
fn a_greedy_thread_leaves_the_others_their_turn() {
    let (lock, over) = (mutex(0), Arc::new(AtomicBool::new(false)));
    let (mut greedy, own) = (Crew::new(), Arc::clone(&over));
    greedy.start("the greedy thread", 0, move || {
        while !own.load(Ordering::SeqCst) {
            with_root(|mut held| *held.lock(lock) += 1);
        }
    });
    run(3, |_| (0..30).for_each(|_| with_root(|mut held| *held.lock(lock) += 1)));
    over.store(true, Ordering::SeqCst);
    greedy.join();
    assert!(value(lock) >= 90);
}

#[test]
fn locks_whose_waiters_never_spin_lose_no_update() {
    let lock: &'static Sleeper<u64> = Box::leak(Box::new(Sleeper::new(0)));
    run(6, |_| (0..300).for_each(|_| with_root(|mut held| *held.lock(lock) += 1)));
    assert_eq!(with_root(|mut held| *held.lock(lock)), 1800);
}
