//! Who has promised an event takes a lock that a waiter for it may hold. Source: Linux: lockdep's completions.
//!
//! accepted: what the promise needs lies further in

use selftest::classes::{Directory, Inode, PageCache};
use base::sched::{Event, Mutex};
use lockorder::{Root, Task};

static DIRECTORY: Mutex<Directory, u64> = Mutex::new(0);
static CACHE: Mutex<PageCache, u64> = Mutex::new(0);
static WRITTEN: Event<Inode> = Event::new();

fn write_back(mut held: Root<'_, Task>) {
    let done = WRITTEN.promise(&mut held, |mut held| {
        held.with(&CACHE, |count, _| *count += 1);
    });
    println!("{done:?}");
}

fn main() {
    println!("{:?} {DIRECTORY:?} {CACHE:?}", write_back as fn(Root<'_, Task>));
}
