//! Several threads want it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use lockorder::RawLock;
use planned_tests::numbered::be_on;
use planned_tests::{on_threads, wait_until};

use super::{Guarded, nothing_is_lost};

#[test]
fn two_threads_lose_nothing() {
    nothing_is_lost(2, 2000, |thread| thread);
}

#[test]
fn three_threads_lose_nothing() {
    nothing_is_lost(3, 700, |thread| thread);
}

#[test]
fn four_threads_lose_nothing() {
    nothing_is_lost(4, 400, |thread| thread);
}

#[test]
fn eight_threads_lose_nothing() {
    nothing_is_lost(8, 100, |thread| thread);
}

#[test]
fn whoever_stands_in_line_gets_in() {
    let (guarded, arrived) = (Guarded::new(), AtomicUsize::new(0));
    on_threads(5, |thread| {
        be_on(thread);
        if thread == 0 {
            guarded.with(|_| wait_until("the others have come", || arrived.load(Ordering::SeqCst) == 4));
        } else {
            wait_until("it is held", || guarded.core.is_held() || arrived.load(Ordering::SeqCst) > 0);
            arrived.fetch_add(1, Ordering::SeqCst);
            guarded.with(|number| *number += 1);
        }
    });
    assert_eq!(guarded.with(|number| *number), 4);
}

#[test]
fn they_come_in_the_order_in_which_they_stand() {
    let (guarded, order) = (Guarded::new(), Mutex::new(Vec::new()));
    let tail = || format!("{:?}", guarded.core);
    // What is seen of the line when so many wait: each that comes changes it.
    let seen = Mutex::new(Vec::new());
    on_threads(4, |thread| {
        be_on(thread);
        if thread == 0 {
            guarded.with(|_| wait_until("three wait", || seen.lock().unwrap().len() == 3));
        } else {
            wait_until("it is this one's turn to come", || {
                guarded.core.is_held() && seen.lock().unwrap().len() == thread - 1
            });
            let before = tail();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    wait_until("it stands in line", || tail() != before);
                    seen.lock().unwrap().push(thread);
                });
                guarded.with(|_| order.lock().unwrap().push(thread));
            });
        }
    });
    assert_eq!(*order.lock().unwrap(), [1, 2, 3]);
}

#[test]
fn who_only_tries_is_not_in_the_way() {
    let (guarded, got) = (Guarded::new(), AtomicUsize::new(0));
    on_threads(3, |thread| {
        be_on(thread);
        for _ in 0..300 {
            if thread == 2 {
                let more = guarded.try_with(|number| *number += 1).is_some();
                got.fetch_add(usize::from(more), Ordering::Relaxed);
            } else {
                guarded.with(|number| *number += 1);
            }
        }
    });
    assert_eq!(guarded.with(|number| *number), 600 + got.load(Ordering::Relaxed) as u64);
}

#[test]
fn two_locks_are_wanted_at_once() {
    let locks = [const { Guarded::new() }; 2];
    on_threads(4, |thread| {
        be_on(thread);
        for round in 0..300 {
            locks[(thread + round) % 2].with(|number| *number += 1);
        }
    });
    assert_eq!(locks.iter().map(|lock| lock.with(|number| *number)).sum::<u64>(), 1200);
}
