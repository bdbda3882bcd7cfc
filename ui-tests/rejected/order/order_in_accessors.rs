//! Generated accessors are called in the wrong order. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Directory` while holding `Inode`
//! fix: call them outermost first

use lockorder::{Acquire, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The entries of a directory.
        class Directory = 1;
        /// The state of a file.
        class Inode = 3;
    }
}

#[derive(Acquire)]
struct Volume {
    directory: SpinLock<Directory, u64>,
    inode: SpinLock<Inode, u64>,
}

fn main() {
    let volume = Volume { directory: SpinLock::new(1), inode: SpinLock::new(2) };
    with_root(|mut held| {
        let mut inode = volume.lock_inode(&mut held);
        let (size, mut held) = inode.split();
        *size += *volume.lock_directory(&mut held);
    });
}
