//! A function says that it acquires files, and acquires what lies outside of them. Source: a first program.
//!
//! error[E0277]: lock order violation: cannot acquire `ProcessTree` while holding `AnythingOutside<Filesystem>`
//! fix: say so: `below::<Scheduler>()`, and the same in the signature

use lockorder::{Before, Held, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        class ProcessTree = 1;
    }
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn grow(held: &mut Held<'_, impl Before<Filesystem>, Task>) {
    *held.below::<Filesystem>().lock(&TREE) += 1;
}

fn main() {
    with_root(|mut held| {
        grow(&mut held);
        *held.lock(&INODE) += 1;
    });
}
