//! Each CPU's inbox: threads that others want it to run.
//!
//! A lock-free list: anybody pushes with a compare-exchange, the CPU takes all with one exchange. Pushing
//! allocates nothing and waits for nobody, so it is legal anywhere. Whoever makes another CPU's list non-empty
//! interrupts it: that CPU drains the list and decides whether to switch. Whoever pushes to its own CPU's list has it
//! drained at once. The list holds a strong reference for each thread in it; a thread is in one inbox at most, since
//! only the move from waiting to ready, which one waker wins, pushes it.

use alloc::sync::Arc;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use super::thread::Thread;
use crate::interrupt::{self, Vector};
use machine::cpu;
use machine::cpu::CpuIndex;
use machine::interrupts::PreemptionOff;
use spin::Once;

/// The interrupt by which a CPU asks another to look at what it was sent.
pub const WAKE_VECTOR: Vector = Vector::new(0xf0);

/// Each CPU's inbox: the newest thread in it.
static INBOXES: [AtomicPtr<Thread>; cpu::MAXIMUM] = [const { AtomicPtr::new(ptr::null_mut()) }; cpu::MAXIMUM];

/// What is called when a thread was pushed to the inbox of the CPU that pushes.
static ON_OWN_PUSH: Once<fn()> = Once::new();

/// Has `look` called when a thread was pushed to the inbox of the CPU that pushes: in any context, with anything held,
/// preemption off. Once.
pub(super) fn on_own_push(look: fn()) {
    ON_OWN_PUSH.call_once(|| look);
}

/// Puts a thread into a CPU's inbox, and has the CPU look at it.
///
/// Only the thread that the list begins with costs an interrupt: until that one has been taken in, the CPU is going to
/// find those that are pushed after it as well. An idle CPU looks at its list, interrupts off, before it halts.
pub(super) fn push(index: CpuIndex, thread: Arc<Thread>) {
    let inbox = &INBOXES[index.get()];
    let thread = Arc::into_raw(thread).cast_mut();
    // From the push to the interrupt this thread is not preempted: others rely on the interrupt.
    let stay = PreemptionOff::new();
    let mut newest = inbox.load(Ordering::Relaxed);
    loop {
        // SAFETY: the list's own reference keeps the thread alive; nobody else uses the link of a thread that
        // is on its way into an inbox.
        unsafe { (*thread).next_in_inbox.store(newest, Ordering::Relaxed) }
        match inbox.compare_exchange_weak(newest, thread, Ordering::SeqCst, Ordering::Relaxed) {
            Ok(_) => break,
            Err(now) => newest = now,
        }
    }
    if index == cpu::current().index() {
        if let Some(look) = ON_OWN_PUSH.get() {
            look();
        }
    } else if newest.is_null() {
        interrupt_cpu(index);
    }
    drop(stay);
}

/// Interrupts a CPU so that it looks at its inbox and its requests.
pub(super) fn interrupt_cpu(index: CpuIndex) {
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
pub(super) fn take_all(cpu: CpuIndex, mut each: impl FnMut(Arc<Thread>)) {
    let mut next = INBOXES[cpu.get()].swap(ptr::null_mut(), Ordering::SeqCst);
    while !next.is_null() {
        // SAFETY: `push` gave the list a reference, and the exchange gave this CPU the whole list.
        let thread = unsafe { Arc::from_raw(next) };
        next = thread.next_in_inbox.swap(ptr::null_mut(), Ordering::Relaxed);
        each(thread);
    }
}

/// Whether a CPU's inbox has nothing.
pub(super) fn is_empty(cpu: CpuIndex) -> bool {
    INBOXES[cpu.get()].load(Ordering::SeqCst).is_null()
}
