//! A disk is waited for in a queue that anybody may wake, with a file's lock held. Source: design: waiting has a rank too.
//!
//! error[E0277]: `Inode` may be held here, but this call waits for another thread and needs nothing held
//! fix: wait for a completion, which only the disk's handler completes

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use base::sched::{Mutex, WaitQueue};
use lockorder::{Root, Task};
use selftest::classes::Inode;

static INODE: Mutex<Inode, u64> = Mutex::with_key(2, 0);
static READY: AtomicBool = AtomicBool::new(false);
static ANSWERED: WaitQueue = WaitQueue::new();

fn read(mut held: Root<'_, Task>) {
    held.with(&INODE, |size, mut held| {
        *size += u64::from(ANSWERED.wait_until_for(&mut held, Duration::from_secs(30), |_| READY.load(Ordering::Acquire)));
    });
}

fn main() {
    println!("{:?} {READY:?}", read as fn(Root<'_, Task>));
}
