//! A mutex, whose waiters sleep, is acquired with a spin lock held. Source: Linux: BUG: sleeping function called from invalid context.
//!
//! accepted: the outer one is a mutex too

use selftest::classes::{BlockQueue, Pipe};
use base::sched::Mutex;
use lockorder::{Root, SpinLock, Task};

static PIPE: Mutex<Pipe, u64> = Mutex::new(0);
static QUEUE: Mutex<BlockQueue, u64> = Mutex::new(0);

fn send(mut held: Root<'_, Task>) {
    held.with(&PIPE, |bytes, mut held| {
        *bytes += 1;
        held.with(&QUEUE, |requests, _| *requests += 1);
    });
}

fn main() {
    println!("{:?} {}", send as fn(Root<'_, Task>), size_of::<SpinLock<Pipe, u64>>());
}
