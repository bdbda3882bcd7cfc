//! Two locks of one tree that nobody knows the relation of.

use std::thread;
use std::time::{Duration, Instant};

use lockorder::host::Mutex;
use lockorder::{LockSetError, OrderKind, SpinLock, hierarchy, with_root};

hierarchy! {
    /// Classes for these tests.
    hierarchy PAIRS;
    /// Files.
    level Filesystem = 40 {
        /// That directories change their places.
        class Rename = 0;
        /// A directory.
        class Directory = 4, order = tree, pairs under Rename;
        /// A file.
        class Inode = 5;
    }
}

/// Classes of a level that stands elsewhere, under one that is named by its path.
mod elsewhere {
    lockorder::hierarchy! {
        /// A mount.
        pub(super) class Mount in super::Filesystem = 3, order = tree, pairs under super::Rename;
    }
}
use elsewhere::Mount;

/// No test may take longer.
const DEADLINE: Duration = Duration::from_mins(1);

#[test]
fn a_pair_gives_its_data_in_the_callers_order_and_what_lies_further_in() {
    let rename = Mutex::<Rename, u32>::new(0);
    let [one, other] = [1, 2].map(Mutex::<Directory, u32>::new);
    let inode = SpinLock::<Inode, u32>::new(3);
    with_root(|mut held| {
        for (first, second, expected) in [(&one, &other, [1, 2]), (&other, &one, [2, 1])] {
            let mut guard = held.lock(&rename);
            let (count, evidence, mut held) = guard.split_with_evidence();
            *count += 1;
            let mut both = held.lock_unrelated(evidence, first, second).expect("two of them");
            let ([first, second], mut held) = both.split();
            assert_eq!([*first, *second], expected);
            assert_eq!(*held.lock(&inode), 3);
        }
        assert!(!one.is_held() && !other.is_held(), "both are released");
        assert_eq!(*held.lock(&rename), 2);
    });
    assert_eq!(PAIRS.classes[1].order, OrderKind::Tree);
}

#[test]
fn one_lock_is_no_pair() {
    let (rename, node) = (Mutex::<Rename, ()>::new(()), Mutex::<Directory, ()>::new(()));
    with_root(|mut held| {
        let mut guard = held.lock(&rename);
        let ((), evidence, mut held) = guard.split_with_evidence();
        assert_eq!(held.lock_unrelated(evidence, &node, &node).err(), Some(LockSetError::SameLock));
        assert!(!node.is_held());
        assert_eq!(format!("{evidence:?}"), "HeldExclusively(Rename)");
    });
}

#[test]
fn locks_that_spin_are_taken_in_pairs_too() {
    let rename = SpinLock::<Rename, ()>::new(());
    let [one, other] = [1, 2].map(SpinLock::<Mount, u32>::new);
    with_root(|mut held| {
        let mut guard = held.lock(&rename);
        let ((), evidence, mut held) = guard.split_with_evidence();
        let mut both = held.lock_unrelated(evidence, &one, &other).expect("two of them");
        let ([one, other], _held) = both.split();
        *one += *other;
    });
    assert_eq!(one.into_inner(), 3);
}

/// Threads walk down a path of directories, hand over hand and with parents kept, while others take pairs of them in all
/// orders: ancestors first, descendants first.
#[test]
fn walkers_and_pairs_do_not_wait_for_each_other_in_a_circle() {
    const ROUNDS: usize = 30_000;
    let rename = Mutex::<Rename, ()>::new(());
    let path: [Mutex<Directory, i64>; 4] = [const { Mutex::new(0) }; 4];
    let began = Instant::now();
    thread::scope(|scope| {
        for walker in 0..3 {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    with_root(|mut held| {
                        let mut guard = held.lock(&path[0]);
                        *guard += 1;
                        for child in &path[1..3] {
                            guard = guard.step(child).expect("another one");
                            *guard += 1;
                        }
                        if walker == 0 {
                            let (parent, mut child) = guard.descend(&path[3]).expect("another one");
                            *parent += 0;
                            *child += 1;
                        } else {
                            *guard.step(&path[3]).expect("another one") += 1;
                        }
                    });
                    assert!(began.elapsed() < DEADLINE, "somebody waits for ever");
                }
            });
        }
        for turn in 0..2 {
            let (path, rename) = (&path, &rename);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let (one, other) = ((round + turn) % 4, (round * 3 + turn + 1) % 4);
                    with_root(|mut held| {
                        let mut guard = held.lock(rename);
                        let ((), evidence, mut held) = guard.split_with_evidence();
                        match held.lock_unrelated(evidence, &path[one], &path[other]) {
                            Ok(mut both) => {
                                let ([one, other], _held) = both.split();
                                *one += 1;
                                *other -= 1;
                            }
                            Err(error) => assert_eq!((error, one), (LockSetError::SameLock, other)),
                        }
                    });
                    assert!(began.elapsed() < DEADLINE, "somebody waits for ever");
                }
            });
        }
    });
    let sum: i64 = path.into_iter().map(Mutex::into_inner).sum();
    assert_eq!(Ok(sum), i64::try_from(3 * 4 * ROUNDS), "an update was lost");
}
