//! A completion is made in a class of serialising tokens, which have no place in the order. Source: an attack on the library.
//!
//! accepted: a class of its own

use lockorder::blocking::Completion;
use lockorder::hierarchy;

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
        class Mounts = 5, order = serial;
    }
}

static READY: Completion<Inode> = Completion::new();

fn main() {
    let _ = &READY;
}
