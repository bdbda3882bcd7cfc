//! Solution: Close at the root.
//!
//! hint: The closure can give something back.
//! hint: `held.with` returns what its closure returns: the file that was taken out.
//! hint: `let taken = held.with(&TABLE, |table, _| table.get_mut(number).and_then(Option::take));`
//! fails: E0277 cannot acquire `OpenFiles` while holding `Descriptors`
//! learnt: A critical section returns what is to be done after it.
//!
//! why: Once the entry is taken out under the lock, no other thread can close it too. The rest needs no lock of
//!     the table.

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
    let taken = held.with(&TABLE, |table, _held| table.get_mut(number).and_then(Option::take));
    let Some(file) = taken else { return false };
    close_file(&mut held, file);
    true
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
