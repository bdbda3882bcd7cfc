//! Resizing a file keeps it locked, and its page cache reads the size again. Source: asterinas a6055bb09.
//!
//! error[E0277]: lock order violation: cannot acquire `Inode` while holding `Inode`
//! fix: pass the size

use lockorder::{Before, Held, MaySpin, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn resize_cache(mut held: Held<'_, impl Before<Inode>, impl MaySpin>) -> u64 {
    let mut held = held.below::<Inode>();
    let mut held = held.to_atomic();
    *held.lock(&INODE) / 4096
}

fn truncate(mut held: Root<'_, Task>) -> u64 {
    held.with(&INODE, |size, held| {
        *size = 0;
        resize_cache(held)
    })
}

fn main() {
    println!("{}", with_root(truncate));
}
