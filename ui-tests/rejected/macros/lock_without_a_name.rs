//! A place is acquired whose data has no name. Source: the rules of `acquire!`.
//!
//! error: a lock that is not a variable is given a name: `data = place`
//! fix: name it

use lockorder::{SpinLock, acquire, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

struct Volume {
    inode: SpinLock<Inode, u64>,
}

fn main() {
    let volume = Volume { inode: SpinLock::new(1) };
    with_root(|mut held| {
        acquire!(held => volume.inode => { println!("acquired {}", volume.inode.is_held()); drop(held) });
    });
}
