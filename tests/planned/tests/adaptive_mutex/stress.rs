//! Many threads, many rounds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use lockorder::blocking::Condvar;
use lockorder::with_root;
use planned_tests::counted::{Counted, counts};
use planned_tests::on_threads;

use super::{Mutex, Outer};

/// So many threads add, and lose nothing.
fn nothing_is_lost<const TEST: usize>(threads: usize, rounds: u64, inside: impl Fn(u64) + Sync) {
    let mutex = Mutex::<TEST>::new(0);
    on_threads(threads, |_| {
        with_root(|mut held| {
            for round in 0..rounds {
                held.with(&mutex, |number, _| {
                    let before = *number;
                    inside(round);
                    *number = before + 1;
                });
            }
        });
    });
    assert_eq!(mutex.into_inner(), threads as u64 * rounds);
}

#[test]
fn two_threads() {
    nothing_is_lost::<20>(2, 5000, |_| ());
}

#[test]
fn three_threads() {
    nothing_is_lost::<21>(3, 3000, |_| ());
}

#[test]
fn four_threads() {
    nothing_is_lost::<22>(4, 2000, |_| ());
}

#[test]
fn sixteen_threads() {
    nothing_is_lost::<23>(16, 300, |_| ());
}

#[test]
fn holders_that_give_their_cpu_away() {
    nothing_is_lost::<24>(4, 300, |round| {
        if round % 4 == 0 {
            thread::yield_now();
        }
    });
}

#[test]
fn holders_that_sleep() {
    nothing_is_lost::<25>(4, 20, |_| thread::sleep(Duration::from_micros(100)));
}

#[test]
fn waiters_with_time_limits() {
    let (mutex, got) = (Mutex::<26>::new(0), AtomicU64::new(0));
    on_threads(4, |thread| {
        with_root(|mut held| {
            for round in 0..200 {
                let time = Duration::from_micros((thread as u64 * 37 + round * 11) % 200);
                if let Some(mut number) = held.lock_for(&mutex, time) {
                    *number += 1;
                    got.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    });
    assert!(!mutex.is_held());
    assert_eq!(mutex.into_inner(), got.into_inner());
}

#[test]
fn two_mutexes_one_inside_of_the_other() {
    let (outer, inner) = (Outer::<27>::new(0), Mutex::<27>::new(0));
    on_threads(4, |thread| {
        with_root(|mut held| {
            for _ in 0..500 {
                if thread % 2 == 0 {
                    held.with(&outer, |outer, mut held| {
                        held.with(&inner, |inner, _| {
                            *outer += 1;
                            *inner += 1;
                        });
                    });
                } else {
                    held.with(&inner, |inner, _| *inner += 1);
                }
            }
        });
    });
    assert_eq!((outer.into_inner(), inner.into_inner()), (1000, 2000));
}

#[test]
fn a_queue_between_producers_and_consumers() {
    const EACH: u64 = 300;
    let (items, filled, emptied) = (
        Mutex::<28, Vec<u64>>::new(Vec::new()),
        Condvar::<Counted<28>>::new(),
        Condvar::<Counted<28>>::new(),
    );
    let sum = AtomicU64::new(0);
    on_threads(4, |thread| {
        with_root(|mut held| {
            for item in 0..EACH {
                let mut items = held.lock(&items);
                if thread % 2 == 0 {
                    while items.len() == 3 {
                        items = emptied.wait(items);
                    }
                    items.push(item);
                    drop(items);
                    filled.notify_one();
                } else {
                    while items.is_empty() {
                        items = filled.wait(items);
                    }
                    sum.fetch_add(items.remove(0), Ordering::Relaxed);
                    drop(items);
                    emptied.notify_one();
                }
            }
        });
    });
    assert_eq!(sum.into_inner(), 2 * (EACH * (EACH - 1) / 2));
    assert!(counts::<28>().sleeps.load(Ordering::Relaxed) > 0);
}

#[test]
fn holders_that_panic() {
    let mutex = Mutex::<29>::new(0);
    on_threads(3, |thread| {
        for round in 0..50 {
            let section = || {
                with_root(|mut held| {
                    held.with(&mutex, |number, _| {
                        *number += 1;
                        if (round + thread) % 10 == 0 {
                            std::panic::resume_unwind(Box::new("on purpose"));
                        }
                    });
                });
            };
            let _ = catch_unwind(AssertUnwindSafe(section));
        }
    });
    assert_eq!(mutex.into_inner(), 150);
}
