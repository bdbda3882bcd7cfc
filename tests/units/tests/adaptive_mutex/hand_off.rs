//! From one owner to the next: who may come first, and who is passed by nobody.
//!
//! A woken sleeper is held back before it looks, so that a test decides who comes first.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lockorder::blocking::WaitQueue;
use lockorder::{Root, Task, with_root};
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::machine::{Machine, Record};

use crate::{Mutex, count, falls_asleep, flag, mutex};

/// How often a waiter comes too late at most before nobody passes it any more.
const MOST_LATE: u64 = 8;

/// A waiter that looks only when the test lets it, asleep after its first look.
fn held_back(
    crew: &mut Crew<()>,
    lock: &'static Mutex<u64>,
    then: impl FnOnce(&mut u64) + Send + 'static,
) -> Arc<Record> {
    let record = Record { may_look: 1.into(), ..Record::on_cpu(1) };
    let waiter = crew.start_as("the waiter that is held back", record, move || {
        with_root(|mut held| then(&mut held.lock(lock)));
    });
    until("the waiter sleeps", || count(&waiter.looked) == 1);
    waiter
}

/// Lets a waiter look once more.
fn lets_look(waiter: &Record) {
    waiter.may_look.fetch_add(1, Ordering::SeqCst);
}

/// Takes a free mutex before a waiter that was woken for it, and has that look in vain; false when the mutex is not to be had.
fn comes_too_late(
    held: &mut Root<'_, Task>,
    lock: &'static Mutex<u64>,
    waiter: &Record,
    looked_in_vain: u64,
) -> bool {
    let Some(_guard) = held.try_lock(lock) else { return false };
    lets_look(waiter);
    until("it has come too late again", || count(&waiter.looked) > looked_in_vain + 1);
    true
}

#[test]
fn a_release_wakes_one_sleeper_and_not_all() {
    let (lock, go, mut crew) = (mutex(0), flag(), Crew::new());
    let sleepers: Vec<_> = with_root(|mut held| {
        let guard = held.lock(lock);
        let sleepers = (0..3).map(|index| {
            let sleeper = crew.start(format!("sleeper {index}"), index, move || {
                with_root(|mut held| {
                    let _guard = held.lock(lock);
                    until("the test says go", || go.load(Ordering::SeqCst));
                });
            });
            until("it sleeps", || count(&sleeper.looked) == 1);
            sleeper
        });
        let sleepers = sleepers.collect();
        drop(guard);
        sleepers
    });
    until("one of them has it", || lock.is_held());
    std::thread::sleep(Duration::from_millis(20));
    let looked: Vec<u64> = sleepers.iter().map(|sleeper| count(&sleeper.looked)).collect();
    assert_eq!(looked, [2, 1, 1], "the first to come is woken, and nobody else");
    go.store(true, Ordering::SeqCst);
    crew.join();
}

#[test]
fn who_runs_may_take_a_free_mutex_before_a_woken_sleeper() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    with_root(|mut held| {
        let guard = held.lock(lock);
        let waiter = held_back(&mut crew, lock, |count| *count += 1);
        drop(guard);
        assert!(held.try_lock(lock).is_some(), "a free mutex waits for a thread that does not run");
        lets_look(&waiter);
        waiter.may_look.store(u64::MAX, Ordering::SeqCst);
        crew.join();
    });
}

#[test]
fn a_sleeper_that_came_too_late_often_is_passed_by_nobody() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    let waiter = with_root(|mut held| {
        let guard = held.lock(lock);
        let waiter = held_back(&mut crew, lock, |count| *count += 1);
        drop(guard);
        // Woken by each release, and still held back: whoever runs can come first, until the waiter is the heir.
        let late = (0..MOST_LATE).find(|late| !comes_too_late(&mut held, lock, &waiter, *late));
        assert!(late.is_some(), "the waiter came too late {MOST_LATE} times");
        assert!(!lock.is_held(), "the mutex is kept free for the heir");
        waiter
    });
    waiter.may_look.store(u64::MAX, Ordering::SeqCst);
    crew.join();
    assert!(count(&waiter.looked) > 2);
}

