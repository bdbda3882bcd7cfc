//! ExoV6's ten groups of unit tests, against this checker: what its tests wanted, and what its code did not do.

use checker_tests::{Name, Thread};
use lockorder::checker::{MOST_HELD, Mode, Problem, Request, Wait};

/// The locks of the tests.
fn names() -> [Name; 4] {
    ["A", "B", "C", "D"].map(Name::parse)
}

const SPINS: (Mode, Wait) = (Mode::Exclusive, Wait::Spins);

/// Acquires in this order, and releases in reverse.
fn nest(thread: &Thread, locks: &[Name]) {
    for &lock in locks {
        thread.acquire(lock, SPINS.0, SPINS.1);
    }
    for &lock in locks.iter().rev() {
        thread.release(lock);
    }
}

#[test]
fn proper_order_is_silent() {
    let thread = Thread::new();
    let [a, b, c, d] = names();
    nest(&thread, &[a, b, c, d]);
    nest(&thread, &[a, c]);
    nest(&thread, &[b, d]);
    assert_eq!(thread.problems(), []);
    assert_eq!(thread.held().depth(), 0);
    assert_eq!(thread.checker().counts().longest, 4);
}

#[test]
fn reverse_order_is_reported_once() {
    let thread = Thread::new();
    let [a, b, ..] = names();
    nest(&thread, &[a, b]);
    nest(&thread, &[b, a]);
    assert_eq!(thread.problems(), [Problem::Order]);
    nest(&thread, &[b, a]);
    assert_eq!(thread.problems(), [Problem::Order], "once for each edge");
    let [.., c, _] = names();
    nest(&thread, &[c, b, a]);
    assert_eq!(thread.problems(), [Problem::Order], "also where the edge is a part of something new");
    assert_eq!(thread.checker().counts().violations, 1);
}

#[test]
fn no_order_connects_a_handler_with_what_it_interrupted() {
    let thread = Thread::new();
    let [a, b, ..] = names();
    let masked = (Mode::Exclusive, Wait::InterruptsOff);
    thread.acquire(a, SPINS.0, SPINS.1);
    let boundary = thread.held().enter_interrupt();
    thread.acquire(b, masked.0, masked.1);
    thread.release(b);
    thread.leave(true, boundary);
    thread.release(a);
    thread.checker().each_edge(|from, to| panic!("{} under {} was not acquired", to.name, from.name));
    assert_eq!(thread.problems(), []);
}

#[test]
fn two_of_one_class_are_reported() {
    let thread = Thread::new();
    nest(&thread, &["X1", "X2"].map(Name::parse));
    assert_eq!(thread.problems(), [Problem::SameClass]);
}

#[test]
fn a_recursive_reader_comes_again_and_others_do_not() {
    let thread = Thread::new();
    let [a, ..] = names();
    for mode in [Mode::SharedRecursive, Mode::SharedRecursive] {
        thread.acquire(a, mode, Wait::Spins);
    }
    assert_eq!(thread.problems(), []);
    thread.acquire(a, Mode::Shared, Wait::Spins);
    assert_eq!(thread.problems(), [Problem::Recursion]);
    (0..3).for_each(|_| thread.release(a));
    assert_eq!(thread.held().depth(), 0);
}

#[test]
fn recursion_is_reported_before_anybody_waits() {
    let thread = Thread::new();
    let [a, ..] = names();
    thread.acquire(a, SPINS.0, SPINS.1);
    thread.acquire(a, SPINS.0, SPINS.1);
    assert_eq!(thread.problems(), [Problem::Recursion]);
    assert!(thread.held().holds(a.address()));
}

#[test]
fn release_from_the_middle_leaves_the_others() {
    let thread = Thread::new();
    let [a, b, c, d] = names();
    for lock in [a, b, c] {
        thread.acquire(lock, SPINS.0, SPINS.1);
    }
    thread.release(b);
    assert_eq!(thread.held().iter().map(|held| held.lock).collect::<Vec<_>>(), [a, c].map(Name::address));
    thread.acquire(d, SPINS.0, SPINS.1);
    for lock in [a, d, c] {
        thread.release(lock);
    }
    assert_eq!(thread.problems(), []);
    assert_eq!(thread.held().depth(), 0);
    // What was acquired after `b` had gone was not acquired under it.
    let mut edges = Vec::new();
    thread.checker().each_edge(|from, to| edges.push((from.name, to.name)));
    edges.sort_unstable();
    assert_eq!(edges, [("A", "B"), ("A", "C"), ("A", "D"), ("B", "C"), ("C", "D")]);
}

