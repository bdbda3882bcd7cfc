//! Solution: Many of one class.
//!
//! hint: The closure gives guards away that borrow the token. There can be one at a time.
//! hint: There is a function that sorts a slice of references and acquires all.
//! hint: `held.lock_slice(&mut tasks)` on a `Vec` of references; `split()` gives the members, which have
//!     `iter_mut()`.
//! fails: any captured variable cannot escape
//! learnt: `lock_slice` acquires any number of locks of one class, sorted, all or none.
//!
//! why: A loop that acquires one after the other would take them in the order of the table, which another loop
//!     over another table does not share.

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
    let mut tasks: Vec<_> = tasks.iter().collect();
    let mut all = held.lock_slice(&mut tasks).expect("each once");
    let (mut times, _held) = all.split();
    times.iter_mut().map(|time| *time).sum()
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let tasks: Vec<Time> = (1..=4).map(Time::new).collect();
    assert_eq!(with_root(|held| total(held, &tasks)), 10);
    assert!(tasks.iter().all(|task| !task.is_held()));
}
