//! The last reference to a thread is dropped by the scheduler; dropping it writes its file back. Source: Tacos #12, asterinas 60440d106.
//!
//! error[E0277]: lock order violation: cannot acquire `Inode` while holding `RunQueue`
//! fix: take the thread out of the queue, and end it with nothing held

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
    held.with(&ENDED, |ended, mut held| ended.drain(..).for_each(|thread| release(&mut held, thread)));
}

fn main() {
    with_root(reap);
}
