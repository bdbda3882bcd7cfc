//! Several locks of one class: pairs, arrays, slices, and walks down a tree.

use std::time::{Duration, Instant};

use lockorder::host::spawn;
use lockorder::{LockSetError, OwnParent, SpinLock, hierarchy, with_root};

hierarchy! {
    /// Classes for these tests.
    hierarchy SETS;
    /// Files.
    level Filesystem = 40 {
        /// A directory, parent before child.
        class Directory = 1, order = tree;
        /// A bucket, by address.
        class Bucket = 3, order = address;
        /// A block, by number.
        class Block = 5, order = key;
    }
}

static BUCKETS: [SpinLock<Bucket, u64>; 3] = [const { SpinLock::new(0) }; 3];

#[test]
fn a_pair_keeps_the_callers_order() {
    let [one, other] = [SpinLock::<Bucket, _>::new('a'), SpinLock::new('b')];
    with_root(|mut held| {
        for (first, second) in [(&one, &other), (&other, &one)] {
            let mut pair = held.lock_pair(first, second).unwrap();
            let ([x, y], _) = pair.split();
            let (x, y) = (*x, *y);
            drop(pair);
            assert_eq!(x, *held.lock(first));
            assert_eq!(y, *held.lock(second));
        }
    });
}

#[test]
fn the_same_lock_twice_is_an_error_value() {
    let buckets = [const { SpinLock::<Bucket, u64>::new(0) }; 3];
    let bucket = &buckets[0];
    with_root(|mut held| {
        assert_eq!(held.lock_pair(bucket, bucket).unwrap_err(), LockSetError::SameLock);
        assert_eq!(held.lock_array([&buckets[1], bucket, &buckets[1]]).unwrap_err(), LockSetError::SameLock);
        let mut slice = [bucket, &buckets[2], bucket];
        assert_eq!(held.lock_slice(&mut slice).unwrap_err(), LockSetError::SameLock);
    });
    assert!(buckets.iter().all(|bucket| !bucket.is_held()), "a refused set holds nothing");
}

#[test]
fn keys_decide_where_a_class_has_them() {
    let early = SpinLock::<Block, u32>::with_key(7, 70);
    let late = SpinLock::<Block, u32>::with_key(9, 90);
    let twin = SpinLock::<Block, u32>::with_key(9, 91);
    with_root(|mut held| {
        let mut locks = [&late, &early];
        let mut guard = held.lock_slice(&mut locks).unwrap();
        let (mut members, _) = guard.split();
        assert_eq!(members.iter_mut().map(|value| *value).collect::<Vec<_>>(), [70, 90]);
        assert_eq!(members.get_mut(2), None);
        drop(guard);
        assert_eq!(held.lock_pair(&late, &twin).unwrap_err(), LockSetError::EqualKeys);
    });
}

#[test]
fn a_walk_goes_hand_over_hand() {
    let root = SpinLock::<Directory, _>::new(1);
    let child = SpinLock::<Directory, _>::new(10);
    let grandchild = SpinLock::<Directory, _>::new(100);
    with_root(|mut held| {
        let mut guard = held.lock(&root);
        {
            let (parent, mut below) = guard.descend(&child).unwrap();
            *parent += *below;
            let (_, leaf) = below.descend(&grandchild).unwrap();
            assert_eq!(*leaf, 100);
        }
        assert_eq!(guard.descend(&root).map(|_| ()).unwrap_err(), OwnParent);
        let guard = guard.step(&child).unwrap();
        assert!(!root.is_held() && child.is_held());
        let guard = guard.step(&grandchild).unwrap();
        assert!(!child.is_held() && grandchild.is_held());
        let (guard, _) = guard.step(&grandchild).unwrap_err();
        assert_eq!(*guard, 100);
    });
    assert!(!grandchild.is_held());
}

#[test]
fn opposite_pairs_from_many_threads_do_not_deadlock() {
    const ROUNDS: u64 = 20_000;
    let deadline = Instant::now() + Duration::from_mins(1);
    let threads: Vec<_> = (0..4_usize)
        .map(|thread| {
            spawn(move |mut held| {
                for round in 0..ROUNDS {
                    let first = thread % 3;
                    let second = (thread + 1 + usize::try_from(round % 2).unwrap()) % 3;
                    let mut pair = held.lock_pair(&BUCKETS[first], &BUCKETS[second]).unwrap();
                    let ([one, other], _) = pair.split();
                    *one += 1;
                    *other += 1;
                }
            })
        })
        .collect();
    while threads.iter().any(|thread| !thread.is_finished()) {
        assert!(Instant::now() < deadline, "deadlock: {BUCKETS:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    with_root(|mut held| {
        let total: u64 = BUCKETS.iter().map(|bucket| *held.lock(bucket)).sum();
        assert_eq!(total, 4 * ROUNDS * 2);
    });
}
