//! A function takes a token, and does not say what may be held and in which context. Source: a first program.
//!
//! error[E0107]: missing generics for struct `Held`
//! fix: say both: `Held<'_, impl Before<Filesystem>, Task>`

use lockorder::{Held, SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn grow(held: &mut Held) {
    *held.below::<Filesystem>().lock(&INODE) += 1;
}

fn main() {
    with_root(|mut held| grow(&mut held));
}
