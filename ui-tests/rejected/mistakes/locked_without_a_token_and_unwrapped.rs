//! A mutex is acquired as the standard library's. Source: a first program.
//!
//! error[E0277]: a lock is acquired through a token, and this call has none
//! fix: acquire through the token; there is no poisoning

use lockorder::host::Mutex;
use lockorder::{hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static INODE: Mutex<Inode, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        *held.lock(&INODE) += 1;
        *INODE.lock().unwrap() += 1;
    });
}
