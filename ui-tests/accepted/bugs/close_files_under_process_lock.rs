//! Executing a program keeps the process locked while files are closed, and closing looks at the process. Source: redox ade6e0d4.
//!
//! accepted: take the files out, release, then close them

use lockorder::{Before, Held, MaySpin, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Process.
        class Process = 2;
    }
}

static PROCESS: SpinLock<Process, u64> = SpinLock::new(0);

fn close(mut held: Held<'_, impl Before<Process>, impl MaySpin>, file: u64) {
    let mut held = held.below::<Process>();
    let mut held = held.to_atomic();
    *held.lock(&PROCESS) -= file;
}

fn execute(mut held: Root<'_, Task>) {
    let files = *held.lock(&PROCESS);
    close(held, files);
}

fn main() {
    with_root(execute);
}
