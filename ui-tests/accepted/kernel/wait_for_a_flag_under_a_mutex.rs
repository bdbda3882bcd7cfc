//! A thread waits for a flag with a lock held that whoever sets the flag may need. Source: design: waiting has a rank too.
//!
//! accepted: wait with nothing held, or for an event, which has a rank

use core::sync::atomic::{AtomicBool, Ordering};

use selftest::classes::Inode;
use base::sched::{Mutex, WaitQueue};
use lockorder::{Root, Task};

static INODE: Mutex<Inode, u64> = Mutex::with_key(2, 0);
static READY: AtomicBool = AtomicBool::new(false);
static CHANGED: WaitQueue = WaitQueue::new();

fn read(mut held: Root<'_, Task>) {
    held.with(&INODE, |size, mut held| {
        *size += 1;
        let _ = held.reborrow();
    });
    CHANGED.wait_until(&mut held, |_| READY.load(Ordering::Acquire));
}

fn main() {
    println!("{:?}", read as fn(Root<'_, Task>));
}
