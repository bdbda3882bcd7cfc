//! Solution: Two directories, related in any way.
//!
//! hint: The function is right. The declaration does not say under which lock pairs of the tree are taken.
//! hint: `pairs under …`
//! hint: `class Directory = 1, order = tree, pairs under Rename;`
//! fails: E0277 two unrelated locks of a class with the discipline
//! learnt: Where no order of two locks is known beforehand, one is waited for and the other only tried, with a
//!     lock held that keeps the tree still.
//!
//! why: With `a` held and `b` waited for, a walk that comes down from `b` to `a` is a circle whatever the sort
//!     was. So `lock_unrelated` never waits with one of the two in hand.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// That a directory moves.
        class Rename = 0;
        /// The entries of a directory.
        class Directory = 1, order = tree, pairs under Rename;
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
