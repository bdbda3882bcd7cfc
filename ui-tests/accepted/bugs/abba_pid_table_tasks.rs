//! Reaping took a process's threads, then the table of processes; waiting does it the other way round. Source: asterinas fc2ae7d27.
//!
//! accepted: look the process up first

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Pid table.
        class PidTable = 1;
        /// Task list.
        class TaskList = 2;
    }
}

static PID_TABLE: SpinLock<PidTable, u64> = SpinLock::new(0);
static TASK_LIST: SpinLock<TaskList, u64> = SpinLock::new(0);

fn wait(mut held: Root<'_, Task>) {
    held.with(&PID_TABLE, |outer, mut held| *outer += *held.lock(&TASK_LIST));
}

fn reap(mut held: Root<'_, Task>) {
    let outer = *held.lock(&PID_TABLE);
    *held.lock(&TASK_LIST) += outer;
}

fn main() {
    with_root(|mut held| {
        wait(held.reborrow());
        reap(held);
    });
}
