//! A loop lets others run while it holds a spin lock that they may spin for. Source: xv6: panic(sched locks).
//!
//! error[E0277]: cannot sleep in `Atomic` context
//! fix: yield outside of the lock

use selftest::classes::PageCache;
use base::sched;
use lockorder::{Root, SpinLock, Task};

static CACHE: SpinLock<PageCache, u64> = SpinLock::new(0);

fn scan(mut held: Root<'_, Task>) {
    held.with(&CACHE, |pages, mut held| {
        *pages += 1;
        sched::yield_now(&mut held);
    });
}

fn main() {
    println!("{:?}", scan as fn(Root<'_, Task>));
}
