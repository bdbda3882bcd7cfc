//! Many of one class.
//!
//! All tasks of a table are counted in one step, so all are locked. The table is not known when compiling.
//!
//! After bug 55 of docs/lock-bugs.md: theseus c7b629da5, the table held while each task is locked.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        /// The time that a task has had.
        class TaskTime = 5, order = address;
    }
}

type Time = SpinLock<TaskTime, u32>;

fn total(mut held: Root<'_, Task>, tasks: &[Time]) -> u32 {
    let guards: Vec<_> = tasks.iter().map(|task| held.lock(task)).collect();
    guards.iter().map(|time| **time).sum()
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let tasks: Vec<Time> = (1..=4).map(Time::new).collect();
    assert_eq!(with_root(|held| total(held, &tasks)), 10);
    assert!(tasks.iter().all(|task| !task.is_held()));
}
