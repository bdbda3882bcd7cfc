//! The two halves: what the types decide and what the checker observes.
//!
//! One test is alone in its program, since the library's own checker is one for all threads.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use lockorder::checker::{CHECKER, Violation};
use lockorder::{SpinLock, SpinRwLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this test.
    hierarchy HALVES;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents and children.
        class ProcessTree = 1;
    }
    /// Files.
    level Filesystem = 40 {
        /// Directories.
        class Directory = 1;
        /// Files.
        class Inode = 3, order = key;
        /// Mounts.
        class Mounts = 4;
    }
    /// Drivers.
    level Device = 50 {
        /// Requests.
        class Queue = 0;
    }
}

static TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);
static DIRECTORY: SpinLock<Directory, u64> = SpinLock::new(0);
static INODES: [SpinLock<Inode, u64>; 2] = [SpinLock::with_key(1, 0), SpinLock::with_key(2, 0)];
static MOUNTS: SpinRwLock<Mounts, u64> = SpinRwLock::new(0);
static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

/// What was told.
static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn remember(violation: &Violation<'_>) {
    TOLD.lock().expect("nobody panics with it").push(violation.to_string());
}

fn told() -> Vec<String> {
    TOLD.lock().expect("nobody panics with it").clone()
}

/// Everything in order, by all the ways in which a token acquires.
fn in_order() {
    with_root(|mut held| {
        held.with(&TREE, |tree, mut held| {
            *tree += 1;
            held.with(&DIRECTORY, |entries, mut held| {
                *entries += 1;
                let mut both = held.lock_pair(&INODES[1], &INODES[0]).expect("two of them");
                let ([one, other], mut held) = both.split();
                *one += 1;
                *other += 1;
                assert_eq!(*held.read(&MOUNTS), 0);
                *held.lock(&QUEUE) += 1;
            });
        });
        let mut held = held.erase();
        let mut tree = held.lock(&TREE).expect("in order");
        let (_, mut held) = tree.split();
        drop(held.lock(&QUEUE).expect("in order"));
    });
}

#[test]
fn what_compiles_is_silent_and_what_gets_around_the_types_is_told() {
    CHECKER.set_sink(remember);
    let deadline = Instant::now() + Duration::from_mins(1);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    in_order();
                    assert!(Instant::now() < deadline, "a report or a lock hangs");
                }
            });
        }
    });
    assert_eq!(told(), Vec::<String>::new());

    // Every edge that was seen is one that the types allow, and the other way round is none.
    let mut edges = 0;
    CHECKER.each_edge(|outer, inner| {
        edges += 1;
        assert!(
            outer.rank < inner.rank,
            "{} under {} was seen, which no type allows",
            inner.name,
            outer.name
        );
    });
    assert!(edges >= 9, "{edges} edges");

    // A guard that is forgotten gives the token back while its lock stays held: the types see nothing.
    with_root(|mut held| {
        core::mem::forget(held.lock(&QUEUE));
        *held.lock(&TREE) += 1;
    });
    let reports = told();
    let [report] = reports.as_slice() else { panic!("{reports:#?}") };
    for line in [
        "lock order violation: acquiring `ProcessTree` while holding `Queue`",
        "wanted: ProcessTree (10.1) at tests/checker/tests/halves.rs:",
        "held:   Queue (50.0) at tests/checker/tests/halves.rs:",
        "known:  Queue was acquired at tests/checker/tests/halves.rs:",
        "this deadlocks when:",
        "waits for ProcessTree (tests/checker/tests/halves.rs:",
    ] {
        assert!(report.contains(line), "`{line}` is not in\n{report}");
    }
}
