//! Two directories, related in any way.
//!
//! A rename across directories: neither is known to be above the other. It holds the lock over all renames;
//! the class has to say that this is the one, and the evidence has to be shown.
//!
//! After bug 46 of docs/lock-bugs.md: maestro 1b213e1b, a rename between two directories.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// That a directory moves.
        class Rename = 0;
        /// The entries of a directory.
        class Directory = 1, order = tree;
    }
}

type Entries = SpinLock<Directory, Vec<u32>>;

static RENAME: SpinLock<Rename, u32> = SpinLock::new(0);

fn rename(mut held: Root<'_, Task>, from: &Entries, to: &Entries) {
    let mut rename = held.lock(&RENAME);
    let (count, evidence, mut held) = rename.split_with_evidence();
    *count += 1;
    let mut both = held.lock_unrelated(evidence, from, to).expect("two directories");
    let ([from, to], _) = both.split();
    to.extend(from.pop());
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let (from, to) = (Entries::new(vec![1, 2]), Entries::new(vec![]));
    with_root(|held| rename(held, &from, &to));
    with_root(|held| rename(held, &from, &to));
    with_root(|mut held| assert_eq!(*held.lock(&to), [2, 1]));
}
