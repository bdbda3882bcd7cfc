//! Locks whose waiters sleep: mutexes and reader-writer locks.

use std::sync::Arc;
use std::time::Duration;

use lockorder::{RawLock, RawReadWriteLock, RawTimedLock};

use super::on_threads;
use crate::copy::blocking::{Adaptive, Sleep, SleepReadWrite};
use crate::copy::machine::Machine;
use crate::world::Watched;

/// Threads that acquire a lock lose no update.
fn excludes<R: RawLock + Send + Sync + 'static>() {
    let shared = Arc::new((R::INIT, Watched::new()));
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |_| {
        for _ in 0..2 {
            // SAFETY: this thread holds nothing else, and releases what it has acquired.
            unsafe {
                for_threads.0.acquire::<Machine>();
                for_threads.1.increase();
                for_threads.0.release();
            }
        }
    });
    assert_eq!(shared.1.read(), 6, "an update was lost");
    assert!(shared.0.try_acquire(), "everybody has left");
}

pub fn adaptive() {
    excludes::<Adaptive<Machine>>();
}

pub fn sleep() {
    excludes::<Sleep<Machine>>();
}

/// Two threads acquire a lock, again and again, beside one that gives up after a time: what was kept for it is not lost.
pub fn time_limit() {
    let shared = Arc::new((Sleep::<Machine>::INIT, Watched::new()));
    on_threads(3, move |number| {
        let (lock, count) = &*shared;
        for _ in 0..3 {
            // SAFETY: this thread holds nothing else, and releases what it has acquired.
            unsafe {
                if number == 0 {
                    if !lock.acquire_for::<Machine>(Duration::from_nanos(3)) {
                        continue;
                    }
                } else {
                    lock.acquire::<Machine>();
                }
                let before = count.read();
                count.increase();
                assert_eq!(count.read(), before + 1, "an update was lost");
                lock.release();
            }
        }
    });
}

/// Threads acquire a lock beside some whose time never ends: whoever is the heir gets it, wherever in the queue it stands.
pub fn heirs() {
    let shared = Arc::new((Sleep::<Machine>::INIT, Watched::new()));
    let other = Arc::clone(&shared);
    on_threads(4, move |number| {
        let (lock, count) = &*shared;
        for _ in 0..3 {
            // SAFETY: this thread holds nothing else, and releases what it has acquired.
            unsafe {
                if number < 2 {
                    assert!(lock.acquire_for::<Machine>(Duration::from_secs(1_000_000)));
                } else {
                    lock.acquire::<Machine>();
                }
                count.increase();
                lock.release();
            }
        }
    });
    assert_eq!(other.1.read(), 12, "an update was lost");
}

/// Two threads write both halves of a number, one reads them.
pub fn read_write() {
    let shared = Arc::new((SleepReadWrite::<Machine>::INIT, [Watched::new(), Watched::new()]));
    on_threads(3, move |number| {
        let (lock, halves) = &*shared;
        for _ in 0..2 {
            // SAFETY: this thread holds nothing else, and releases what it has acquired.
            unsafe {
                if number == 0 {
                    lock.acquire_shared::<Machine>();
                    assert_eq!(halves[0].read(), halves[1].read(), "half a write was seen");
                    lock.release_shared();
                } else {
                    lock.acquire_exclusive::<Machine>();
                    halves.iter().for_each(Watched::increase);
                    lock.release_exclusive();
                }
            }
        }
    });
}

/// Two threads read, upgrade and write, beside a reader: nobody writes between one's reading and writing.
pub fn upgrade() {
    let shared = Arc::new((SleepReadWrite::<Machine>::INIT, Watched::new()));
    on_threads(3, move |number| {
        let (lock, count) = &*shared;
        // SAFETY: this thread holds nothing else, and each step is of what it has just become.
        unsafe {
            if number == 0 {
                lock.acquire_shared::<Machine>();
                let before = count.read();
                assert_eq!(count.read(), before, "somebody wrote beside a reader");
                lock.release_shared();
            } else {
                lock.acquire_upgradeable::<Machine>();
                let before = count.read();
                lock.upgrade::<Machine>();
                assert_eq!(count.read(), before, "somebody wrote while upgrading");
                count.increase();
                lock.downgrade();
                lock.release_shared();
            }
        }
    });
}
