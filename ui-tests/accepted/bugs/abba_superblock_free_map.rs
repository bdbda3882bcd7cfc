//! Syncing takes the superblock, then the map of free blocks; allocating did it the other way round. Source: rcore-fs #18.
//!
//! accepted: count in the superblock first

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// Super block.
        class SuperBlock = 6;
        /// Free map.
        class FreeMap = 7;
    }
}

static SUPER_BLOCK: SpinLock<SuperBlock, u64> = SpinLock::new(0);
static FREE_MAP: SpinLock<FreeMap, u64> = SpinLock::new(0);

fn sync(mut held: Root<'_, Task>) {
    held.with(&SUPER_BLOCK, |outer, mut held| *outer += *held.lock(&FREE_MAP));
}

fn allocate_block(mut held: Root<'_, Task>) {
    let outer = *held.lock(&SUPER_BLOCK);
    *held.lock(&FREE_MAP) += outer;
}

fn main() {
    with_root(|mut held| {
        sync(held.reborrow());
        allocate_block(held);
    });
}
