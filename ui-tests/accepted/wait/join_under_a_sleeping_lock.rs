//! A thread is joined under a sleeping lock: the context would allow it, what is held does not. Source: surelock hole s4, happylock hole h1.
//!
//! accepted: nothing is held

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
        assert!(writer.join(&mut held).is_ok());
        let size = held.lock(&SIZE);
        drop(size);
    });
}
