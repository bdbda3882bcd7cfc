//! A root is boxed as `dyn Any`, which would forget its lifetime. Source: an attack on the token's lifetime.
//!
//! accepted: the result is boxed

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(512);

fn main() {
    let hidden = with_root(|mut held| -> Box<dyn std::any::Any> {
        println!("{}", *held.lock(&SIZE));
        Box::new(*held.lock(&SIZE))
    });
    drop(hidden);
}
