//! Two nodes of a machine: CPUs 0 to 31 are near, 32 to 63 are far. Neither is favoured, and each CPU waits on memory of
//! its own.

use std::collections::BTreeSet;
use std::sync::Mutex;

use lockorder::{QueueSpinLock, with_root};
use unit_tests::classes::Outer;
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::line::{FREE, hold, node, word};
use unit_tests::machine::alone;

use crate::{Core, comes_next, core, lines_up};

/// The first CPU of the far node.
const FAR: usize = 32;

/// A list that threads write under the lock.
fn list() -> &'static Mutex<Vec<usize>> {
    Box::leak(Box::default())
}

/// Adds to a list.
fn note(list: &Mutex<Vec<usize>>, cpu: usize) {
    list.lock().expect("nobody panics with it").push(cpu);
}

#[test]
fn waiters_of_two_nodes_are_served_in_turn() {
    let _alone = alone();
    let (lock, served, mut crew) = (core(), list(), Crew::new());
    let held = hold(lock);
    comes_next(&mut crew, lock, 0, || note(served, 0));
    let line = [FAR, 1, FAR + 1, 2, FAR + 2, 3, FAR + 3];
    for cpu in line {
        lines_up(&mut crew, lock, cpu, move || note(served, cpu));
    }
    drop(held);
    crew.join();
    let served = served.lock().expect("nobody panics with it");
    assert_eq!(served[0], 0);
    assert_eq!(served[1..], line, "one node was favoured");
}

#[test]
fn a_far_waiter_is_not_passed_by_near_ones_that_come_again() {
    let _alone = alone();
    let (lock, served, mut crew) = (core(), list(), Crew::new());
    let held = hold(lock);
    // These two come back as often as they can.
    let again = |cpu| {
        move || {
            for _ in 0..100 {
                let _held = hold(lock);
                note(served, cpu);
            }
        }
    };
    crew.start("the near CPU 0 that comes again and again", 0, again(0));
    until("it stands right behind the holder", || word(lock).pending);
    crew.start("the near CPU 1 that comes again and again", 1, again(1));
    until("it is in line", || word(lock).tail == node(1, 0));
    lines_up(&mut crew, lock, FAR, move || note(served, FAR));
    drop(held);
    crew.join();
    let served = served.lock().expect("nobody panics with it");
    assert_eq!(served[..3], [0, 1, FAR], "the far waiter was passed");
}

#[test]
fn each_of_64_cpus_waits_in_a_node_of_its_own() {
    let _alone = alone();
    let (lock, mut crew) = (core(), Crew::new());
    let mut tails = BTreeSet::new();
    let held = hold(lock);
    comes_next(&mut crew, lock, 0, || ());
    for cpu in 0..64 {
        lines_up(&mut crew, lock, cpu, || ());
        tails.insert(word(lock).tail);
    }
    drop(held);
    crew.join();
    // Four numbers for each CPU: two CPUs never meet on one cache line, which has room for the four.
    assert_eq!(tails, (0..64).map(|cpu| node(cpu, 0)).collect());
    assert_eq!(word(lock), FREE);
}

#[test]
fn what_a_near_holder_wrote_a_far_one_sees() {
    let _alone = alone();
    let lock: &'static _ = Box::leak(Box::new(QueueSpinLock::<Outer, u64>::new(0)));
    let mut crew = Crew::new();
    for (side, cpu) in [(0, 0), (1, FAR)] {
        crew.start(format!("CPU {cpu}"), cpu, move || {
            for round in 0..200 {
                until("the other node has taken its turn", || {
                    with_root(|mut held| {
                        let mut turn = held.lock(lock);
                        let mine = *turn == 2 * round + side;
                        *turn += u64::from(mine);
                        mine
                    })
                });
            }
        });
    }
    crew.join();
    assert_eq!(with_root(|mut held| *held.lock(lock)), 400);
}

#[test]
fn a_lock_can_have_a_cache_line_of_its_own() {
    /// A lock on the line of its node.
    #[repr(align(64))]
    struct Placed(Core);
    let locks: [Placed; 2] = [const { Placed(lockorder::raw::RawLock::INIT) }; 2];
    let [near, far] = locks.each_ref().map(|lock| core::ptr::from_ref(&lock.0).addr());
    assert_eq!((near % 64, far % 64, near.abs_diff(far)), (0, 0, 64));
}
