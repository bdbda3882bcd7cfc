//! What the checker costs: nothing in memory, one full check for each new sequence, and little for what is known.

use lockorder::blocking::SerialToken;
use lockorder::host::Mutex;
use lockorder::{Guard, Held, Nothing, QueueSpinLock, SpinLock, Task, with_root};
use unit_tests::classes::{HostInner, HostLock, HostToken};
use unit_tests::measure::ratio;
use unit_tests::watch::{Name, Watched};

/// Nestings in one measurement.
const NESTINGS: usize = 1000;

#[test]
fn tokens_take_no_space_also_where_they_are_checked() {
    assert_eq!(size_of::<Held<'_, HostLock, Task>>(), 0);
}

#[test]
fn locks_and_guards_are_as_large_as_without_the_checker() {
    assert_eq!(size_of::<QueueSpinLock<HostLock, ()>>(), 4);
    assert_eq!(
        size_of::<SpinLock<HostLock, u32>>(),
        size_of::<lockorder::raw::Ticket<lockorder::Spinning>>() + 4
    );
    assert_eq!(size_of::<Mutex<HostLock, ()>>(), size_of::<lockorder::host::Parking>());
    let guard = size_of::<Guard<'_, Mutex<HostLock, u64>, Nothing, Task>>();
    assert_eq!(guard, size_of::<usize>());
    assert!(size_of::<SerialToken<HostToken, ()>>() <= 64 + size_of::<lockorder::host::RawWaitQueue>());
}

#[test]
fn a_sequence_that_is_known_is_not_checked_in_full_again() {
    let thread = Watched::new();
    let [a, b, c] = thread.locks();
    thread.nest(&[a, b, c]);
    let checks = thread.checker().counts().checks;
    assert_eq!(checks, 3, "one for each new sequence");
    (0..1000).for_each(|_| thread.nest(&[a, b, c]));
    assert_eq!(thread.checker().counts().checks, checks);
}

#[test]
fn other_locks_of_known_classes_are_not_checked_in_full_again() {
    let thread = Watched::new();
    let [a, b] = thread.locks();
    thread.nest(&[a, b]);
    for step in 1..100 {
        let other = |name: Name| Name { address: name.address + (step << 20), ..name };
        thread.nest(&[other(a), other(b)]);
    }
    assert_eq!(thread.checker().counts().checks, 2);
}

#[test]
fn a_known_acquisition_costs_much_less_than_a_new_one() {
    let (thread, other) = (Watched::new(), Watched::new());
    let locks: Vec<Name> = (0..500).map(|index| thread.lock(&format!("Class{index}"))).collect();
    let after_one_forgets = |which: &Watched| {
        which.checker().forget();
        locks.windows(3).for_each(|three| thread.nest(three));
    };
    let times = ratio(|| after_one_forgets(&thread), || after_one_forgets(&other));
    assert!(times > 2.0, "a new sequence costs {times} times as much");
}

#[test]
fn a_known_acquisition_costs_the_same_however_deep_it_is() {
    let thread = Watched::new();
    let locks: [Name; 41] = thread.locks();
    let last = [locks[40]];
    let alone = || (0..NESTINGS).for_each(|_| thread.nest(&last));
    let deep = || {
        locks[..40].iter().for_each(|&lock| thread.acquire(lock));
        alone();
        locks[..40].iter().rev().for_each(|&lock| thread.release(lock));
    };
    let times = ratio(deep, alone);
    assert!(times < 3.0, "under 40 locks it costs {times} times as much");
}

#[test]
fn a_known_acquisition_costs_the_same_however_many_classes_there_are() {
    let (small, large) = (Watched::new(), Watched::new());
    let [a, b] = small.locks();
    let many: Vec<Name> = (0..1000).map(|index| large.lock(&format!("Class{index}"))).collect();
    many.windows(2).for_each(|pair| large.nest(pair));
    let times = ratio(
        || (0..NESTINGS).for_each(|_| large.nest(&many[500..502])),
        || (0..NESTINGS).for_each(|_| small.nest(&[a, b])),
    );
    assert!(times < 3.0, "beside 1000 classes it costs {times} times as much");
}

#[test]
fn a_checked_pair_of_locks_is_silent_and_costs_no_memory() {
    let (outer, inner) = (Mutex::<HostLock, u64>::new(0), Mutex::<HostInner, u64>::new(0));
    let nest = || {
        with_root(|mut held| {
            held.with(&outer, |count, mut held| {
                *count += 1;
                *held.lock(&inner) += 1;
            });
        });
    };
    nest();
    let counts = lockorder::checker::CHECKER.counts();
    (0..1000).for_each(|_| nest());
    assert_eq!(lockorder::checker::CHECKER.counts(), counts, "something is checked or kept each time");
    assert_eq!(counts.violations, 0);
}
