//! Threads whose weight has risen while they stand among the ready ones of a CPU.
//!
//! A ready thread's place depends on its weight, and only its own CPU moves it. So whoever raises a weight puts the thread on
//! that CPU's list, lock-free, and interrupts the CPU. What the CPU does then grows with the threads on the list, not with
//! those that are ready.

use alloc::sync::Arc;
use core::sync::atomic::AtomicPtr;

use super::inbox;
use super::thread::Thread;
use super::thread_list::{Link, ThreadList};
use machine::cpu;
use machine::cpu::{CpuIndex, Line, PerCpu};

/// Threads that are to be repositioned.
enum Reweighed {}

impl Link for Reweighed {
    fn of(thread: &Thread) -> &AtomicPtr<Thread> {
        &thread.next_reweighed
    }
}

/// Each CPU's list.
static LISTS: PerCpu<ThreadList<Reweighed>> =
    PerCpu::new([const { Line::new(ThreadList::new()) }; cpu::MAXIMUM]);

/// Asks the thread's CPU to reposition it after its weight rose from `before`.
pub(super) fn request(thread: &Arc<Thread>, before: u64) {
    thread.reweigh_from(before);
    send(Arc::clone(thread));
}

/// Puts a thread on its CPU's list, unless it is on one.
fn send(thread: Arc<Thread>) {
    if thread.enter_reweighed() {
        let index = thread.cpu();
        LISTS[index].push(thread);
        if index != cpu::current().index() {
            inbox::interrupt_cpu(index);
        }
    }
}

/// Whether a CPU's list has nothing.
pub(super) fn is_empty(index: CpuIndex) -> bool {
    LISTS[index].is_empty()
}

/// Takes all threads of this CPU's list. One that has moved to another CPU meanwhile is sent after; where it was given to that
/// CPU's run queue after its weight had risen it stands right already.
pub(super) fn take_all(own: CpuIndex, mut each: impl FnMut(Arc<Thread>)) {
    LISTS[own].take_all(|thread| {
        thread.leave_reweighed();
        if thread.cpu() == own {
            each(thread);
        } else if thread.is_to_be_reweighed() {
            send(thread);
        }
    });
}
