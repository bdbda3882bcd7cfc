//! A mutex is acquired as the standard library's. Source: a first program.
//!
//! accepted: acquire through the token; there is no poisoning

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
        *held.lock(&INODE) += 1;
    });
}
