//! A function that is generic over its context acquires a mutex at once. Source: a first program.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `impl MaySleep` context
//! fix: name the context first: `held.to_task()`

use lockorder::host::Mutex;
use lockorder::{Before, Held, MaySleep, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static INODE: Mutex<Inode, u64> = Mutex::new(0);

fn grow(mut held: Held<'_, impl Before<Filesystem>, impl MaySleep>) {
    let mut held = held.below::<Filesystem>();
    *held.lock(&INODE) += 1;
}

fn main() {
    with_root(|held| grow(held));
}
