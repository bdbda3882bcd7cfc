//! An event is waited for with a lock held that lies inside of its class, and that whoever does it may need. Source: Linux: lockdep's completions.
//!
//! error[E0277]: lock order violation: cannot acquire `Inode` while holding `selftest::classes::PageCache`
//! fix: wait with outer locks only

use selftest::classes::{Directory, Inode, PageCache};
use base::sched::{Event, Mutex};
use lockorder::{Root, Task};

static DIRECTORY: Mutex<Directory, u64> = Mutex::new(0);
static CACHE: Mutex<PageCache, u64> = Mutex::new(0);
static WRITTEN: Event<Inode> = Event::new();

fn synchronise(mut held: Root<'_, Task>) {
    held.with(&CACHE, |count, mut held| {
        *count += 1;
        println!("{:?}", WRITTEN.wait(&mut held));
    });
}

fn main() {
    println!("{:?} {DIRECTORY:?} {CACHE:?}", synchronise as fn(Root<'_, Task>));
}
