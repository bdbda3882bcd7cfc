//! A guard is cloned, and the data has two owners. Source: tracing-mutex.
//!
//! error[E0277]: the trait bound `Guard<
//! fix: copy the data

use lockorder::{SpinLock, hierarchy, with_root};

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

fn twice<T: Clone>(value: &T) -> [T; 2] {
    [value.clone(), value.clone()]
}

fn main() {
    with_root(|mut held| {
        let size = held.lock(&INODE);
        println!("{:?}", twice(&size));
    });
}
