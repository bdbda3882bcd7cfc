//! A root is put into a channel that outlives it. Source: compile-time peers, a token in thread-local storage.
//!
//! error[E0521]: borrowed data escapes outside of closure
//! fix: send what was computed

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(512);

fn main() {
    let (sender, receiver) = std::sync::mpsc::channel();
    with_root(|held| sender.send(held).is_ok());
    println!("{}", receiver.recv().is_ok_and(|mut held| *held.lock(&SIZE) > 0));
}
