//! Renaming holds the new parent while the old one is locked, which may be the same, or the other way round. Source: maestro 1b213e1b.
//!
//! error[E0277]: lock order violation: cannot acquire `Directory` while holding `Directory`
//! fix: take both at once

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1, order = address;
    }
}

type Entries = SpinLock<Directory, Vec<u64>>;

/// Moves the newest entry.
fn rename(mut held: Root<'_, Task>, old: &Entries, new: &Entries) {
    held.with(new, |to, mut held| to.extend(held.lock(old).pop()));
}

fn main() {
    let (old, new) = (Entries::new(vec![7]), Entries::new(Vec::new()));
    with_root(|held| rename(held, &old, &new));
}
