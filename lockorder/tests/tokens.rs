//! What tokens, guards and roots do at run time, on the host platform.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use lockorder::host::{Condvar, spawn};
use lockorder::{IrqSpinLock, SpinLock, hierarchy, order, with_root};

hierarchy! {
    /// Classes for these tests.
    hierarchy TOKENS;
    /// Threads.
    level Scheduler = 10 {
        /// A process table.
        class ProcessTree = 1;
    }
    /// Files.
    level Filesystem = 40 {
        /// A directory.
        class Directory = 1;
        /// An inode.
        class Inode = 3;
    }
    /// Devices.
    level Device = 50 {
        /// A queue.
        class Queue = 0;
    }
}

static TREE: SpinLock<ProcessTree, u32> = SpinLock::new(0);
static DIRECTORY: SpinLock<Directory, u32> = SpinLock::new(0);

#[test]
fn nesting_in_order_reaches_all_data() {
    let inode: SpinLock<Inode, u32> = SpinLock::new(7);
    let queue: IrqSpinLock<Queue, u32> = IrqSpinLock::new(1);
    let sum = with_root(|mut held| {
        let mut inode = held.lock(&inode);
        let (size, mut held) = inode.split();
        let queue = held.lock(&queue);
        *size += *queue;
        *size
    });
    assert_eq!(sum, 8);
}

#[test]
fn a_guard_releases_on_drop_and_on_panic() {
    let lock: SpinLock<Inode, u32> = SpinLock::new(0);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        with_root(|mut held| {
            let _guard = held.lock(&lock);
            assert!(lock.is_held());
            panic!("on purpose");
        });
    }));
    assert!(panicked.is_err());
    assert!(!lock.is_held());
    // The claim to the root came back too.
    with_root(|mut held| *held.lock(&lock) += 1);
}

#[test]
fn a_second_root_on_a_thread_panics_and_says_why() {
    let message =
        with_root(|_held| *catch_unwind(|| with_root(|_held| ())).unwrap_err().downcast::<&str>().unwrap());
    assert!(message.contains("already has a root token"), "{message}");
}

#[test]
fn try_lock_fails_on_a_held_lock_and_leaves_no_trace() {
    let lock: Arc<SpinLock<Inode, u32>> = Arc::new(SpinLock::new(0));
    with_root(|mut held| {
        let mut tree = held.lock(&TREE);
        let (_, mut outer) = tree.split();
        let guard = outer.lock(&lock);
        let other = Arc::clone(&lock);
        let refused = std::thread::spawn(move || with_root(|mut held| held.try_lock(&other).is_none()));
        assert!(refused.join().unwrap());
        drop(guard);
        assert!(outer.try_lock(&lock).is_some());
    });
    assert!(!lock.is_held());
}

#[test]
fn trying_out_of_order_works_and_raises_the_ceiling() {
    let inode: SpinLock<Inode, u32> = SpinLock::new(0);
    let queue: SpinLock<Queue, u32> = SpinLock::new(0);
    with_root(|mut held| {
        let mut inode = held.lock(&inode);
        let (_, mut held) = inode.split();
        // Outside of what is held: only trying is allowed, and what follows ranks inside of the inode.
        let mut directory = held.try_lock_any(&DIRECTORY).expect("nobody holds it");
        let (entries, mut held) = directory.split();
        *entries += 1;
        assert_eq!(held.erase().ceiling().name(), "Inode");
        held.with(&queue, |queue, _| *queue += 1);
    });
}

#[test]
fn loose_guards_release_in_any_order() {
    let inode: SpinLock<Inode, u32> = SpinLock::new(0);
    let queue: SpinLock<Queue, u32> = SpinLock::new(0);
    with_root(|mut held| {
        let (mut inode_guard, mut held) = held.lock(&inode).loosen();
        let (queue_guard, _held) = held.lock(&queue).loosen();
        *inode_guard += 1;
        drop(inode_guard);
        assert!(!inode.is_held() && queue.is_held());
        drop(queue_guard);
        assert!(!queue.is_held());
    });
}

#[test]
fn a_condition_variable_wakes_its_waiter() {
    struct Mailbox {
        letters: SpinLock<Inode, u32>,
        arrived: Condvar,
    }
    let mailbox = Arc::new(Mailbox { letters: SpinLock::new(0), arrived: Condvar::new() });
    let sender = Arc::clone(&mailbox);
    with_root(|mut held| {
        let thread = spawn(move |mut held| {
            *held.lock(&sender.letters) += 1;
            sender.arrived.notify_all();
        });
        let mut letters = held.lock(&mailbox.letters);
        while *letters == 0 {
            letters = mailbox.arrived.wait(letters);
        }
        drop(letters);
        thread.join(&mut held).unwrap();
    });
}

// What is held stays on its thread.
static_assertions::assert_not_impl_any!(lockorder::Guard<'static, SpinLock<Inode, u64>>: Send, Sync);
static_assertions::assert_not_impl_any!(lockorder::blocking::Permit<'static, Inode>: Send, Sync);
static_assertions::assert_not_impl_any!(lockorder::MappedGuard<'static, SpinLock<Inode, u64>, u64>: Send, Sync);
static_assertions::assert_not_impl_any!(lockorder::ArcGuard<'static, SpinLock<Inode, u64>>: Send, Sync);
// Each discipline is of locks or of serialising tokens, never of both.
static_assertions::assert_not_impl_any!(order::Serialised: order::LockDiscipline, order::Keyless, order::Keyed);
static_assertions::assert_not_impl_any!(order::Unnested: order::Serial);
static_assertions::assert_not_impl_any!(order::ByAddress: order::Serial);
static_assertions::assert_not_impl_any!(order::ByKey: order::Serial);
static_assertions::assert_not_impl_any!(order::AlongTree: order::Serial);

// Nothing at run time: a token has no size, a guard is its lock's address, a lock its core and its data.
static_assertions::assert_eq_size!(lockorder::Held<'static, Inode, lockorder::Task>, ());
static_assertions::assert_eq_size!(
    lockorder::DynGuard<'static, SpinLock<Inode, u64>, lockorder::Task>,
    usize
);
static_assertions::assert_eq_size!(lockorder::Guard<'static, SpinLock<Inode, u64>>, usize);
static_assertions::assert_eq_size!(SpinLock<Inode, u64>, (TestCore, u64));

/// The core of a plain spin lock.
type TestCore = lockorder::raw::Ticket<lockorder::Spinning>;
