//! From reading to writing.
//!
//! Two threads read, and both want to write what they have read without anybody in between. If both wait for
//! the other reader to go, they wait for ever. One reader at a time may be the one that becomes a writer.
//!
//! After bug 27 of docs/lock-bugs.md: asterinas a6055bb09, resizing calls back into the inode.

use lockorder::{Root, SpinRwLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// The size of a file.
        class Inode = 3;
    }
}

static SIZE: SpinRwLock<Inode, u32> = SpinRwLock::new(5);

fn round_up(mut held: Root<'_, Task>) {
    held.with_read(&SIZE, |size, mut held| {
        if size % 8 != 0 {
            *held.write(&SIZE) = size.next_multiple_of(8);
        }
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(round_up);
    with_root(|mut held| assert_eq!(*held.read(&SIZE), 8));
}
