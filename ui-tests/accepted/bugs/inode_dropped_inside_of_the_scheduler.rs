//! The last reference to a thread is dropped by the scheduler; dropping it writes its file back. Source: Tacos #12, asterinas 60440d106.
//!
//! accepted: ended outside of the scheduler

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
    level Core = 70 {
        class RunQueue = 2;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);
static ENDED: SpinLock<RunQueue, Vec<u32>> = SpinLock::new(Vec::new());

/// Frees what a thread has; takes a token, which `Drop` could not.
#[acquires(Inode; atomic)]
fn release(held: &mut Held, _thread: u32) {
    *held.lock(&SIZE) += 1;
}

/// Frees the threads that have ended.
fn reap(mut held: Root<'_, Task>) {
    let ended = std::mem::take(&mut *held.lock(&ENDED));
    ended.into_iter().for_each(|thread| release(&mut held, thread));
}

fn main() {
    with_root(reap);
}
