//! Hand it to the reaper.
//!
//! Here the file must go in `Drop`, since others drop it too. A destructor that needs a lock hands its work
//! to a thread that holds nothing: `host::defer`.
//!
//! After bug 52 of docs/lock-bugs.md: Tacos #12, a dead thread dropped by the next one locks a file.

use lockorder::{Root, SpinLock, Task, hierarchy, host, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// What is on the disk.
        class Inode = 3;
    }
    level Core = 70 {
        /// The last file.
        class Last = 2;
    }
}

static DISK: SpinLock<Inode, u32> = SpinLock::new(0);
static LAST: SpinLock<Last, Option<File>> = SpinLock::new(None);

struct File {
    dirty: u32,
}

impl Drop for File {
    fn drop(&mut self) {
        let dirty = self.dirty;
        // A second root on this thread: it would know nothing of what the first one holds.
        with_root(|mut held| *held.lock(&DISK) += dirty);
    }
}

// ---- Nothing below this line needs to change. ----

fn forget(mut held: Root<'_, Task>) {
    *held.lock(&LAST) = None;
}

fn main() {
    with_root(|mut held| *held.lock(&LAST) = Some(File { dirty: 4 }));
    with_root(forget);
    with_root(|mut held| {
        host::drain_deferred(&mut held).expect("this thread has deferred nothing itself");
        assert_eq!(*held.lock(&DISK), 4);
    });
}