#[test]
fn one_more_than_can_be_followed_is_told_and_harms_nothing() {
    let thread = Thread::new();
    let [a, b, ..] = names();
    for _ in 0..MOST_HELD {
        thread.acquire(a, Mode::SharedRecursive, Wait::Spins);
    }
    assert_eq!(thread.problems(), []);
    thread.acquire(b, SPINS.0, SPINS.1);
    assert_eq!(thread.problems(), [Problem::TooMany]);
    thread.release(b);
    (0..MOST_HELD).for_each(|_| thread.release(a));
    assert_eq!(thread.problems(), [Problem::TooMany], "the lost one was counted");
    assert_eq!(thread.held().depth(), 0);
}

#[test]
fn a_long_chain_closes_a_long_cycle() {
    let thread = Thread::new();
    let all = ["A", "B", "C", "D", "M", "Z"].map(Name::parse);
    for pair in all.windows(2) {
        nest(&thread, pair);
    }
    assert_eq!(thread.problems(), []);
    nest(&thread, &[all[5], all[0]]);
    assert_eq!(thread.problems(), [Problem::Order]);
    let report = &thread.reports()[0];
    for name in ["B was acquired", "C was acquired", "D was acquired", "M was acquired"] {
        assert!(report.contains(name), "{report}");
    }
}

#[test]
fn what_is_counted_is_right() {
    let thread = Thread::new();
    let [a, b, ..] = names();
    for _ in 0..10 {
        nest(&thread, &[a, b]);
    }
    let counts = thread.checker().counts();
    assert_eq!(
        (counts.checks, counts.violations, counts.longest),
        (2, 0, 2),
        "what is known is not checked again"
    );
    let mut edges = Vec::new();
    thread.checker().each_edge(|from, to| edges.push((from.name, to.name)));
    assert_eq!(edges, [("A", "B")]);
}

#[test]
fn a_try_waits_for_nobody_but_is_waited_under() {
    let thread = Thread::new();
    let [a, b, ..] = names();
    nest(&thread, &[a, b]);
    thread.acquire(b, SPINS.0, SPINS.1);
    thread.try_acquire(a, SPINS.0, SPINS.1);
    assert_eq!(thread.problems(), [], "nobody waits for what is tried");
    thread.release(a);
    thread.release(b);
    let [.., c, d] = names();
    nest(&thread, &[c, d]);
    thread.try_acquire(d, SPINS.0, SPINS.1);
    thread.acquire(c, SPINS.0, SPINS.1);
    assert_eq!(thread.problems(), [Problem::Order], "but it is held, and others wait for it");
}

#[test]
fn assertions_say_what_is_not_so() {
    let thread = Thread::new();
    let [a, b, ..] = names();
    let request = thread.request(a, SPINS.0, SPINS.1);
    let place = std::panic::Location::caller();
    thread.checker().assert_none_held(thread.held(), place);
    thread.checker().assert_held(thread.held(), request.class, a.address(), place);
    assert_eq!(thread.problems(), [Problem::NotHeld]);
    thread.acquire(a, SPINS.0, SPINS.1);
    thread.checker().assert_held(thread.held(), request.class, a.address(), place);
    thread.checker().assert_none_held(thread.held(), place);
    assert_eq!(thread.problems(), [Problem::NotHeld, Problem::StillHeld]);
    thread.initialise(b);
    thread.initialise(a);
    assert_eq!(thread.problems().last(), Some(&Problem::FreedWhileHeld));
    assert_eq!(thread.problems().len(), 3);
}

#[test]
fn what_may_be_acquired_is_checked_although_it_is_not() {
    let thread = Thread::new();
    let [a, b, ..] = names();
    nest(&thread, &[a, b]);
    thread.acquire(b, SPINS.0, SPINS.1);
    let request = thread.request(a, SPINS.0, SPINS.1);
    thread.checker().might_acquire::<lockorder::host::Host>(thread.held(), &request);
    assert_eq!(thread.problems(), [Problem::Order]);
    assert_eq!(thread.held().depth(), 1, "and it was not");
}

