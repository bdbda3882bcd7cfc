//! A function that is generic over what its caller holds acquires at once. Source: a first program.
//!
//! accepted: begin with `held.below::<Filesystem>()`

use lockorder::{Before, Held, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn grow(held: &mut Held<'_, impl Before<Filesystem>, Task>) {
    *held.below::<Filesystem>().lock(&INODE) += 1;
}

fn main() {
    with_root(|mut held| grow(&mut held));
}
