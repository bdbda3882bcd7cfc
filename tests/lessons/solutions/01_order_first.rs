//! Solution: Write the order down first.
//!
//! hint: Read `exit`: which lock is held when the other one is wanted?
//! hint: What is held first lies outside, and has the smaller number.
//! hint: `Processes` has to get the smaller number of the two; the classes of a level stand in rising order.
//! fails: E0277 cannot acquire `Threads` while holding `Processes`
//! learnt: The order is a decision, and it is made from the path that needs both locks. It is written down
//!     before the locks are used.
//!
//! why: `exit` holds the table over the whole change, so nobody may find a process half gone. That decides the
//!     order: the table lies outside. `thread_count` needs one lock only and has no say. In the real kernel
//!     two functions had decided differently.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        /// Which processes there are.
        class Processes = 1;
        /// The threads of one process.
        class Threads = 2;
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
