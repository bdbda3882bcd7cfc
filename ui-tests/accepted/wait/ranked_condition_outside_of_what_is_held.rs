//! A condition is waited for whose servers may need what is held. Source: Redox: WaitCondition is not checked.
//!
//! accepted: give the condition variable a class inside of what is held

use lockorder::blocking::RankedCondvar;
use lockorder::host::Mutex;
use lockorder::{hierarchy, with_root};

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

static INODE: Mutex<Inode, u64> = Mutex::new(0);
static QUEUE: Mutex<Queue, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        let ready = RankedCondvar::<Queue>::new();
        let mut inode = held.lock(&INODE);
        let mut held = inode.held();
        let queue = held.lock(&QUEUE);
        println!("{}", ready.wait(queue).is_ok());
    });
}
