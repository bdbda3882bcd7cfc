//! Serialising tokens: the groups of the plan beyond acquiring and releasing, which `lockorder/tests/serial_tokens.rs` has.
//! Its predecessor never gave a token back when its thread blocked.

mod migration;
mod performance;
mod preemption;

use std::sync::atomic::{AtomicBool, Ordering};

use lockorder::blocking::Token;
use lockorder::hierarchy;
use lockorder::host::{SleepLock, WaitQueue};

hierarchy! {
    /// Locks of these tests.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// What is mounted where.
        class Mounts = 0, order = serial;
        /// The state of a file.
        class Inode = 3;
    }
}

/// A token, something to block for, and a flag.
struct Scene {
    token: Token<Mounts, u64>,
    other: Token<Mounts, u64>,
    lock: SleepLock<Inode, ()>,
    queue: WaitQueue,
    go: AtomicBool,
    there: AtomicBool,
}

impl Scene {
    /// Nothing has happened.
    const fn new() -> Self {
        Self {
            token: Token::new(0),
            other: Token::new(0),
            lock: SleepLock::new(()),
            queue: WaitQueue::new(),
            go: AtomicBool::new(false),
            there: AtomicBool::new(false),
        }
    }

    /// Says that this thread has come to the point.
    fn arrive(&self) {
        self.there.store(true, Ordering::SeqCst);
    }

    /// Waits until the other thread has come to the point.
    fn wait_for_other(&self) {
        planned_tests::wait_until("the other thread is there", || self.there.load(Ordering::SeqCst));
    }

    /// Lets the thread go on that waits in the queue.
    fn release(&self) {
        self.go.store(true, Ordering::SeqCst);
        self.queue.wake_all();
    }
}
