//! A thread that waits at a word.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use base::sched::thread::Thread;

/// What a thread notes that has been woken, in place of its bucket.
const WOKEN: usize = usize::MAX;

/// One thread. What its wait has come to it notes itself ([`Thread::note`]): the bucket in which it stands, or that it was woken.
/// A note is changed by the thread before it stands anywhere, and then with the lock of its bucket held, or of both where
/// it is moved.
#[derive(Clone)]
pub(crate) struct Waiter(Arc<Thread>);

impl Waiter {
    /// This thread, which is to stand in a bucket, and stands in none.
    pub(crate) fn new(thread: Arc<Thread>, bucket: usize) -> Self {
        thread.note().store(bucket, Ordering::Relaxed);
        Self(thread)
    }

    /// Notes that it was woken: it stands in no bucket any more. Whoever notes it then wakes it.
    pub(crate) fn note_woken(&self) {
        // As consistently as its thread declares to wait.
        self.0.note().store(WOKEN, Ordering::SeqCst);
    }

    /// Wakes its thread, which may be at something else by now, and looks then for nothing.
    pub(crate) fn wake(&self) {
        self.0.wake();
    }

    /// The bucket in which it stands; none where it has been woken.
    pub(crate) fn bucket(&self) -> Option<usize> {
        Some(self.0.note().load(Ordering::SeqCst)).filter(|&note| note != WOKEN)
    }

    /// Notes that it stands in another bucket.
    pub(crate) fn moves_to(&self, bucket: usize) {
        self.0.note().store(bucket, Ordering::Relaxed);
    }

    /// Whether it is the same thread.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
