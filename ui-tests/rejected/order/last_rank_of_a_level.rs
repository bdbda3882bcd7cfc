//! The last rank of a level still lies outside of the next level. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `BlockBuffer` while holding `Queue`
//! fix: acquire the buffer first

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// Block buffer.
        class BlockBuffer = 63;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static BUFFER: SpinLock<BlockBuffer, u64> = SpinLock::new(0);
static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&QUEUE, |queue, mut held| {
            *queue += *held.lock(&BUFFER);
        });
    });
}