#[test]
fn an_heir_that_gives_up_lets_others_pass() {
    // After how many looks a waiter is the heir is the mutex's business: one of these numbers is that.
    for rounds in 0..MOST_LATE {
        let (lock, mut crew) = (mutex(0), Crew::new());
        let is_over = with_root(|mut held| {
            let guard = held.lock(lock);
            let record = Record { may_look: 1.into(), ..Record::on_cpu(1) };
            let waiter = crew.start_as("the heir that gives up", record, move || {
                with_root(|mut held| held.lock_for(lock, Duration::from_millis(300)).is_some())
            });
            until("the waiter sleeps", || count(&waiter.looked) == 1);
            drop(guard);
            (0..rounds).for_each(|late| assert!(comes_too_late(&mut held, lock, &waiter, late)));
            let guard = held.try_lock(lock);
            waiter.may_look.store(u64::MAX, Ordering::SeqCst);
            let is_heir = guard.is_none();
            assert_eq!(crew.join(), [is_heir], "it gets it, or gives up, as the owner lets it");
            drop(guard);
            assert!(
                held.try_lock(lock).is_some(),
                "kept free for an heir that has gone, after {rounds} rounds"
            );
            is_heir
        });
        if is_over {
            return;
        }
    }
    panic!("the waiter never became the heir");
}

#[test]
fn what_the_last_owner_wrote_is_seen_by_the_next() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    with_root(|mut held| {
        let mut guard = held.lock(lock);
        held_back(&mut crew, lock, |count| {
            assert_eq!(*count, 7);
            *count = 8;
        })
        .may_look
        .store(u64::MAX, Ordering::SeqCst);
        *guard = 7;
        drop(guard);
        crew.join();
        assert_eq!(*held.lock(lock), 8);
    });
}

#[test]
fn the_owner_is_known_and_changes_with_the_hand_off() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    let (owns, go) = (flag(), flag());
    with_root(|mut held| {
        assert_eq!(lock.owner(), None);
        let guard = held.lock(lock);
        let here = lock.owner().expect("this thread");
        let waiter = crew.start("the next owner", 1, move || {
            with_root(|mut held| {
                let _guard = held.lock(lock);
                owns.store(true, Ordering::SeqCst);
                until("the test says go", || go.load(Ordering::SeqCst));
            });
        });
        until("the waiter sleeps", || count(&waiter.looked) >= 1);
        assert_eq!(lock.owner(), Some(here));
        drop(guard);
        until("the waiter has it", || owns.load(Ordering::SeqCst));
        assert_eq!(lock.owner().map(u64::from), Some(count(&waiter.number)));
        go.store(true, Ordering::SeqCst);
    });
    crew.join();
    assert_eq!(lock.owner(), None);
}

#[test]
fn sleepers_are_served_in_the_order_in_which_they_came_when_nobody_passes() {
    let lock: &'static Mutex<Vec<usize>> = Box::leak(Box::new(Mutex::new(Vec::new())));
    let mut crew = Crew::new();
    with_root(|mut held| {
        let guard = held.lock(lock);
        for index in 0..6 {
            let sleeper = crew.start(format!("sleeper {index}"), index, move || {
                with_root(|mut held| held.lock(lock).push(index));
            });
            until("it sleeps", || count(&sleeper.looked) == 1);
        }
        drop(guard);
        crew.join();
        assert_eq!(*held.lock(lock), [0, 1, 2, 3, 4, 5]);
    });
}

#[test]
fn many_sleepers_all_get_it() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    with_root(|mut held| {
        let guard = held.lock(lock);
        (0..10).for_each(|index| drop(falls_asleep(&mut crew, &format!("sleeper {index}"), lock)));
        drop(guard);
        crew.join();
        assert_eq!(*held.lock(lock), 10);
    });
}

#[test]
fn a_waiter_that_gives_up_takes_no_wake_up_with_it() {
    let queue: &'static WaitQueue<Machine> = Box::leak(Box::new(WaitQueue::new()));
    let (last_look, other_sleeps, go, mut crew) = (flag(), flag(), flag(), Crew::new());
    crew.start("the waiter that gives up", 1, move || {
        let mut looks = 0;
        let holds = with_root(|mut held| {
            queue.wait_until_for(&mut held, Duration::from_millis(20), |_| {
                looks += 1;
                if looks == 2 {
                    // Its time is up. Before it has left the queue, somebody is woken: it is the first there.
                    last_look.store(true, Ordering::SeqCst);
                    until("the other one sleeps", || other_sleeps.load(Ordering::SeqCst));
                    go.store(true, Ordering::SeqCst);
                    queue.wake_one();
                }
                false
            })
        });
        assert!(!holds && looks == 2);
    });
    until("the first one looks for the last time", || last_look.load(Ordering::SeqCst));
    let other = crew.start("the other waiter", 2, move || {
        with_root(|mut held| queue.wait_until(&mut held, |_| go.load(Ordering::SeqCst)));
    });
    until("the other one has looked", || count(&other.looked) == 1);
    other_sleeps.store(true, Ordering::SeqCst);
    crew.join();
}
