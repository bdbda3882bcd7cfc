//! What all threads of a process share about signals and the end, to be read without a lock.
//!
//! A thread looks at it wherever it waits for something else, and on its way to user mode: whether a signal has come, whether it is to end.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use base::sched::waiting::Source;

use super::number::Signal;

/// In [`Shared::leaving`]: all threads are to end.
const LEAVING: u64 = 1 << 32;

/// What all threads of a process share.
#[derive(Debug)]
pub(crate) struct Shared {
    id: u32,
    /// Signals that wait for any of the threads.
    pub(crate) pending: AtomicU64,
    /// Signals that are ignored: a copy of what the dispositions say, to be read without their lock.
    pub(crate) ignored: AtomicU64,
    /// Woken when a signal has begun to wait for the process, or for one of its threads.
    pub(crate) signalled: Source,
    /// Whether all threads are to end, and with which status.
    leaving: AtomicU64,
    /// The thread that is to be the only one, while it becomes another program; 0 for none.
    only: AtomicU32,
}

impl Shared {
    /// Of a process with a number, which ignores these signals.
    pub(crate) const fn new(id: u32, ignored: u64) -> Self {
        Self {
            id,
            pending: AtomicU64::new(0),
            ignored: AtomicU64::new(ignored),
            signalled: Source::new(),
            leaving: AtomicU64::new(0),
            only: AtomicU32::new(0),
        }
    }

    /// The process's number.
    pub(crate) const fn id(&self) -> u32 {
        self.id
    }

    /// Signals that wait for any of the threads.
    pub(crate) fn pending(&self) -> u64 {
        self.pending.load(Ordering::SeqCst)
    }

    /// Has all threads end with a status, unless they are to already; says whether they were not.
    pub(crate) fn begin_to_leave(&self, status: u32) -> bool {
        let word = LEAVING | u64::from(status);
        self.leaving.compare_exchange(0, word, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Whether all threads are to end.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::SeqCst) != 0
    }

    /// Whether they are to end, or a `KILL` is pending that no thread has taken yet.
    pub(crate) fn is_killed(&self) -> bool {
        self.is_leaving() || self.pending() & Signal::KILL.bit() != 0
    }

    /// Has all threads end but one; says whether no other one is to be the only one already.
    pub(crate) fn set_only(&self, thread: u32) -> bool {
        self.only.compare_exchange(0, thread, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Ends that.
    pub(crate) fn clear_only(&self) {
        self.only.store(0, Ordering::SeqCst);
    }

    /// Whether a thread is to end.
    pub(crate) fn ends(&self, thread: u32) -> bool {
        let only = self.only.load(Ordering::SeqCst);
        self.is_leaving() || (only != 0 && only != thread)
    }
}
