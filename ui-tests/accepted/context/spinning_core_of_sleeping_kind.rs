//! A core that spins says that its waiters sleep, so it would be waited for with serialising tokens. Source: the hierarchy's rule.
//!
//! accepted: it stops preemption

use lockorder::raw::Ticket;
use lockorder::{Lock, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: Lock<Inode, Ticket<lockorder::Spinning>, u64> = Lock::new(0);

fn main() {
    let _ = &SIZE;
}
