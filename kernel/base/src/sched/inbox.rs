//! Each CPU's inbox: threads that others want it to run.
//!
//! A lock-free list: anybody pushes with a compare-exchange, the CPU takes all with one exchange. Pushing
//! allocates nothing and waits for nobody, so it is legal anywhere. The list holds a strong reference for
//! each thread in it; a thread is in one inbox at most, since only the move from waiting to ready, which one
//! waker wins, pushes it.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use super::thread::Thread;
use crate::interrupt::{self, Vector};
use machine::cpu;

/// The interrupt by which a CPU asks another to look at what it was sent.
pub const WAKE_VECTOR: Vector = Vector::new(0xf0);

/// One inbox: its newest thread, and whether its CPU idles.
struct Inbox {
    newest: AtomicPtr<Thread>,
    idle: AtomicBool,
}

static INBOXES: [Inbox; cpu::MAXIMUM] =
    [const { Inbox { newest: AtomicPtr::new(core::ptr::null_mut()), idle: AtomicBool::new(false) } };
        cpu::MAXIMUM];

/// Puts a thread into a CPU's inbox, and wakes the CPU if it idles.
pub(super) fn push(index: usize, thread: Arc<Thread>) {
    let inbox = &INBOXES[index];
    let thread = Arc::into_raw(thread).cast_mut();
    let mut newest = inbox.newest.load(Ordering::Relaxed);
    loop {
        // SAFETY: the list's own reference keeps the thread alive; nobody else uses the link of a thread that
        // is on its way into an inbox.
        unsafe { (*thread).next_in_inbox.store(newest, Ordering::Relaxed) }
        // Sequentially consistent, as are the idle flag and the CPU's last look: either the CPU sees the
        // thread, or this sees that the CPU idles.
        match inbox.newest.compare_exchange_weak(newest, thread, Ordering::SeqCst, Ordering::Relaxed) {
            Ok(_) => break,
            Err(now) => newest = now,
        }
    }
    if inbox.idle.load(Ordering::SeqCst) && index != cpu::current().index() {
        interrupt_cpu(index);
    }
}

/// Interrupts a CPU so that it looks at its inbox and its requests.
pub(super) fn interrupt_cpu(index: usize) {
    interrupt::send(index, WAKE_VECTOR);
}

impl Thread {
    /// Wakes it, if it waits; says whether it did. Legal anywhere, under any lock, in any context.
    pub fn wake(self: &Arc<Self>) -> bool {
        if !self.cancel_wait() {
            return false;
        }
        push(self.cpu(), Arc::clone(self));
        true
    }
}

/// Takes all threads of this CPU's inbox, the newest first.
pub(super) fn take_all(cpu: usize, mut each: impl FnMut(Arc<Thread>)) {
    let mut next = INBOXES[cpu].newest.swap(core::ptr::null_mut(), Ordering::SeqCst);
    while !next.is_null() {
        // SAFETY: `push` gave the list a reference, and the exchange gave this CPU the whole list.
        let thread = unsafe { Arc::from_raw(next) };
        next = thread.next_in_inbox.swap(core::ptr::null_mut(), Ordering::Relaxed);
        each(thread);
    }
}

/// Whether a CPU's inbox has nothing.
pub(super) fn is_empty(cpu: usize) -> bool {
    INBOXES[cpu].newest.load(Ordering::SeqCst).is_null()
}

/// Says whether a CPU idles, so that pushing interrupts it.
pub(super) fn set_idle(cpu: usize, idle: bool) {
    INBOXES[cpu].idle.store(idle, Ordering::SeqCst);
}
