//! Drop has no token.
//!
//! The last reference to a file goes inside of a callback, under a lock. Its `Drop` wrote the file back,
//! with a lock that lies outside. `Drop` has no token, so it cannot do that here. Give the file a `close`
//! that has one, and call it where nothing is held.
//!
//! After bug 51 of docs/lock-bugs.md: asterinas 60440d106, a file dropped in a callback under a lock.

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
    held.with(&ENDED, |ended, mut held| {
        for file in ended.drain(..) {
            file.close(&mut held);
        }
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(|mut held| held.lock(&ENDED).extend([File { dirty: 2 }, File { dirty: 3 }]));
    with_root(reap);
    assert_eq!(with_root(|mut held| *held.lock(&DISK)), 5);
    assert!(with_root(|mut held| held.lock(&ENDED).is_empty()));
}
