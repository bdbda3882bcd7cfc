//! A thread waits with interrupts off, for what an interrupt would do. Source: asterinas #1257.
//!
//! accepted: turn them on first

use lockorder::host::Condvar;
use lockorder::host::Host;
use lockorder::{IrqSpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents and children.
        class ProcessTree = 1;
    }
    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static QUEUE: IrqSpinLock<Queue, u64> = IrqSpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let ready = Condvar::new();
        drop(held.irqs_off::<Host>());
        let mut queue = held.lock(&QUEUE);
        if *queue == 1 {
            queue = ready.wait(queue);
        }
        *queue += 1;
    });
}
