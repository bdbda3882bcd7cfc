//! The mutex of hosts: exclusion, sleeping, time limits, fairness enough that nobody starves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lockorder::host::{Condvar, Mutex};
use lockorder::{hierarchy, with_root};

hierarchy! {
    /// Classes for these tests.
    hierarchy PARKING;
    /// Files.
    level Filesystem = 40 {
        /// A directory.
        class Directory = 1;
        /// A file.
        class Inode = 3;
    }
}

/// No test may take longer.
const DEADLINE: Duration = Duration::from_mins(1);

#[test]
fn no_update_is_lost() {
    const ROUNDS: u64 = 20_000;
    let count = Mutex::<Inode, u64>::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                with_root(|mut held| {
                    for _ in 0..ROUNDS {
                        held.with(&count, |count, _| *count += 1);
                    }
                });
            });
        }
    });
    assert_eq!(count.into_inner(), 8 * ROUNDS);
}

#[test]
fn a_waiter_sleeps_until_the_lock_is_free() {
    let lock = Mutex::<Inode, ()>::new(());
    let began = Instant::now();
    let ready = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with(&lock, |(), _| {
                    ready.store(true, Ordering::Release);
                    thread::sleep(Duration::from_millis(50));
                });
            });
        });
        while !ready.load(Ordering::Acquire) {
            assert!(began.elapsed() < DEADLINE);
            thread::yield_now();
        }
        with_root(|mut held| {
            assert!(held.try_lock(&lock).is_none());
            assert!(held.lock_for(&lock, Duration::from_millis(5)).is_none(), "it is held for longer");
            assert!(held.lock_for(&lock, DEADLINE).is_some());
        });
    });
    assert!(!lock.is_held());
}

#[test]
fn nobody_starves() {
    let lock = Mutex::<Inode, u64>::new(0);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                with_root(|mut held| {
                    while !stop.load(Ordering::Relaxed) {
                        held.with(&lock, |count, _| *count += 1);
                    }
                });
            });
        }
        with_root(|mut held| {
            for _ in 0..20 {
                assert!(held.lock_for(&lock, DEADLINE).is_some());
            }
        });
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_condition_is_waited_for_with_an_outer_mutex_released_in_between() {
    let (lock, filled) = (Mutex::<Inode, Option<u32>>::new(None), Condvar::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with(&lock, |item, _| *item = Some(7));
                filled.notify_one();
            });
        });
        with_root(|mut held| {
            let mut item = held.lock(&lock);
            while item.is_none() {
                item = filled.wait(item);
            }
            assert_eq!(item.take(), Some(7));
        });
    });
}

#[test]
fn a_sleeping_lock_is_acquired_inside_of_another_one() {
    let (directory, inode) = (Mutex::<Directory, u32>::new(1), Mutex::<Inode, u32>::new(2));
    with_root(|mut held| {
        held.with(&directory, |entries, mut held| {
            held.with(&inode, |size, _| *entries += *size);
        });
        assert_eq!(*held.lock(&directory), 3);
    });
}
