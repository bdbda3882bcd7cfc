//! How deep locks nest under the checker, and what it does for each.

use checker_tests::{Name, Thread};
use lockorder::checker::{Checker, HeldLocks, MOST_HELD, Mode, Wait};

/// Acquires in this order, and releases in reverse.
fn nest(thread: &Thread, names: &[&str]) {
    for name in names {
        thread.acquire(Name::parse(name), Mode::Exclusive, Wait::Spins);
    }
    for name in names.iter().rev() {
        thread.release(Name::parse(name));
    }
}

#[test]
fn depth_is_what_is_held() {
    let thread = Thread::new();
    for (depth, name) in ["A", "B", "C", "D"].into_iter().enumerate() {
        assert_eq!(thread.held().depth(), depth);
        thread.acquire(Name::parse(name), Mode::Exclusive, Wait::Spins);
    }
    for (depth, name) in ["A", "C", "D", "B"].into_iter().enumerate() {
        assert_eq!(thread.held().depth(), 4 - depth, "released in any order");
        thread.release(Name::parse(name));
    }
}

#[test]
fn the_longest_is_remembered() {
    let thread = Thread::new();
    for names in [&["A", "B"][..], &["A", "B", "C", "D", "M"], &["C"]] {
        nest(&thread, names);
    }
    assert_eq!(thread.checker().counts().longest, 5);
}

#[test]
fn as_many_as_can_be_followed_are_followed_again_and_again() {
    let thread = Thread::new();
    for _ in 0..3 {
        (0..MOST_HELD).for_each(|_| thread.acquire(Name::parse("A"), Mode::SharedRecursive, Wait::Spins));
        assert_eq!(thread.held().depth(), MOST_HELD);
        (0..MOST_HELD).for_each(|_| thread.release(Name::parse("A")));
    }
    assert_eq!(thread.problems(), []);
}

#[test]
fn what_is_known_is_not_checked_again() {
    let thread = Thread::new();
    nest(&thread, &["A", "B", "C", "D", "M"]);
    let known = thread.checker().counts().checks;
    (0..1000).for_each(|_| nest(&thread, &["A", "B", "C", "D", "M"]));
    assert_eq!((known, thread.checker().counts().checks), (5, 5));
}

#[test]
fn a_part_of_what_is_known_is_checked_once() {
    let thread = Thread::new();
    nest(&thread, &["A", "B", "C"]);
    (0..100).for_each(|_| nest(&thread, &["B", "C"]));
    assert_eq!(thread.checker().counts().checks, 5, "three sequences, and the two that begin with B");
}

#[test]
fn a_violation_is_told_once_however_often_it_is_made() {
    let thread = Thread::new();
    nest(&thread, &["A", "B"]);
    (0..100).for_each(|_| nest(&thread, &["B", "A"]));
    assert_eq!(thread.checker().counts().violations, 1);
}

#[test]
fn its_memory_is_stated() {
    // For each thread, and once: only where the feature is on.
    let (thread, all) = (size_of::<HeldLocks>(), size_of::<Checker>());
    println!("{thread} bytes for each thread, {} KiB once", all >> 10);
    assert!(thread <= 4096, "{thread} bytes for each thread");
    assert!(all <= 64 << 20, "{all} bytes");
}
