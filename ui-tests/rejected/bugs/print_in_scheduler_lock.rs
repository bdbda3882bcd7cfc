//! A trace is printed while the scheduler is locked, and the log lies further out. Source: maestro 4587f646.
//!
//! error[E0277]: lock order violation: cannot acquire `Log` while holding `Strace`
//! fix: format, release, then print

use lockorder::{Before, Held, MaySpin, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Log.
        class Log = 0;
        /// Strace.
        class Strace = 1;
    }
}

static LOG: SpinLock<Log, u64> = SpinLock::new(0);
static STRACE: SpinLock<Strace, u64> = SpinLock::new(0);

fn print(mut held: Held<'_, impl Before<Log>, impl MaySpin>, line: u64) {
    let mut held = held.below::<Log>();
    let mut held = held.to_atomic();
    *held.lock(&LOG) += line;
}

fn trace(mut held: Root<'_, Task>) {
    held.with(&STRACE, |call, held| print(held, *call));
}

fn main() {
    with_root(trace);
}
