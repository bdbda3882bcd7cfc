//! Several who want one lock: who stands where, and who is next.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use lockorder::raw::RawLock;
use lockorder::{QueueSpinLock, with_root};
use unit_tests::classes::Outer;
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::line::{FREE, Word, hold, node, word};
use unit_tests::machine::{Record, alone, interrupts_with};

use crate::{comes_next, core, flag, lines_up, wait_for};

/// What a thread has counted.
fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::SeqCst)
}

#[test]
fn the_first_waiter_stands_outside_of_the_line() {
    let _alone = alone();
    let (lock, mut crew) = (core(), Crew::new());
    let held = hold(lock);
    comes_next(&mut crew, lock, 1, || ());
    assert_eq!(word(lock), Word { held: true, pending: true, tail: 0 });
    drop(held);
    crew.join();
}

#[test]
fn the_second_waiter_begins_the_line() {
    let _alone = alone();
    let (lock, mut crew) = (core(), Crew::new());
    let held = hold(lock);
    comes_next(&mut crew, lock, 1, || ());
    lines_up(&mut crew, lock, 2, || ());
    assert_eq!(word(lock), Word { held: true, pending: true, tail: node(2, 0) });
    drop(held);
    crew.join();
}

#[test]
fn waiters_are_served_in_the_order_in_which_they_came() {
    let _alone = alone();
    let (lock, mut crew) = (core(), Crew::new());
    let served: &'static Mutex<Vec<usize>> = Box::leak(Box::default());
    let serve = |cpu| move || served.lock().expect("nobody panics with it").push(cpu);
    let held = hold(lock);
    comes_next(&mut crew, lock, 11, serve(11));
    // Not in the order of the CPUs.
    let line = [5, 30, 2, 18, 1, 40, 3];
    for cpu in line {
        lines_up(&mut crew, lock, cpu, serve(cpu));
    }
    drop(held);
    crew.join();
    assert_eq!(*served.lock().expect("nobody panics with it"), [11, 5, 30, 2, 18, 1, 40, 3]);
}

#[test]
fn nobody_who_tries_passes_those_who_wait() {
    let _alone = alone();
    let (lock, mut crew, leave) = (core(), Crew::new(), flag());
    let held = hold(lock);
    comes_next(&mut crew, lock, 1, move || wait_for("the test says go", leave));
    lines_up(&mut crew, lock, 2, move || wait_for("the test says go", leave));
    drop(held);
    // From here the lock is the pending waiter's, even before it has seen that.
    for _ in 0..1000 {
        assert!(!lock.try_acquire());
    }
    leave.store(true, Ordering::SeqCst);
    crew.join();
}

#[test]
fn the_last_waiter_leaves_an_empty_line() {
    let _alone = alone();
    let (lock, mut crew) = (core(), Crew::new());
    let held = hold(lock);
    comes_next(&mut crew, lock, 1, || ());
    for cpu in 2..6 {
        lines_up(&mut crew, lock, cpu, || ());
    }
    drop(held);
    crew.join();
    assert_eq!(word(lock), FREE);
}

#[test]
fn two_waiters_who_believe_to_be_on_one_cpu_keep_apart() {
    let _alone = alone();
    let (lock, mut crew) = (core(), Crew::new());
    let held = hold(lock);
    comes_next(&mut crew, lock, 1, || ());
    lines_up(&mut crew, lock, 4, || ());
    crew.start("the second waiter on CPU 4", 4, move || drop(hold(lock)));
    until("the second one has another node", || word(lock).tail == node(4, 1));
    drop(held);
    crew.join();
}

#[test]
fn a_waiter_where_cpus_are_scarce_does_not_stand_in_line() {
    let _alone = alone();
    let (lock, mut crew) = (core(), Crew::new());
    let held = hold(lock);
    comes_next(&mut crew, lock, 1, || ());
    let scarce = Record { scarce: true.into(), ..Record::on_cpu(2) };
    let waiter = crew.start_as("the waiter where CPUs are scarce", scarce, move || drop(hold(lock)));
    until("it gives its CPU away", || waiter.backed_off.load(Ordering::SeqCst) > 10);
    assert_eq!(word(lock).tail, 0);
    drop(held);
    crew.join();
    assert_eq!(word(lock), FREE);
}

#[test]
fn a_waiter_where_cpus_are_scarce_becomes_the_next_in_the_end() {
    let _alone = alone();
    let (lock, mut crew) = (core(), Crew::new());
    let held = hold(lock);
    let scarce = Record { scarce: true.into(), ..Record::on_cpu(2) };
    crew.start_as("the patient waiter", scarce, move || drop(hold(lock)));
    until("it stands right behind the holder", || word(lock).pending);
    drop(held);
    crew.join();
    assert_eq!(word(lock), FREE);
}

#[test]
fn nobody_who_barges_passes_the_one_right_behind_the_holder() {
    let _alone = alone();
    let (lock, mut crew, go) = (core(), Crew::new(), flag());
    let held = hold(lock);
    crew.start("the pending waiter, which is interrupted for long", 1, move || {
        interrupts_with(move || wait_for("the test says go", go));
        drop(hold(lock));
    });
    until("it stands right behind the holder", || word(lock).pending);
    let scarce = Record { scarce: true.into(), ..Record::on_cpu(2) };
    let barging = crew.start_as("the one who barges", scarce, move || drop(hold(lock)));
    drop(held);
    let before = count(&barging.backed_off);
    until("it has looked at the free lock often", || count(&barging.backed_off) > before + 100);
    assert_eq!(word(lock), Word { held: false, pending: true, tail: 0 });
    go.store(true, Ordering::SeqCst);
    crew.join();
    assert_eq!(word(lock), FREE);
}

#[test]
fn who_comes_late_stands_behind_the_line_also_when_nobody_is_pending() {
    let _alone = alone();
    let (lock, mut crew, go) = (core(), Crew::new(), flag());
    let held = hold(lock);
    comes_next(&mut crew, lock, 1, || ());
    lines_up(&mut crew, lock, 2, move || wait_for("the test says go", go));
    lines_up(&mut crew, lock, 3, || ());
    drop(held);
    let first_in_line_holds = Word { held: true, pending: false, tail: node(3, 0) };
    until("the first in line holds the lock", || word(lock) == first_in_line_holds);
    lines_up(&mut crew, lock, 4, || ());
    assert!(!word(lock).pending, "it stands before the line");
    go.store(true, Ordering::SeqCst);
    crew.join();
}

#[test]
fn a_waiter_that_is_not_next_leaves_the_word_alone() {
    let _alone = alone();
    let (lock, mut crew) = (core(), Crew::new());
    let held = hold(lock);
    comes_next(&mut crew, lock, 1, || ());
    lines_up(&mut crew, lock, 2, || ());
    let last = lines_up(&mut crew, lock, 3, || ());
    let before = word(lock);
    until("the last one has spun", || last.relaxed.load(Ordering::SeqCst) > 100);
    assert_eq!(word(lock), before);
    drop(held);
    crew.join();
}

#[test]
fn eight_threads_lose_no_update() {
    let _alone = alone();
    let lock: &'static _ = Box::leak(Box::new(QueueSpinLock::<Outer, u64>::new(0)));
    let mut crew = Crew::new();
    for cpu in 0..8 {
        crew.start(format!("CPU {cpu}"), cpu, || {
            (0..500).for_each(|_| with_root(|mut held| *held.lock(lock) += 1));
        });
    }
    crew.join();
    assert_eq!(with_root(|mut held| *held.lock(lock)), 4000);
}
