//! Solution: Drop has no token.
//!
//! hint: Which lock is held while the files are closed?
//! hint: Take the whole list out, leave an empty one, and release.
//! hint: `std::mem::take(&mut *held.lock(&ENDED))`
//! fails: E0277 cannot acquire `Inode` while holding `Ended`
//! learnt: A destructor runs wherever the last reference happens to go. What needs a lock to end has a function
//!     that takes a token.
//!
//! why: The class of the list lies further in than the file system, since threads end anywhere. `take` swaps an
//!     empty list in, so the critical section is as short as it can be.

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// What is on the disk.
        class Inode = 3;
    }
    level Core = 70 {
        /// Files of threads that have ended.
        class Ended = 2;
    }
}

static DISK: SpinLock<Inode, u32> = SpinLock::new(0);
static ENDED: SpinLock<Ended, Vec<File>> = SpinLock::new(Vec::new());

struct File {
    dirty: u32,
}

impl File {
    #[acquires(Inode; atomic)]
    fn close(self, held: &mut Held) {
        *held.lock(&DISK) += self.dirty;
    }
}

fn reap(mut held: Root<'_, Task>) {
    let ended = std::mem::take(&mut *held.lock(&ENDED));
    for file in ended {
        file.close(&mut held);
    }
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(|mut held| held.lock(&ENDED).extend([File { dirty: 2 }, File { dirty: 3 }]));
    with_root(reap);
    assert_eq!(with_root(|mut held| *held.lock(&DISK)), 5);
    assert!(with_root(|mut held| held.lock(&ENDED).is_empty()));
}
