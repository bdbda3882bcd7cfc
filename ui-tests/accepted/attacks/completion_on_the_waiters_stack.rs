//! A device answers when its waiter has given up, and the completion lay on the waiter's stack. Source: Linux: completions on the stack, after a time-out.
//!
//! accepted: it lives as long as the request

use std::time::Duration;

use lockorder::blocking::Completion;
use lockorder::{IrqSpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a disk.
        class Queue = 0;
        /// That the disk has answered.
        class Answer = 1;
        /// The rings of a card.
        class Ring = 2;
    }
}

static REQUEST: IrqSpinLock<Queue, Option<&'static Completion<Answer>>> = IrqSpinLock::new(None);

fn main() {
    with_root(|mut held| {
        let answered: &'static _ = Box::leak(Box::new(Completion::<Answer>::new()));
        *held.lock(&REQUEST) = Some(answered);
        println!("{:?}", answered.wait_for(&mut held, Duration::from_millis(1)));
    });
}
