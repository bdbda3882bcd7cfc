//! A root is put into a channel that outlives it. Source: compile-time peers, a token in thread-local storage.
//!
//! accepted: the result is sent

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
    with_root(|mut held| sender.send(*held.lock(&SIZE)).is_ok());
    println!("{}", receiver.recv().is_ok_and(|size| size > 0));
}
