//! A lock is acquired with a permit held that its holder may wait for. Source: ExoV6: nothing ordered its semaphores.
//!
//! error[E0277]: lock order violation: cannot acquire `Directory` while holding `BlockQueue`
//! fix: the lock first, then the permit

use selftest::classes::{BlockQueue, Directory, Inode};
use base::sched::{Mutex, Semaphore};
use lockorder::{Root, Task};

static SLOTS: Semaphore<BlockQueue> = Semaphore::new(8);
static DIRECTORY: Mutex<Directory, u64> = Mutex::new(0);
static INODE: Mutex<Inode, u64> = Mutex::with_key(1, 0);

fn submit(mut held: Root<'_, Task>) {
    let (_permit, mut held) = SLOTS.acquire(&mut held);
    *held.lock(&DIRECTORY) += 1;
}

fn main() {
    println!("{:?} {DIRECTORY:?} {INODE:?}", submit as fn(Root<'_, Task>));
}
