//! A chain of calls keeps the table of files locked while the file does its work. Source: kerla 315dd57.
//!
//! accepted: take the file out first

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
    /// What user-visible handles need last.
    level User = 80 {
        /// The open files of a process.
        class DescriptorTable = 0;
    }
}

static FILES: SpinLock<DescriptorTable, Vec<&SpinLock<Inode, u64>>> = SpinLock::new(Vec::new());

fn size(mut held: Root<'_, Task>) -> Option<u64> {
    let file = held.with(&FILES, |files, _| files.first().copied())?;
    Some(*held.lock(file))
}

fn main() {
    println!("{:?}", with_root(size));
}
