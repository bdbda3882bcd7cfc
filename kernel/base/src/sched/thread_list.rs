//! A lock-free list of threads: anybody pushes, one CPU takes all.
//!
//! Pushing is a compare-exchange, taking an exchange: neither allocates nor waits, so both are legal anywhere. The list holds a
//! strong reference for each thread in it. A thread carries one link for each kind of list, so it stands in one list of a kind
//! at most: whoever pushes makes sure of that.

use alloc::sync::Arc;
use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use super::thread::Thread;

/// A kind of list: which of a thread's links it goes through.
pub(super) trait Link {
    /// The link to the thread that was pushed before this one.
    fn of(thread: &Thread) -> &AtomicPtr<Thread>;
}

/// A list of threads, the newest first.
pub(super) struct ThreadList<L> {
    newest: AtomicPtr<Thread>,
    link: PhantomData<fn() -> L>,
}

impl<L: Link> ThreadList<L> {
    /// An empty list.
    pub(super) const fn new() -> Self {
        Self { newest: AtomicPtr::new(ptr::null_mut()), link: PhantomData }
    }

    /// Adds a thread that is in no list of this kind; says whether the list was empty.
    pub(super) fn push(&self, thread: Arc<Thread>) -> bool {
        let thread = Arc::into_raw(thread).cast_mut();
        let mut newest = self.newest.load(Ordering::Relaxed);
        loop {
            // SAFETY: the list's own reference keeps the thread alive; nobody else uses the link of a thread that is on its way
            // into a list.
            L::of(unsafe { &*thread }).store(newest, Ordering::Relaxed);
            match self.newest.compare_exchange_weak(newest, thread, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return newest.is_null(),
                Err(now) => newest = now,
            }
        }
    }

    /// Takes all threads, the newest first.
    pub(super) fn take_all(&self, mut each: impl FnMut(Arc<Thread>)) {
        if self.is_empty() {
            return;
        }
        let mut next = self.newest.swap(ptr::null_mut(), Ordering::SeqCst);
        while !next.is_null() {
            // SAFETY: `push` gave the list a reference, and the exchange gave this call the whole list.
            let thread = unsafe { Arc::from_raw(next) };
            next = L::of(&thread).swap(ptr::null_mut(), Ordering::Relaxed);
            each(thread);
        }
    }

    /// Whether there is no thread in it.
    pub(super) fn is_empty(&self) -> bool {
        self.newest.load(Ordering::SeqCst).is_null()
    }
}
