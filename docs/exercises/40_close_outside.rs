//! Close at the root.
//!
//! A process ends: its files are closed under its lock. Closing a file takes what lies outside.
//!
//! After bug 29 of docs/lock-bugs.md: redox ade6e0d4, files closed under the process's lock.

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// How many files are open.
        class OpenFiles = 1;
    }
    level User = 80 {
        /// Which number is which file.
        class Descriptors = 0;
    }
}

static OPEN: SpinLock<OpenFiles, u32> = SpinLock::new(2);
static TABLE: SpinLock<Descriptors, Vec<Option<u32>>> = SpinLock::new(Vec::new());

/// Closes a number, if it is open; says whether it was.
fn close(mut held: Root<'_, Task>, number: usize) -> bool {
    held.with(&TABLE, |table, mut held| {
        let Some(file) = table.get_mut(number).and_then(Option::take) else { return false };
        close_file(&mut held, file);
        true
    })
}

// ---- Nothing below this line needs to change. ----

#[acquires(OpenFiles; atomic)]
fn close_file(held: &mut Held, _file: u32) {
    *held.lock(&OPEN) -= 1;
}

fn main() {
    with_root(|mut held| held.lock(&TABLE).extend([Some(1), Some(2)]));
    assert!(with_root(|held| close(held, 1)));
    assert!(!with_root(|held| close(held, 1)));
    assert!(!with_root(|held| close(held, 7)));
    with_root(|mut held| assert_eq!(*held.lock(&OPEN), 1));
}
