//! Dropping a file counts under a lock, and mints a root for it. Source: Starnix, "creating a new lock context here is not actually safe"; Redox, four roots in `Drop`.
//!
//! accepted: dropping frees memory

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static OPEN: SpinLock<Inode, u64> = SpinLock::new(1);

struct File {
    blocks: Vec<u64>,
}

impl Drop for File {
    fn drop(&mut self) {
        self.blocks.clear();
    }
}

fn main() {
    with_root(|mut held| {
        drop(File { blocks: vec![7] });
        *held.lock(&OPEN) -= 1;
    });
}
