//! Solution: Hand it to the reaper.
//!
//! hint: The program panics, and says why: a thread has one root.
//! hint: `host::defer` runs a closure later, on the reaper's thread, with a root of its own.
//! hint: `host::defer(move |mut held| …)`
//! fails: ill this thread already has a root token
//! learnt: What may be dropped anywhere defers its work to a thread that holds nothing.
//!
//! why: A second root would be a hole: it knows nothing of `LAST`, which is held while the old value drops. So
//!     it is refused at run time. The reaper's root is honest: nothing is held there. In this kernel a reaper
//!     does the same for threads, address spaces and files.

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
        host::defer(move |mut held| *held.lock(&DISK) += dirty);
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
