//! Each CPU's inbox: threads that others want it to run.
//!
//! A lock-free list for each CPU. Whoever makes another CPU's list non-empty interrupts it: that CPU drains the list and
//! decides whether to switch. A thread that is woken on its own CPU goes to that CPU's run queue at once, by way of a
//! function that the scheduler hands down; only where closed code is in the run queue, which drains the list before it
//! ends, the thread goes to the list. A thread is in one inbox at most, since only the move from waiting to ready, which one
//! waker wins, pushes it.

use alloc::sync::Arc;
use core::sync::atomic::AtomicPtr;

use super::thread::Thread;
use super::thread_list::{Link, ThreadList};
use crate::interrupt::{self, Vector};
use machine::cpu;
use machine::cpu::{CpuIndex, Line, PerCpu};
use machine::interrupts::PreemptionOff;
use spin::Once;

/// The interrupt by which a CPU asks another to look at what it was sent.
pub const WAKE_VECTOR: Vector = Vector::new(0xf0);

/// Threads on their way to a run queue.
enum Arriving {}

impl Link for Arriving {
    fn of(thread: &Thread) -> &AtomicPtr<Thread> {
        &thread.next_in_inbox
    }
}

/// Each CPU's inbox.
static INBOXES: PerCpu<ThreadList<Arriving>> =
    PerCpu::new([const { Line::new(ThreadList::new()) }; cpu::MAXIMUM]);

/// Puts a thread into the run queue of the CPU that runs this; gives it back where it cannot.
type Deliver = fn(Arc<Thread>) -> Result<(), Arc<Thread>>;

/// What is called for a thread of the CPU that pushes it.
static DELIVER: Once<Deliver> = Once::new();

/// Has `deliver` called for a thread that is pushed on its own CPU: in any context, with anything held, preemption off. What it
/// gives back is put into the inbox. Once.
pub(super) fn deliver_with(deliver: Deliver) {
    DELIVER.call_once(|| deliver);
}

/// Gives a thread to a CPU to run.
///
/// Only the thread that a list begins with costs an interrupt: until that one has been taken in, the CPU is going to
/// find those that are pushed after it as well. An idle CPU looks at its list, interrupts off, before it halts.
pub(super) fn push(index: CpuIndex, thread: Arc<Thread>) {
    // From the push to the interrupt this thread is not preempted: others rely on the interrupt.
    let stay = PreemptionOff::new();
    push_at_once(index, thread);
    drop(stay);
}

/// The same. Preemption is off.
fn push_at_once(index: CpuIndex, thread: Arc<Thread>) {
    if index == cpu::current().index() {
        let left = match DELIVER.get() {
            Some(deliver) => deliver(thread),
            None => Err(thread),
        };
        if let Err(thread) = left {
            INBOXES[index].push(thread);
        }
    } else if INBOXES[index].push(thread) {
        interrupt_cpu(index);
    }
}

/// Interrupts a CPU so that it looks at its inbox and its requests.
pub(super) fn interrupt_cpu(index: CpuIndex) {
    interrupt::send(index, WAKE_VECTOR);
}

impl Thread {
    /// Wakes it, if it waits; says whether it did. Legal anywhere, under any lock, in any context.
    pub fn wake(self: &Arc<Self>) -> bool {
        // In between the thread is ready and in no list: it would wait for this one's next turn.
        let stay = PreemptionOff::new();
        let waited = self.cancel_wait();
        if waited {
            push_at_once(self.cpu(), Arc::clone(self));
        }
        drop(stay);
        waited
    }
}

/// Takes all threads of a CPU's inbox, the newest first.
pub(super) fn take_all(index: CpuIndex, each: impl FnMut(Arc<Thread>)) {
    INBOXES[index].take_all(each);
}

/// Whether a CPU's inbox has nothing.
pub(super) fn is_empty(index: CpuIndex) -> bool {
    INBOXES[index].is_empty()
}
