//! Solution: Parent before child.
//!
//! hint: The token does not know which directory lies below which. The guard of the parent does.
//! hint: A guard of a tree's class has `descend`.
//! hint: `let mut parent = held.lock(parent); let (above, mut below) = parent.descend(child)…`
//! fails: E0277 cannot acquire `Directory` while holding `Directory`
//! learnt: In a tree the order is depth. A child's lock is acquired through its parent's guard.
//!
//! why: That the structure is a tree is a promise of the class; that a node is not its own child is checked.
//!     `step` is the same walk with the parent released on the way.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// The entries of a directory.
        class Directory = 1, order = tree;
    }
}

type Entries = SpinLock<Directory, Vec<u32>>;

/// Moves the newest entry down.
fn push_down(mut held: Root<'_, Task>, parent: &Entries, child: &Entries) {
    let mut parent = held.lock(parent);
    let (above, mut below) = parent.descend(child).expect("a directory is not its own child");
    below.extend(above.pop());
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let (parent, child) = (Entries::new(vec![1, 2]), Entries::new(vec![]));
    with_root(|held| push_down(held, &parent, &child));
    with_root(|mut held| assert_eq!(*held.lock(&child), [2]));
    with_root(|mut held| assert_eq!(*held.lock(&parent), [1]));
}
