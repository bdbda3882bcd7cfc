//! A thread is joined with a lock held that it may need. Source: Linux: kthread_stop under the lock its thread takes.
//!
//! accepted: release before joining

use selftest::classes::ProcessTree;
use base::sched::{JoinHandle, Mutex};
use lockorder::{Root, Task};

static TREE: Mutex<ProcessTree, u64> = Mutex::new(0);

fn reap(mut held: Root<'_, Task>, worker: JoinHandle<u64>) {
    held.with(&TREE, |count, mut held| {
        *count -= 1;
        let _ = held.reborrow();
    });
    worker.join(&mut held);
}

fn main() {
    println!("{:?}", reap as fn(Root<'_, Task>, JoinHandle<u64>));
}
