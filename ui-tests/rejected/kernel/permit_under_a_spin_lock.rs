//! A permit is waited for with a spin lock held. Source: Linux: down() in atomic context.
//!
//! error[E0277]: cannot sleep in `Atomic` context
//! fix: the permit outside of the spin lock

use selftest::classes::{PageCache, Socket};
use base::sched::Semaphore;
use lockorder::{Root, SpinLock, Task};

static SLOTS: Semaphore<Socket> = Semaphore::new(8);
static CACHE: SpinLock<PageCache, u64> = SpinLock::new(0);

fn send(mut held: Root<'_, Task>) {
    held.with(&CACHE, |pages, mut held| {
        *pages += 1;
        drop(SLOTS.acquire(&mut held));
    });
}

fn main() {
    println!("{:?}", send as fn(Root<'_, Task>));
}
