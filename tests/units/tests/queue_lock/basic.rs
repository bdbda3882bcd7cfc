//! Taking, releasing, trying, and what holding means.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use lockorder::raw::RawLock;
use lockorder::{IrqQueueSpinLock, QueueSpinLock, with_root};
use unit_tests::classes::{Inner, Outer};
use unit_tests::crew::Crew;
use unit_tests::line::{FREE, hold, word};
use unit_tests::machine::{alone, record};

use crate::{comes_next, core};

#[test]
fn a_new_lock_is_free() {
    let _alone = alone();
    assert_eq!(word(core()), FREE);
    assert!(!core().is_held());
}

#[test]
fn a_free_lock_is_taken_without_waiting() {
    let _alone = alone();
    let lock = core();
    let _held = hold(lock);
    assert!(word(lock).held && lock.is_held());
    assert_eq!(record().relaxed.load(Ordering::SeqCst), 0, "somebody waited for a free lock");
}

#[test]
fn a_released_lock_leaves_nothing_in_its_word() {
    let _alone = alone();
    let lock = core();
    drop(hold(lock));
    assert_eq!(word(lock), FREE);
}

#[test]
fn a_lock_can_be_taken_again_and_again() {
    let _alone = alone();
    let lock = core();
    for _ in 0..1000 {
        assert_eq!(word(lock), FREE);
        drop(hold(lock));
    }
}

#[test]
fn a_held_lock_is_not_got_by_trying() {
    let _alone = alone();
    let lock = core();
    let _held = hold(lock);
    assert!(!lock.try_acquire());
    assert!(word(lock).held, "a failed attempt has changed the word");
}

#[test]
fn a_free_lock_is_got_by_trying() {
    let _alone = alone();
    let lock = QueueSpinLock::<Outer, u32>::new(5);
    with_root(|mut held| assert_eq!(*held.try_lock(&lock).expect("it is free"), 5));
    assert!(!lock.is_held());
}

#[test]
fn a_panic_in_the_section_frees_the_lock() {
    let _alone = alone();
    let lock = QueueSpinLock::<Outer, u32>::new(0);
    let section = || with_root(|mut held| held.with(&lock, |_, _| panic!("in the section")));
    assert!(catch_unwind(AssertUnwindSafe(section)).is_err());
    assert!(!lock.is_held());
}

#[test]
fn preemption_is_off_while_it_is_held() {
    let _alone = alone();
    let (lock, off) =
        (QueueSpinLock::<Outer, ()>::new(()), || record().preemption_off.load(Ordering::SeqCst));
    with_root(|mut held| held.with(&lock, |(), _| assert_eq!(off(), 1)));
    assert_eq!(off(), 0);
}

#[test]
fn interrupts_are_off_while_an_interrupt_safe_one_is_held() {
    let _alone = alone();
    let off = || record().interrupts_off.load(Ordering::SeqCst);
    let (outer, inner) = (IrqQueueSpinLock::<Outer, ()>::new(()), IrqQueueSpinLock::<Inner, ()>::new(()));
    with_root(|mut held| {
        held.with(&outer, |(), mut held| {
            held.with(&inner, |(), _| assert_eq!(off(), 2));
            assert_eq!(off(), 1, "the inner release has turned them on");
        });
    });
    assert_eq!(off(), 0);
}

#[test]
fn a_failed_attempt_leaves_preemption_as_it_was() {
    let _alone = alone();
    let lock: &'static _ = Box::leak(Box::new(QueueSpinLock::<Outer, ()>::new(())));
    with_root(|mut held| {
        held.with(lock, |(), _| {
            let mut crew = Crew::new();
            crew.start("the one who tries", 1, || {
                with_root(|mut held| assert!(held.try_lock(lock).is_none()));
                assert_eq!(record().preemption_off.load(Ordering::SeqCst), 0);
            });
            crew.join();
        });
    });
}

#[test]
fn what_the_holder_wrote_is_seen_by_the_next() {
    let _alone = alone();
    let lock: &'static _ = Box::leak(Box::new(QueueSpinLock::<Outer, u64>::new(0)));
    let core = core();
    let mut crew = Crew::new();
    let held = hold(core);
    comes_next(&mut crew, core, 1, || with_root(|mut held| *held.lock(lock)));
    with_root(|mut held| *held.lock(lock) = 7);
    drop(held);
    assert_eq!(crew.join(), [7]);
}

#[test]
fn a_lock_is_four_bytes_and_its_data() {
    assert_eq!(size_of::<crate::Core>(), 4);
    assert_eq!(size_of::<QueueSpinLock<Outer, u32>>(), 8);
    assert_eq!(size_of::<IrqQueueSpinLock<Outer, ()>>(), 4);
}
