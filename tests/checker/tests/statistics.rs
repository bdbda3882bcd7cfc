//! What the statistics count, through typed locks.

use std::time::{Duration, Instant};

use lockorder::checker::{CHECKER, hooks};
use lockorder::host::{Condvar, spawn};
use lockorder::statistics::snapshot;
use lockorder::{SpinLock, SpinRwLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this test.
    hierarchy COUNTED;
    /// One level.
    level Level = 40 {
        /// Used alone.
        class Alone = 0;
        /// Read and written.
        class Shared = 1;
        /// Waited with.
        class Awaited = 2;
        /// Never used.
        class Unused = 3;
    }
}

static ALONE: SpinLock<Alone, u32> = SpinLock::new(0);
static SHARED: SpinRwLock<Shared, u32> = SpinRwLock::new(0);
static AWAITED: SpinLock<Awaited, bool> = SpinLock::new(false);

#[test]
fn everything_is_counted_once() {
    let longest = Duration::from_millis(5);
    with_root(|mut held| {
        for _ in 0..4 {
            *held.lock(&ALONE) += 1;
        }
        let guard = held.try_lock(&ALONE).expect("free");
        std::thread::sleep(longest);
        drop(guard);
        drop(held.read(&SHARED));
        *held.write(&SHARED) += 1;
    });
    let changed = Condvar::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                let mut guard = held.lock(&AWAITED);
                while !*guard {
                    guard = changed.wait(guard);
                }
                *guard = false;
            });
        });
        let deadline = Instant::now() + Duration::from_secs(20);
        // The waiter takes the flag back once it has seen it.
        let mut set = false;
        loop {
            assert!(Instant::now() < deadline, "the waiter wakes");
            let flag = with_root(|mut held| {
                let mut flag = held.lock(&AWAITED);
                *flag |= !set;
                set = true;
                *flag
            });
            changed.notify_all();
            if !flag {
                break;
            }
            std::thread::yield_now();
        }
    });
    let contender = with_root(|mut held| {
        held.with(&ALONE, |_, _| {
            let contender = spawn(|mut held| *held.lock(&ALONE) += 1);
            let deadline = Instant::now() + Duration::from_secs(20);
            while snapshot().class(hooks::number::<Alone>()).contended == 0 {
                assert!(Instant::now() < deadline, "the other thread finds it taken");
                std::thread::yield_now();
            }
            contender
        })
    });
    with_root(|mut held| contender.join(&mut held)).expect("it does not panic");

    let snapshot = snapshot();
    let alone = snapshot.class(hooks::number::<Alone>());
    assert_eq!((alone.acquisitions, alone.contended, alone.blocks), (7, 1, 0));
    assert!(u128::from(alone.longest_hold) >= longest.as_nanos(), "{alone:?}");
    assert!(alone.total_hold >= alone.longest_hold && alone.total_wait == alone.longest_wait);
    assert!(alone.longest_wait > 0);
    assert_eq!(snapshot.class(hooks::number::<Shared>()).acquisitions, 2);
    let order = snapshot.order();
    assert!(order.total_acquisitions >= 9 && order.dag_checks >= 1 && order.max_chain_length >= 1);
    assert_eq!(order.violations_detected, 0);
    assert_eq!(order.violations_by_level.iter().sum::<u64>(), 0);
    let table = snapshot.to_string();
    assert!(table.contains("Alone") && table.contains("Shared") && !table.contains("Unused"), "{table}");
    assert_eq!(CHECKER.counts().violations, 0);
}
