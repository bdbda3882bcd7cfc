//! A disk is waited for under a spin lock. Source: Linux: scheduling while atomic.
//!
//! accepted: a lock whose waiters sleep

use std::time::Duration;

use lockorder::blocking::Completion;
use lockorder::host::Mutex;
use lockorder::{hierarchy, with_root};

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

static INODE: Mutex<Inode, u64> = Mutex::new(0);
static ANSWERED: Completion<Answer> = Completion::new();

fn main() {
    with_root(|mut held| {
        held.with(&INODE, |count, mut held| {
            let answer = ANSWERED.wait_for(&mut held, Duration::from_secs(30));
            *count += u64::from(answer.is_ok());
        });
    });
}
