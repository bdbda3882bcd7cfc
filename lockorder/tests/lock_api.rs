//! The cores behind the traits of `lock_api`.

use lockorder::Platform;
use lockorder::context::{IrqSafe, Spinning};
use lockorder::raw::lock_api::{AllowsUnordered, Unordered};
use lockorder::raw::{Queue, ReadWrite, Ticket};

/// A machine for these tests alone: no type sees to the order of its locks.
enum Unseen {}

// SAFETY: threads of a process: nothing to mask, and exclusion is the cores'.
unsafe impl Platform for Unseen {
    const HAS_INTERRUPTS: bool = false;

    unsafe fn disable_interrupts() {}
    unsafe fn enable_interrupts() {}
    unsafe fn disable_preemption() {}
    unsafe fn enable_preemption() {}
    fn cpu() -> usize {
        0
    }
    fn relax() {
        std::thread::yield_now();
    }
    fn oversubscribed() -> bool {
        true
    }
    fn back_off() {
        std::thread::yield_now();
    }
}

// SAFETY: each test holds one of these locks at a time, and neither waits for anything else nor sleeps meanwhile.
unsafe impl AllowsUnordered for Unseen {}

/// A mutex over a core.
type Mutex<R, T> = lock_api::Mutex<Unordered<R, Unseen>, T>;

#[test]
fn the_cores_make_mutexes() {
    static TICKET: Mutex<Ticket<Spinning>, u64> = Mutex::new(0);
    static QUEUE: Mutex<Queue<IrqSafe>, u64> = Mutex::new(0);
    let guard = TICKET.lock();
    assert!(TICKET.is_locked() && TICKET.try_lock().is_none());
    drop(guard);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5_000 {
                    *TICKET.lock() += 1;
                    *QUEUE.lock() += 1;
                }
            });
        }
    });
    assert_eq!((*TICKET.lock(), *QUEUE.lock()), (20_000, 20_000));
}

#[test]
fn the_reader_writer_core_makes_a_reader_writer_lock() {
    use lock_api::{RwLockUpgradableReadGuard as Upgradable, RwLockWriteGuard as Write};
    static LOCK: lock_api::RwLock<Unordered<ReadWrite<Spinning>, Unseen>, u64> = lock_api::RwLock::new(1);
    let reader = LOCK.read();
    let upgradable = LOCK.upgradable_read();
    assert!(LOCK.try_write().is_none());
    let upgradable = Upgradable::try_upgrade(upgradable).expect_err("somebody else reads");
    drop(reader);
    let mut writer = Upgradable::upgrade(upgradable);
    *writer += 1;
    assert!(LOCK.is_locked_exclusive() && LOCK.try_read().is_none());
    let upgradable = Write::downgrade_to_upgradable(writer);
    let reader = Upgradable::downgrade(upgradable);
    assert_eq!((*reader, LOCK.is_locked_exclusive()), (2, false));
    drop(reader);
    assert!(!LOCK.is_locked());
    assert_eq!(*Write::downgrade(LOCK.write()), 2);
}
