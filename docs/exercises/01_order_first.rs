//! Write the order down first.
//!
//! A process has threads, and the table of processes has processes. `exit` holds the table while it looks
//! into a process. `thread_count` looks into one process only. Which of the two classes lies outside? Put
//! the two classes into the right order. Numbers rise within a level, and a smaller number is acquired
//! first.
//!
//! After bug 2 of docs/lock-bugs.md: asterinas fc2ae7d27, a process's threads and the table of processes.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        /// The threads of one process.
        class Threads = 1;
        /// Which processes there are.
        class Processes = 2;
    }
}

static PROCESSES: SpinLock<Processes, u32> = SpinLock::new(2);
static THREADS: SpinLock<Threads, u32> = SpinLock::new(3);

// ---- Nothing below this line needs to change. ----

fn exit(mut held: Root<'_, Task>) {
    held.with(&PROCESSES, |processes, mut held| {
        *held.lock(&THREADS) = 0;
        *processes -= 1;
    });
}

fn thread_count(mut held: Root<'_, Task>) -> u32 {
    *held.lock(&THREADS)
}

fn main() {
    with_root(exit);
    assert_eq!(with_root(thread_count), 0);
    assert_eq!(with_root(|mut held| *held.lock(&PROCESSES)), 1);
}
