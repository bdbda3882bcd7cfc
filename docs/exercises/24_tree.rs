//! Parent before child.
//!
//! A path is walked from a directory to its child. The child is locked before the parent is released, so
//! that nobody moves it meanwhile. The class is a tree.
//!
//! After bug 46 of docs/lock-bugs.md: maestro 1b213e1b, a rename between two directories.

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
    held.with(parent, |above, mut held| {
        held.lock(child).extend(above.pop());
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let (parent, child) = (Entries::new(vec![1, 2]), Entries::new(vec![]));
    with_root(|held| push_down(held, &parent, &child));
    with_root(|mut held| assert_eq!(*held.lock(&child), [2]));
    with_root(|mut held| assert_eq!(*held.lock(&parent), [1]));
}
