//! A function calls itself while it holds the lock that it acquires. Source: the hierarchy's rule.
//!
//! accepted: the lock is released before the next call

use lockorder::{Held, SpinLock, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
    }
}

static DEPTH: SpinLock<Directory, u32> = SpinLock::new(3);

/// Removes a tree of directories.
#[acquires(Directory; atomic)]
fn remove_all(held: &mut Held) {
    let mut depth = held.lock(&DEPTH);
    if *depth > 0 {
        *depth -= 1;
        drop(depth);
        remove_all(held);
    }
}

fn main() {
    with_root(|mut held| remove_all(&mut held));
}
