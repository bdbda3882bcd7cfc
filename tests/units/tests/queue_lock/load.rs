//! Many threads for a while: nothing is lost, nobody is left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lockorder::raw::RawLock;
use lockorder::{Platform, QueueSpinLock, with_root};
use unit_tests::classes::{Inner, Outer};
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::line::{FREE, hold, word};
use unit_tests::machine::{Machine, Record, alone, has_interrupts_to_come, interrupts_with};

use crate::{comes_next, core, lines_up};

/// A number behind a lock, for threads.
fn number() -> &'static QueueSpinLock<Outer, u64> {
    Box::leak(Box::new(QueueSpinLock::new(0)))
}

/// The number.
fn value(lock: &QueueSpinLock<Outer, u64>) -> u64 {
    with_root(|mut held| *held.lock(lock))
}

#[test]
fn sixty_four_threads_lose_no_update() {
    let _alone = alone();
    let (lock, mut crew) = (number(), Crew::new());
    for cpu in 0..64 {
        crew.start(format!("CPU {cpu}"), cpu, || {
            (0..50).for_each(|_| with_root(|mut held| *held.lock(lock) += 1));
        });
    }
    crew.join();
    assert_eq!(value(lock), 64 * 50);
}

#[test]
fn a_long_line_is_served_to_its_end_many_times() {
    let _alone = alone();
    let lock = core();
    for _ in 0..5 {
        let mut crew = Crew::new();
        let held = hold(lock);
        comes_next(&mut crew, lock, 0, || ());
        (1..32).for_each(|cpu| drop(lines_up(&mut crew, lock, cpu, || ())));
        drop(held);
        crew.join();
        assert_eq!(word(lock), FREE);
    }
}

#[test]
fn waits_on_top_of_waits_lose_no_update() {
    let _alone = alone();
    let (core, other, mut crew) = (core(), core(), Crew::new());
    let count: &'static AtomicU64 = Box::leak(Box::default());
    for cpu in 0..8 {
        crew.start(format!("CPU {cpu}"), cpu, move || {
            let mut handlers = 0_u64;
            for _ in 0..200 {
                // One at a time: a handler that waits for what the interrupted one waits for would wait for ever.
                if !has_interrupts_to_come() {
                    handlers += 1;
                    interrupts_with(move || {
                        let _held = hold(other);
                        // Not one step, so that two at once would lose one.
                        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                    });
                }
                drop(hold(core));
            }
            // What has not come yet comes now.
            Machine::relax();
            handlers
        });
    }
    let handlers: u64 = crew.join().iter().sum();
    assert!(handlers >= 8);
    assert_eq!(count.load(Ordering::SeqCst), handlers);
    assert_eq!((word(core), word(other)), (FREE, FREE));
}

#[test]
fn those_in_line_and_those_who_barge_lose_no_update() {
    let _alone = alone();
    let (lock, mut crew) = (number(), Crew::new());
    for cpu in 0..8 {
        let record = Record { scarce: (cpu % 2 == 0).into(), ..Record::on_cpu(cpu) };
        crew.start_as(format!("CPU {cpu}"), record, || {
            (0..300).for_each(|_| with_root(|mut held| *held.lock(lock) += 1));
        });
    }
    crew.join();
    assert_eq!(value(lock), 8 * 300);
}

#[test]
fn more_threads_than_nodes_on_one_cpu_lose_no_update() {
    let _alone = alone();
    let (lock, mut crew) = (number(), Crew::new());
    for index in 0..12 {
        crew.start(format!("thread {index} of CPU 5"), 5, || {
            (0..200).for_each(|_| with_root(|mut held| *held.lock(lock) += 1));
        });
    }
    crew.join();
    assert_eq!(value(lock), 12 * 200);
}

#[test]
fn many_locks_share_the_nodes_of_a_cpu() {
    let _alone = alone();
    let locks: &'static [QueueSpinLock<Outer, u64>; 8] =
        Box::leak(Box::new([const { QueueSpinLock::new(0) }; 8]));
    let inner: &'static _ = Box::leak(Box::new(QueueSpinLock::<Inner, u64>::new(0)));
    let mut crew = Crew::new();
    for cpu in 0..8 {
        crew.start(format!("CPU {cpu}"), cpu, move || {
            for round in 0..200 {
                with_root(|mut held| {
                    held.with(&locks[(cpu * 3 + round) % 8], |count, mut held| {
                        *count += 1;
                        *held.lock(inner) += 1;
                    });
                });
            }
        });
    }
    crew.join();
    assert_eq!(locks.iter().map(value).sum::<u64>(), 1600);
    assert_eq!(with_root(|mut held| *held.lock(inner)), 1600);
}

#[test]
fn those_who_only_try_do_not_keep_a_waiter_out() {
    let _alone = alone();
    let (lock, over) = (core(), Arc::new(AtomicBool::new(false)));
    let mut crew = Crew::new();
    for cpu in 0..4 {
        let over = Arc::clone(&over);
        crew.start(format!("CPU {cpu}, which only tries"), cpu, move || {
            until("the test is over", || {
                if lock.try_acquire() {
                    // SAFETY: got just now.
                    #[allow(unsafe_code, reason = "a raw core is unsafe to release; it was got just now")]
                    unsafe {
                        lock.release();
                    }
                }
                over.load(Ordering::SeqCst)
            });
        });
    }
    let mut waiter = Crew::new();
    waiter.start("the waiter", 9, move || (0..200).for_each(|_| drop(hold(lock))));
    waiter.join();
    over.store(true, Ordering::SeqCst);
    crew.join();
}
