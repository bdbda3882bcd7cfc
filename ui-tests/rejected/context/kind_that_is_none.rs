//! A core is given a type that is not a kind of lock. Source: the hierarchy's rule.
//!
//! error[E0277]: holding a `Inode` lock does not keep this thread on its CPU
//! fix: name the kind in the core and the class in the lock

use lockorder::raw::Ticket;
use lockorder::{Lock, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: Lock<Inode, Ticket<Inode>, u64> = Lock::new(0);

fn main() {
    let _ = &SIZE;
}
