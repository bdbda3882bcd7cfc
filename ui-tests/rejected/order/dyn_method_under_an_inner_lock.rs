//! A method of a trait object acquires `Filesystem`, and its caller holds it. Source: Starnix: methods of `dyn FileOps` fix a level.
//!
//! error[E0277]: lock order violation: cannot acquire `Filesystem` while holding `Inode`
//! fix: call it before

use lockorder::{Atomic, Held, Root, SpinLock, acquires, hierarchy};

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

trait FileSystem {
    #[acquires(Filesystem; dyn, atomic)]
    fn sync(&self, held: Held) -> u64;
}

fn flush(file_system: &dyn FileSystem, mut held: Root<'_, Atomic>) -> u64 {
    held.with(&INODE, |size, mut held| *size + file_system.sync(held.below::<Filesystem>()))
}

fn main() {
    let _: fn(&dyn FileSystem, Root<'_, Atomic>) -> u64 = flush;
}
