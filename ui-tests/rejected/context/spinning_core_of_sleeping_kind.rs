//! A core that spins says that its waiters sleep, so it would be waited for with serialising tokens. Source: the hierarchy's rule.
//!
//! error[E0277]: holding a `Sleeping` lock does not keep this thread on its CPU
//! fix: give the core a kind that stops preemption

use lockorder::raw::Ticket;
use lockorder::{Lock, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: Lock<Inode, Ticket<lockorder::Sleeping>, u64> = Lock::new(0);

fn main() {
    let _ = &SIZE;
}
