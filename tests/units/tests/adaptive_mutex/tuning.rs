//! What is bounded: spinning, looks, and what a free mutex costs. By counts and by ratios.

use std::time::Duration;

use lockorder::blocking::Adaptive;
use lockorder::host::{Host, Mutex as HostMutex};
use lockorder::{Lock, with_root};
use unit_tests::classes::HostLock;
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::measure::ratio;

use crate::{Sleeper, count, falls_asleep, mutex};

/// How often a waiter may spin before it sleeps, generously.
const MOST_SPINS: u64 = 10_000;

/// How often a waiter spins for an owner that holds the mutex so long.
fn spins_for(hold: Duration) -> u64 {
    let (lock, mut crew) = (mutex(0), Crew::new());
    with_root(|mut held| {
        let guard = held.lock(lock);
        let waiter = falls_asleep(&mut crew, "the waiter", lock);
        std::thread::sleep(hold);
        drop(guard);
        crew.join();
        count(&waiter.relaxed)
    })
}

#[test]
fn spinning_is_bounded() {
    let spins = spins_for(Duration::from_millis(1));
    assert!((1..=MOST_SPINS).contains(&spins), "it spun {spins} times before it slept");
}

#[test]
fn who_waits_longer_does_not_spin_more() {
    assert_eq!(spins_for(Duration::from_millis(1)), spins_for(Duration::from_millis(50)));
}

#[test]
fn a_lock_for_what_is_held_long_never_spins() {
    let lock: &'static Sleeper<u64> = Box::leak(Box::new(Sleeper::new(0)));
    let mut crew = Crew::new();
    with_root(|mut held| {
        let guard = held.lock(lock);
        let waiter = crew.start("the waiter", 1, || with_root(|mut held| *held.lock(lock) += 1));
        until("the waiter sleeps", || count(&waiter.looked) == 1);
        drop(guard);
        crew.join();
        assert_eq!(count(&waiter.relaxed), 0);
    });
}

#[test]
fn a_free_adaptive_mutex_costs_little_more_than_the_hosts() {
    let adaptive = Lock::<HostLock, Adaptive<Host>, u64>::new(0);
    let host = HostMutex::<HostLock, u64>::new(0);
    with_root(|mut held| {
        let held = core::cell::RefCell::new(&mut held);
        let times = ratio(
            || (0..1000).for_each(|_| *held.borrow_mut().lock(&adaptive) += 1),
            || (0..1000).for_each(|_| *held.borrow_mut().lock(&host) += 1),
        );
        assert!(times < 3.0, "{times} times the cost");
    });
}
