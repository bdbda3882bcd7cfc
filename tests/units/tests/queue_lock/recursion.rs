//! Waits on top of waits: a handler comes while its CPU waits, and waits for another lock.
//!
//! Every lock here is held, and has somebody right behind the holder, so that whoever comes has to line up and needs a node.

use std::sync::atomic::Ordering;

use lockorder::raw::RawLock;
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::line::{FREE, NODES_PER_CPU, hold, node, word};
use unit_tests::machine::{alone, interrupts_with};

use crate::{Core, comes_next, core, flag, lines_up, wait_for};

/// Waits for all these locks on one CPU, each in a handler that came during the wait for the one before; gives the tails that
/// the locks' words show once all wait.
fn tails_of_nested_waits<const N: usize>(cpu: usize) -> [usize; N] {
    let locks: [&'static Core; N] = core::array::from_fn(|_| core());
    let all_wait = flag();
    let mut crew = Crew::new();
    let holds = locks.map(hold);
    for (index, &lock) in locks.iter().enumerate() {
        comes_next(&mut crew, lock, 20 + index, || ());
    }
    let waiter = crew.start(format!("the CPU {cpu} whose waits nest"), cpu, move || {
        // The handler that is put up last comes first.
        interrupts_with(move || all_wait.store(true, Ordering::SeqCst));
        for &lock in locks.iter().skip(1).rev() {
            interrupts_with(move || drop(hold(lock)));
        }
        drop(hold(locks[0]));
    });
    if N <= NODES_PER_CPU {
        wait_for("all waits nest", all_wait);
    } else {
        until("the innermost wait spins", || waiter.relaxed.load(Ordering::SeqCst) >= N as u64);
    }
    let tails = locks.map(|lock| word(lock).tail);
    holds.into_iter().for_each(drop);
    crew.join();
    assert!(locks.iter().all(|lock| word(lock) == FREE), "a wait has left something behind");
    tails
}

#[test]
fn a_thread_and_a_handler_on_one_cpu_wait_in_nodes_of_their_own() {
    let _alone = alone();
    assert_eq!(tails_of_nested_waits(7), [node(7, 0), node(7, 1)]);
}

#[test]
fn four_waits_nest_on_one_cpu() {
    let _alone = alone();
    assert_eq!(tails_of_nested_waits(7), [0, 1, 2, 3].map(|depth| node(7, depth)));
}

#[test]
fn a_fifth_wait_has_no_node_and_gets_the_lock_all_the_same() {
    let _alone = alone();
    let tails: [usize; 5] = tails_of_nested_waits(7);
    assert_eq!(tails[..4], [0, 1, 2, 3].map(|depth| node(7, depth)));
    assert_eq!(tails[4], 0, "a wait without a node is in line");
}

#[test]
fn waits_nest_on_cpu_0_as_on_the_others() {
    let _alone = alone();
    assert_eq!(tails_of_nested_waits(0), [1, 2, 3, 4], "the first node of CPU 0 is not nobody");
}

#[test]
fn waits_nest_on_the_last_cpu_as_on_the_others() {
    let _alone = alone();
    assert_eq!(tails_of_nested_waits(63), [253, 254, 255, 256]);
}

#[test]
fn nodes_are_free_again_after_nested_waits() {
    let _alone = alone();
    for _ in 0..8 {
        assert_eq!(tails_of_nested_waits(9), [0, 1, 2, 3].map(|depth| node(9, depth)));
    }
    let (lock, mut crew) = (core(), Crew::new());
    let held = hold(lock);
    comes_next(&mut crew, lock, 1, || ());
    lines_up(&mut crew, lock, 9, || ());
    drop(held);
    crew.join();
}

#[test]
fn trying_what_the_interrupted_thread_holds_fails_and_does_not_wait() {
    let _alone = alone();
    let (held_one, wanted) = (core(), core());
    let (mut crew, tried) = (Crew::new(), flag());
    let held = hold(wanted);
    crew.start("the interrupted holder", 3, move || {
        let _outer = hold(held_one);
        interrupts_with(move || {
            assert!(!held_one.try_acquire());
            tried.store(true, Ordering::SeqCst);
        });
        drop(hold(wanted));
    });
    wait_for("the handler has tried", tried);
    drop(held);
    crew.join();
}
