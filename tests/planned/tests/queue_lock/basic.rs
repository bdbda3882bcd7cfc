//! One thread.

use lockorder::context::IrqSafe;
use lockorder::raw::Queue;
use lockorder::{IrqQueueSpinLock, QueueSpinLock, RawLock, hierarchy, with_root};
use planned_tests::numbered::counted_off;

use super::{Core, Guarded, Machine};

hierarchy! {
    /// Locks of these tests.
    hierarchy LOCKS, platform = Machine;
    /// Devices.
    level Device = 50 {
        /// Requests.
        class Requests = 0;
        /// Interrupts.
        class Interrupts = 1;
    }
}

#[test]
fn a_new_lock_is_free() {
    assert!(!Guarded::new().core.is_held());
}

#[test]
fn an_acquired_lock_is_held() {
    let guarded = Guarded::new();
    guarded.with(|_| assert!(guarded.core.is_held()));
}

#[test]
fn a_released_lock_is_free() {
    let guarded = Guarded::new();
    guarded.with(|_| ());
    assert!(!guarded.core.is_held());
}

#[test]
fn a_free_lock_is_got_by_trying() {
    assert_eq!(Guarded::new().try_with(|number| *number), Some(0));
}

#[test]
fn a_held_lock_is_not_got_by_trying() {
    let guarded = Guarded::new();
    guarded.with(|_| assert_eq!(guarded.try_with(|_| ()), None));
}

#[test]
fn a_failed_try_leaves_no_trace() {
    let guarded = Guarded::new();
    guarded.with(|_| assert_eq!(guarded.try_with(|_| ()), None));
    assert_eq!(format!("{:?}", guarded.core), format!("{:?}", Guarded::new().core));
}

#[test]
fn it_has_four_bytes_whatever_its_kind() {
    assert_eq!([size_of::<Core>(), size_of::<Queue<IrqSafe>>()], [4, 4]);
}

#[test]
fn it_can_be_a_static() {
    static GUARDED: Guarded = Guarded::new();
    GUARDED.with(|number| *number += 1);
    assert_eq!(GUARDED.with(|number| *number), 1);
}

#[test]
fn many_pairs_leave_it_free() {
    let guarded = Guarded::new();
    (0..10_000).for_each(|_| guarded.with(|number| *number += 1));
    assert_eq!(guarded.try_with(|number| *number), Some(10_000));
}

#[test]
fn two_locks_know_nothing_of_each_other() {
    let (one, other) = (Guarded::new(), Guarded::new());
    one.with(|_| assert_eq!(other.try_with(|number| *number), Some(0)));
}

#[test]
fn its_kind_says_what_is_off_while_it_is_held() {
    static SPIN: QueueSpinLock<Requests, ()> = QueueSpinLock::new(());
    static SAFE: IrqQueueSpinLock<Interrupts, ()> = IrqQueueSpinLock::new(());
    with_root(|mut held| {
        held.with(&SPIN, |(), mut held| {
            assert_eq!(counted_off(), [0, 1]);
            held.with(&SAFE, |(), _| assert_eq!(counted_off(), [1, 1]));
        });
    });
    assert_eq!(counted_off(), [0, 0]);
}
