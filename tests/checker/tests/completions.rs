//! A wait for a completion is an edge, and is told where what is held does not lie outside of its class, whether there is
//! anything to wait for or not. One test, alone in its program: the library's own checker is one for all threads.

#![allow(unsafe_code, reason = "a handler's root is minted by whoever plays the machine")]

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use lockorder::blocking::{Completion, TimedOut};
use lockorder::checker::{CHECKER, Violation};
use lockorder::host::Mutex as Sleeping;
use lockorder::{entry, hierarchy, with_root};

hierarchy! {
    /// The locks of this test.
    hierarchy COMPLETES;

    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 0;
    }
    /// Drivers.
    level Device = 50 {
        /// That a disk has answered.
        class Answer = 0;
        /// What lies further in, and is forgotten.
        class Forgotten = 1;
    }
}

static INODE: Sleeping<Inode, u64> = Sleeping::new(0);
static FORGOTTEN: Sleeping<Forgotten, u64> = Sleeping::new(0);
static ANSWERED: Completion<Answer> = Completion::new();

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn remember(violation: &Violation<'_>) {
    TOLD.lock().expect("nobody panics with it").push(violation.to_string());
}

#[test]
fn a_wait_for_a_completion_is_an_edge_and_is_told_against_the_order() {
    CHECKER.set_sink(remember);
    let wait_under_the_inode = || {
        with_root(|mut held| held.with(&INODE, |_, mut held| ANSWERED.wait_for(&mut held, Duration::ZERO)))
    };
    assert_eq!(wait_under_the_inode(), Err(TimedOut));
    let mut edges = Vec::new();
    CHECKER.each_edge(|outer, inner| edges.push((outer.name, inner.name)));
    assert_eq!(edges, [("Inode", "Answer")]);

    // SAFETY: the thread has just begun: it plays a CPU that has been interrupted, and has no other root.
    let handler = || unsafe { entry::interrupt(|held| ANSWERED.complete(held.in_handler())) };
    thread::scope(|scope| assert!(scope.spawn(handler).join().expect("no panic")));
    assert_eq!(wait_under_the_inode(), Ok(()));
    assert_eq!(*TOLD.lock().expect("nobody panics with it"), Vec::<String>::new());

    // The types see a guard that is forgotten no more.
    with_root(|mut held| {
        core::mem::forget(held.lock(&FORGOTTEN));
        assert_eq!(ANSWERED.wait_for(&mut held, Duration::ZERO), Ok(()));
    });
    let told = TOLD.lock().expect("nobody panics with it");
    let [report] = told.as_slice() else { panic!("{told:#?}") };
    assert!(report.contains("this thread waits for another one with `Forgotten` held"), "{report}");
}
