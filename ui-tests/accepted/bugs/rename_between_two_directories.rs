//! Renaming holds the new parent while the old one is locked, which may be the same, or the other way round. Source: maestro 1b213e1b.
//!
//! accepted: a pair, in order of address

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
    let Ok(mut both) = held.lock_pair(old, new) else { return };
    let ([from, to], _) = both.split();
    to.extend(from.pop());
}

fn main() {
    let (old, new) = (Entries::new(vec![7]), Entries::new(Vec::new()));
    with_root(|held| rename(held, &old, &new));
}
