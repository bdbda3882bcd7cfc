//! A function that takes a root, with which nothing is held, is called under a lock. Source: a first program.
//!
//! error[E0308]: mismatched types
//! fix: call it with nothing held, or let it take `impl Before<Level>`

use lockorder::host::Mutex;
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static DIRECTORY: Mutex<Directory, u64> = Mutex::new(0);

fn rebuild(mut held: Root<'_, Task>) {
    *held.lock(&DIRECTORY) = 0;
}

fn main() {
    with_root(|mut held| {
        let mut directory = held.lock(&DIRECTORY);
        *directory += 1;
        rebuild(directory.held());
    });
}
