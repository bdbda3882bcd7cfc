//! A core is given a type that is not a kind of lock. Source: the hierarchy's rule.
//!
//! accepted: class in the lock, kind in the core

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
