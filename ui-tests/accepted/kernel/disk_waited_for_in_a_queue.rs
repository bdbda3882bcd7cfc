//! A disk is waited for in a queue that anybody may wake, with a file's lock held. Source: design: waiting has a rank too.
//!
//! accepted: wait for a completion, which only the disk's handler completes

use core::sync::atomic::AtomicBool;
use core::time::Duration;

use base::sched::{Completion, Mutex};
use lockorder::{Root, Task};
use selftest::classes::{BlockQueue, Inode};

static INODE: Mutex<Inode, u64> = Mutex::with_key(2, 0);
static READY: AtomicBool = AtomicBool::new(false);
static ANSWERED: Completion<BlockQueue> = Completion::new();

fn read(mut held: Root<'_, Task>) {
    held.with(&INODE, |size, mut held| {
        *size += u64::from(ANSWERED.wait_for(&mut held, Duration::from_secs(30)).is_ok());
    });
}

fn main() {
    println!("{:?} {READY:?}", read as fn(Root<'_, Task>));
}
