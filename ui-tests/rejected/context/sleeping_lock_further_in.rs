//! In order, but the outer lock spins and the inner one sleeps. Source: lockdep: invalid wait context.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `Atomic` context
//! fix: let the outer lock sleep too

use lockorder::host::Parking;
use lockorder::raw::Ticket;
use lockorder::{Lock, Spinning, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static INODE: Lock<Inode, Ticket<Spinning>, u64> = Lock::new(0);
static QUEUE: Lock<Queue, Parking, u64> = Lock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&INODE, |size, mut held| *size += *held.lock(&QUEUE));
    });
}
