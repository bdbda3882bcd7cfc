//! A thread is joined under a sleeping lock: the context would allow it, what is held does not. Source: surelock hole s4, happylock hole h1.
//!
//! error[E0277]: `Inode` may be held here, but this call waits for another thread and needs nothing held
//! fix: join with nothing held

use lockorder::host::spawn;
use lockorder::host::Parking;
use lockorder::{Lock, hierarchy, with_root};

/// A lock whose waiters sleep.
type SleepLock<L, T> = Lock<L, Parking, T>;
hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SleepLock<Inode, u64> = SleepLock::new(0);

fn main() {
    with_root(|mut held| {
        let writer = spawn(|mut held| *held.lock(&SIZE) += 1);
        let mut size = held.lock(&SIZE);
        assert!(writer.join(&mut size.held()).is_ok());
        drop(size);
    });
}
