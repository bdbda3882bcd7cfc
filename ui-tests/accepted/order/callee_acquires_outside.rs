//! A function marked with what it acquires is called with that held. Source: the hierarchy's rule.
//!
//! accepted: call it first

use lockorder::{Held, SpinLock, acquires, hierarchy, with_root};

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

#[acquires(Filesystem; atomic)]
fn size(held: Held) -> u64 {
    *held.lock(&INODE)
}

fn main() {
    with_root(|mut held| {
        let bytes = size(held.reborrow());
        *held.lock(&INODE) += bytes;
    });
}
