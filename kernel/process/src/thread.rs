//! One thread of a process: what signals and exits know of it. What it runs with is its own ([`Current`](crate::life::Current)).

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::inbox::WAKE_VECTOR;
use base::sched::thread::Thread as Carrier;
use base::{cpu, interrupt};

use crate::signal::number::Signal;
use crate::signal::shared::Shared;

/// A thread of a process.
pub struct Thread {
    id: AtomicU32,
    /// What it shares with the other threads of its process.
    shared: Arc<Shared>,
    /// Signals that wait for it.
    pub(crate) pending: AtomicU64,
    /// Signals that it waits for, although it blocks them.
    pub(crate) awaits: AtomicU64,
    /// Signals that it blocks. Written by itself only.
    pub(crate) blocked: AtomicU64,
    /// A word of its memory that is cleared, and woken, when it ends; 0 for none.
    pub clear_at_end: AtomicU64,
    /// Where the list of words is that it owns; 0 for none.
    robust: AtomicU64,
    /// Whether it has asked to end.
    ends: AtomicBool,
    /// Whether signals can be sent to it no more. Changed with its process's signals acquired.
    pub(crate) has_parted: AtomicBool,
}

impl core::fmt::Debug for Thread {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Thread").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl Thread {
    /// A thread of a process.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(crate) fn new(id: u32, shared: Arc<Shared>, blocked: u64) -> Result<Arc<Self>> {
        let thread = Self {
            id: AtomicU32::new(id),
            shared,
            pending: AtomicU64::new(0),
            awaits: AtomicU64::new(0),
            blocked: AtomicU64::new(blocked),
            clear_at_end: AtomicU64::new(0),
            robust: AtomicU64::new(0),
            ends: AtomicBool::new(false),
            has_parted: AtomicBool::new(false),
        };
        try_arc(thread).map_err(|_| Errno::ENOMEM)
    }

    /// Its number: the process's for its first thread.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id.load(Ordering::SeqCst)
    }

    /// Gives it the process's number: it is the only one, and becomes another program.
    pub(crate) fn become_first(&self) {
        self.id.store(self.shared.id(), Ordering::SeqCst);
    }

    /// What it shares with the other threads of its process.
    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Signals that it blocks.
    #[must_use]
    pub fn blocked(&self) -> u64 {
        self.blocked.load(Ordering::SeqCst)
    }

    /// Blocks these signals and no others. By the thread itself.
    pub fn set_blocked(&self, signals: u64) {
        self.blocked.store(signals, Ordering::SeqCst);
    }

    /// Where the list of words is that it owns; 0 for none.
    #[must_use]
    pub fn robust_list(&self) -> u64 {
        self.robust.load(Ordering::Relaxed)
    }

    /// Says where the list of words is that it owns.
    pub fn set_robust_list(&self, at: u64) {
        self.robust.store(at, Ordering::Relaxed);
    }

    /// Signals that wait for it or for its process.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.pending.load(Ordering::SeqCst) | self.shared.pending()
    }

    /// Has it end when it comes back to its loop.
    pub(crate) fn finish(&self) {
        self.ends.store(true, Ordering::SeqCst);
    }

    /// Whether it is to end with all threads of its process, or all but one.
    pub(crate) fn ends_with_others(&self) -> bool {
        self.shared.ends(self.id())
    }

    /// Whether it is to end.
    pub(crate) fn ends(&self) -> bool {
        self.ends.load(Ordering::SeqCst) || self.ends_with_others()
    }

    /// Whether it is to end, or a `KILL` is pending: a wait that signals do not interrupt ends all the same.
    pub(crate) fn is_killed(&self) -> bool {
        self.ends() || self.pending() & Signal::KILL.bit() != 0
    }

    /// Whether it is to leave whatever it waits for: a signal has come that it does not block, or it is to end.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.pending() & !self.blocked() != 0 || self.ends()
    }
}

/// Has a thread look at its signals: it is woken where it waits, and leaves user mode where it runs.
///
/// One of this CPU is not in user mode: this thread runs here. It looks before it enters user mode again, interrupts off, wherever
/// that is by then.
pub(crate) fn nudge(carrier: &Arc<Carrier>) {
    if carrier.wake() {
        return;
    }
    let place = carrier.cpu();
    if place != cpu::current() {
        interrupt::send(place, WAKE_VECTOR);
    }
}
