//! What is wrong is told: before anybody waits, once, in words that say where.

use std::panic::Location;

use lockorder::OrderKind;
use lockorder::checker::{MOST_HELD, Mode, Problem, Request, Wait};
use unit_tests::crew::Crew;
use unit_tests::watch::{Name, Watched, fresh_checker};

#[test]
fn an_inversion_is_told() {
    let thread = Watched::new();
    let [a, b] = thread.locks();
    thread.nest(&[a, b]);
    thread.nest(&[b, a]);
    assert_eq!(thread.problems(), [Problem::Order]);
}

#[test]
fn an_inversion_is_told_before_the_lock_is_waited_for() {
    let thread = Watched::new();
    let [a, b] = thread.locks();
    thread.nest(&[a, b]);
    thread.acquire(b);
    // The wait for `a` would begin when this returns.
    thread.acquire(a);
    assert_eq!(thread.problems(), [Problem::Order]);
}

#[test]
fn an_inversion_of_two_threads_that_never_met_is_told() {
    let checker = fresh_checker();
    let first = Watched::by(checker);
    let [a, b] = first.locks();
    first.nest(&[a, b]);
    let mut crew = Crew::new();
    crew.start("the other thread", 1, move || {
        let second = Watched::by(checker);
        second.nest(&[b, a]);
        second.problems()
    });
    assert_eq!(crew.join(), [vec![Problem::Order]]);
    assert_eq!(first.problems(), [], "it is told to the thread that it is about");
}

#[test]
fn one_mistake_is_told_once() {
    let thread = Watched::new();
    let [a, b, c] = thread.locks();
    thread.nest(&[a, b]);
    (0..10).for_each(|_| thread.nest(&[b, a]));
    thread.nest(&[c, b, a]);
    assert_eq!(thread.problems(), [Problem::Order]);
    assert_eq!(thread.checker().counts().violations, 1);
}

#[test]
fn a_mistake_makes_no_mistakes_of_what_is_right() {
    let thread = Watched::new();
    let [a, b, c] = thread.locks();
    thread.nest(&[a, b]);
    thread.nest(&[b, a]);
    assert_eq!(thread.problems(), [Problem::Order]);
    // Together with the mistake these two would close a circle.
    thread.nest(&[a, c]);
    thread.nest(&[c, b]);
    assert_eq!(thread.problems(), [Problem::Order]);
}

#[test]
fn the_same_lock_again_is_told_as_recursion() {
    let thread = Watched::new();
    let [a] = thread.locks();
    thread.acquire(a);
    thread.acquire(a);
    assert_eq!(thread.problems(), [Problem::Recursion]);
}

#[test]
fn two_locks_of_a_class_without_an_order_are_told() {
    let thread = Watched::new();
    let [a] = thread.locks();
    thread.nest(&[a, Name { address: a.address + 0x40, ..a }]);
    assert_eq!(thread.problems(), [Problem::SameClass]);
}

#[test]
fn keys_that_go_down_are_told() {
    let thread = Watched::new();
    let class = thread.class("Inode", OrderKind::Key);
    thread.nest(&[7, 3].map(|key| Name { class, address: 0x1000 * key, key: key as u64 }));
    assert_eq!(thread.problems(), [Problem::KeyOrder]);
}

#[test]
fn sleeping_under_a_spin_lock_is_told() {
    let thread = Watched::new();
    let [spins, sleeps] = thread.locks();
    thread.acquire(spins);
    thread.acquire_as(&Request { wait: Wait::Sleeps, ..thread.request(sleeps) });
    assert_eq!(thread.problems(), [Problem::WaitType]);
}

#[test]
fn a_lock_that_a_handler_takes_and_that_is_held_with_interrupts_on_is_told() {
    let thread = Watched::new();
    let [a] = thread.locks();
    thread.nest(&[a]);
    let boundary = thread.held().enter_interrupt();
    thread.acquire_as(&Request { wait: Wait::InterruptsOff, ..thread.request(a) });
    thread.release(a);
    assert!(thread.held().leave_interrupt(boundary));
    let problems = thread.problems();
    assert!(matches!(problems[..], [Problem::InterruptUse { .. }]), "{problems:?}");
}

#[test]
fn a_release_of_what_is_not_held_is_told() {
    let thread = Watched::new();
    let [a, b] = thread.locks();
    thread.acquire(a);
    thread.release(b);
    assert_eq!((thread.problems(), thread.held().depth()), (vec![Problem::NotHeld], 1));
}

#[test]
fn what_is_still_held_at_the_end_is_told() {
    let thread = Watched::new();
    let [a] = thread.locks();
    thread.checker().assert_none_held(thread.held(), Location::caller());
    assert_eq!(thread.problems(), []);
    thread.acquire(a);
    thread.checker().assert_none_held(thread.held(), Location::caller());
    assert_eq!(thread.problems(), [Problem::StillHeld]);
}

#[test]
fn a_lock_in_memory_that_is_freed_is_told() {
    let thread = Watched::new();
    let [a] = thread.locks();
    thread.acquire(a);
    let memory = |from: usize| from..from + 0x40;
    thread.checker().assert_none_held_in(thread.held(), memory(a.address + 0x40), Location::caller());
    assert_eq!(thread.problems(), []);
    thread.checker().assert_none_held_in(thread.held(), memory(a.address), Location::caller());
    assert_eq!(thread.problems(), [Problem::FreedWhileHeld]);
}

#[test]
fn more_locks_than_can_be_followed_are_told() {
    let thread = Watched::new();
    let locks: [Name; MOST_HELD + 1] = thread.locks();
    for lock in locks {
        thread.acquire(lock);
    }
    assert_eq!(thread.problems(), [Problem::TooMany]);
}

#[test]
fn the_report_names_both_classes_both_places_and_a_schedule() {
    let thread = Watched::new();
    let [a, b] = [thread.lock("Parent"), thread.lock("Child")];
    thread.nest(&[a, b]);
    thread.nest(&[b, a]);
    let reports = thread.reports();
    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    for words in [
        "acquiring `Parent` while holding `Child`",
        "wanted: Parent",
        "held:   Child",
        "known:  Child was acquired at",
        "under Parent of",
        "this deadlocks when:",
        "violation.rs:",
    ] {
        assert!(report.contains(words), "`{words}` is not in\n{report}");
    }
}

#[test]
fn a_reader_that_a_writer_may_stop_closes_a_cycle() {
    let thread = Watched::new();
    let [a, b] = thread.locks();
    let read = |lock| Request { mode: Mode::Shared, ..thread.request(lock) };
    for (outer, inner) in [(a, b), (b, a)] {
        thread.acquire_as(&read(outer));
        thread.acquire_as(&read(inner));
        thread.release(inner);
        thread.release(outer);
    }
    assert_eq!(thread.problems(), [Problem::Order]);
}
