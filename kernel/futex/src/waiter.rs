//! A thread that waits at a word.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base::sched::thread::Thread;

/// One thread, for one wait.
pub(crate) struct Waiter {
    thread: Arc<Thread>,
    /// Whether it has been woken. Becomes true under the lock of the bucket that it is taken out of.
    woken: AtomicBool,
    /// The bucket in which it stands, or stood when it was woken. Changes with the locks of both buckets held.
    bucket: AtomicUsize,
}

impl Waiter {
    /// A thread that is to stand in a bucket.
    pub(crate) const fn new(thread: Arc<Thread>, bucket: usize) -> Self {
        Self { thread, woken: AtomicBool::new(false), bucket: AtomicUsize::new(bucket) }
    }

    /// Wakes it. It stands in no bucket any more.
    pub(crate) fn wake(&self) {
        // As consistently as its thread declares to wait.
        self.woken.store(true, Ordering::SeqCst);
        self.thread.wake();
    }

    /// Whether it has been woken.
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::SeqCst)
    }

    /// The bucket in which it stands, or stood when it was woken.
    pub(crate) fn bucket(&self) -> usize {
        self.bucket.load(Ordering::Relaxed)
    }

    /// Notes that it stands in another bucket.
    pub(crate) fn moves_to(&self, bucket: usize) {
        self.bucket.store(bucket, Ordering::Relaxed);
    }
}