#[test]
fn a_key_orders_what_has_one() {
    use lockorder::{ClassInfo, ClassNumber, OrderKind, PlatformInfo};
    static KEYED: ClassInfo = ClassInfo {
        name: "Keyed",
        level: "Test",
        rank: 0,
        order: OrderKind::Key,
        doc: "",
        module: "",
        sibling: None,
        platform: PlatformInfo::of::<lockorder::host::Host>(),
        number: ClassNumber::none(),
    };
    let thread = Thread::new();
    let class = thread.checker().add_class(&KEYED);
    let request = |key: u64| {
        let any = thread.request(Name::parse("A"), SPINS.0, SPINS.1);
        Request { class, lock: 0x9000 - 8 * usize::try_from(key).expect("small"), key, ..any }
    };
    for key in [2, 7] {
        thread.checker().acquire::<lockorder::host::Host>(thread.held(), &request(key));
    }
    assert_eq!(thread.problems(), [], "the address does not matter");
    thread.checker().acquire::<lockorder::host::Host>(thread.held(), &request(5));
    assert_eq!(thread.problems(), [Problem::KeyOrder]);
}

#[test]
fn what_is_reported_does_not_hide_the_rest_of_an_acquisition() {
    let thread = Thread::new();
    let [a, b, c, _] = names();
    nest(&thread, &[c, a]);
    // Against `a` it is wrong, against `b` it is new: that must be learned all the same.
    thread.acquire(a, SPINS.0, SPINS.1);
    thread.try_acquire(b, SPINS.0, SPINS.1);
    thread.acquire(c, SPINS.0, SPINS.1);
    for lock in [c, b, a] {
        thread.release(lock);
    }
    assert_eq!(thread.problems(), [Problem::Order]);
    nest(&thread, &[c, b]);
    assert_eq!(thread.problems(), [Problem::Order, Problem::Order]);
}

#[test]
fn a_wait_that_is_not_allowed_has_an_order_too() {
    let thread = Thread::new();
    let [a, b, ..] = names();
    thread.acquire(a, Mode::Exclusive, Wait::Spins);
    thread.acquire(b, Mode::Exclusive, Wait::Sleeps);
    thread.release(b);
    thread.release(a);
    thread.acquire(b, Mode::Exclusive, Wait::Sleeps);
    thread.acquire(a, Mode::Exclusive, Wait::Spins);
    assert_eq!(thread.problems(), [Problem::WaitType, Problem::Order]);
}

#[test]
fn one_mistake_does_not_make_others_of_what_is_right() {
    let thread = Thread::new();
    let [a, b, c, _] = names();
    nest(&thread, &[a, b]);
    nest(&thread, &[b, a]);
    // In keeping with the order that there was first.
    nest(&thread, &[a, c]);
    nest(&thread, &[c, b]);
    assert_eq!(thread.problems(), [Problem::Order]);
}

#[test]
fn a_handler_does_not_release_what_it_interrupted() {
    let thread = Thread::new();
    let [a, ..] = names();
    thread.acquire(a, SPINS.0, SPINS.1);
    let boundary = thread.enter(true);
    thread.release(a);
    thread.leave(true, boundary);
    assert_eq!(thread.problems(), [Problem::NotHeld]);
    assert!(thread.held().holds(a.address()));
    thread.release(a);
    assert_eq!(thread.held().depth(), 0);
}

#[test]
fn a_reader_that_waits_for_writers_is_blocked_by_the_reader_it_interrupted() {
    let used = |mode| {
        let thread = Thread::new();
        let [a, ..] = names();
        let boundary = thread.enter(true);
        thread.acquire(a, mode, Wait::InterruptsOff);
        thread.release(a);
        thread.leave(true, boundary);
        thread.acquire(a, Mode::Shared, Wait::InterruptsOff);
        thread.release(a);
        thread.problems()
    };
    assert!(matches!(used(Mode::Shared)[..], [Problem::InterruptUse { .. }]), "a writer may wait in between");
    assert_eq!(used(Mode::SharedRecursive), []);
}
