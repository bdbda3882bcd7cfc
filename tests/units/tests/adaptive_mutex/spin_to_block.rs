//! When a waiter spins, and when it sleeps.

use std::sync::atomic::Ordering;
use std::time::Duration;

use lockorder::with_root;
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::machine::{interrupts_with, record, says_it_runs};

use crate::{count, falls_asleep, flag, mutex};

#[test]
fn a_free_mutex_is_taken_without_spinning_or_sleeping() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    let taker = crew.start("the taker", 1, || {
        (0..100).for_each(|_| with_root(|mut held| *held.lock(lock) += 1));
    });
    crew.join();
    assert_eq!((count(&taker.relaxed), count(&taker.slept)), (0, 0));
}

#[test]
fn a_waiter_spins_before_it_sleeps_while_the_owner_runs() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    with_root(|mut held| {
        let guard = held.lock(lock);
        let waiter = falls_asleep(&mut crew, "the waiter", lock);
        assert!(count(&waiter.relaxed) > 0, "it slept at once, though the owner runs");
        drop(guard);
    });
    crew.join();
}

#[test]
fn a_waiter_gets_a_mutex_that_is_freed_while_it_spins_and_never_sleeps() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    let spins = flag();
    with_root(|mut held| {
        let guard = held.lock(lock);
        let waiter = crew.start("the waiter", 1, move || {
            interrupts_with(move || {
                spins.store(true, Ordering::SeqCst);
                until("the owner frees it", || !lock.is_held());
            });
            with_root(|mut held| *held.lock(lock) += 1);
        });
        until("the waiter spins", || spins.load(Ordering::SeqCst));
        drop(guard);
        crew.join();
        assert_eq!(count(&waiter.slept), 0);
    });
}

#[test]
fn a_waiter_sleeps_at_once_when_the_owner_does_not_run() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    let (owns, leave) = (flag(), flag());
    let owner = crew.start("the owner", 1, move || {
        with_root(|mut held| {
            let _guard = held.lock(lock);
            owns.store(true, Ordering::SeqCst);
            until("the test says go", || leave.load(Ordering::SeqCst));
        });
    });
    until("the owner has it", || owns.load(Ordering::SeqCst));
    says_it_runs(&owner, false);
    let waiter = falls_asleep(&mut crew, "the waiter", lock);
    assert_eq!(count(&waiter.relaxed), 0, "it spins for a thread that does not run");
    leave.store(true, Ordering::SeqCst);
    crew.join();
}

#[test]
fn a_waiter_stops_spinning_when_the_owner_stops_running() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    let (owns, leave) = (flag(), flag());
    let owner = crew.start("the owner", 1, move || {
        with_root(|mut held| {
            let _guard = held.lock(lock);
            owns.store(true, Ordering::SeqCst);
            until("the test says go", || leave.load(Ordering::SeqCst));
        });
    });
    until("the owner has it", || owns.load(Ordering::SeqCst));
    let waiter = crew.start("the waiter", 2, move || {
        interrupts_with(move || says_it_runs(&owner, false));
        with_root(|mut held| *held.lock(lock) += 1);
    });
    until("the waiter sleeps", || count(&waiter.looked) >= 1);
    let spun = count(&waiter.relaxed);
    assert!((1..64).contains(&spun), "it spun {spun} times, of which all but a few were in vain");
    leave.store(true, Ordering::SeqCst);
    crew.join();
}

#[test]
fn a_waiter_whose_owner_runs_on_and_on_sleeps_in_the_end() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    with_root(|mut held| {
        let guard = held.lock(lock);
        let waiter = falls_asleep(&mut crew, "the waiter", lock);
        let spun = count(&waiter.relaxed);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(count(&waiter.relaxed), spun, "it spins in its sleep");
        drop(guard);
    });
    crew.join();
}

#[test]
fn a_sleeper_is_woken_by_the_release() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    with_root(|mut held| {
        let guard = held.lock(lock);
        falls_asleep(&mut crew, "the waiter", lock);
        drop(guard);
        crew.join();
        assert_eq!(*held.lock(lock), 1);
    });
}

#[test]
fn trying_neither_spins_nor_sleeps() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    with_root(|mut held| {
        let _guard = held.lock(lock);
        let other = crew.start("the one who tries", 1, || {
            with_root(|mut held| assert!(held.try_lock(lock).is_none()));
        });
        crew.join();
        assert_eq!((count(&other.relaxed), count(&other.slept)), (0, 0));
    });
}

#[test]
fn a_limited_wait_gives_up_and_says_so() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    with_root(|mut held| {
        let _guard = held.lock(lock);
        let waiter = crew.start("the impatient waiter", 1, || {
            with_root(|mut held| assert!(held.lock_for(lock, Duration::from_millis(5)).is_none()));
        });
        crew.join();
        assert!(count(&waiter.slept) == 1 && lock.is_held());
    });
}

#[test]
fn a_limited_wait_gets_what_is_freed_in_time() {
    let (lock, mut crew) = (mutex(0), Crew::new());
    with_root(|mut held| {
        let guard = held.lock(lock);
        let waiter = crew.start("the patient waiter", 1, || {
            with_root(|mut held| *held.lock_for(lock, Duration::from_secs(9)).expect("it comes free") += 1);
        });
        until("the waiter sleeps", || count(&waiter.looked) >= 1);
        drop(guard);
        crew.join();
    });
}

#[test]
fn a_thread_that_wants_what_it_owns_is_told_instead_of_waiting_for_ever() {
    use lockorder::raw::RawLock;
    let mut crew = Crew::new();
    crew.start("the thread that asks twice", 1, || {
        let core = lockorder::blocking::Adaptive::<unit_tests::machine::Machine>::INIT;
        // SAFETY: this thread holds nothing else; the second wait is the bug that is looked for, and panics.
        let acquire = || unsafe { core.acquire::<unit_tests::machine::Machine>() };
        acquire();
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(acquire)).is_err());
        assert_eq!(count(&record().slept), 0);
    });
    crew.join();
}
