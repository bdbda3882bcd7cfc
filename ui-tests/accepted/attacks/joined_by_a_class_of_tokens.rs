//! A thread is joined with a lock held that it needs, through a position of serialising tokens. Source: an attack on the library.
//!
//! accepted: join with nothing held

use lockorder::host::{Mutex, spawn};
use lockorder::{hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
        class Mounts = 5, order = serial;
    }
}

static INODE: Mutex<Inode, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        let thread = spawn(|mut held| *held.lock(&INODE) += 1);
        held.with(&INODE, |size, _| *size += 1);
        thread.join(&mut held).expect("it does not panic");
    });
}
