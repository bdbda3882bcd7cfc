//! Spreading threads over the CPUs.
//!
//! A thread begins on the CPU of the thread that starts it, and stays where it ran last. Two rules move it:
//!
//! - *A CPU with more than it can run gives.* Where a second thread waits for a turn, or one waits to the end of a slice, and
//!   another CPU idles, one thread is given to that CPU. The thread is taken near the end of the queue, so the one that is
//!   about to run anyway stays.
//! - *A CPU with nothing to run asks.* Before it halts it asks the CPU that has most.
//!
//! A CPU that is about to halt first says that it idles, and then looks whether anybody has a thread for it; whoever has one
//! first says so, and then looks who idles: one of the two sees the other.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};

use super::inbox;
use super::run_queue::{self, Leaving, RunQueue};
use machine::cpu::{self, CpuIndex, Line, PerCpu};
use machine::cpus;

/// Which CPU asks each CPU for a thread, plus one; 0 for none.
static ASKED_BY: PerCpu<AtomicUsize> = PerCpu::new([const { Line::new(AtomicUsize::new(0)) }; cpu::MAXIMUM]);

/// The CPUs that idle, one bit each.
static IDLE: Line<AtomicU64> = Line::new(AtomicU64::new(0));

/// Says that a CPU idles, until [`works`].
pub(super) fn idles(own: CpuIndex) {
    IDLE.fetch_or(1 << own.get(), Ordering::SeqCst);
}

/// Whether a CPU idles, as others see it.
pub(super) fn is_idle(own: CpuIndex) -> bool {
    IDLE.load(Ordering::SeqCst) & 1 << own.get() != 0
}

/// Says that a CPU does not idle any more.
pub(super) fn works(own: CpuIndex) {
    IDLE.fetch_and(!(1 << own.get()), Ordering::SeqCst);
}

/// Asks the CPU that has most for a thread.
pub(super) fn ask_for_work(own: CpuIndex) {
    let busiest = cpus::all().filter(|&cpu| cpu != own).max_by_key(|&cpu| run_queue::ready_on(cpu));
    if let Some(busiest) = busiest
        && run_queue::ready_on(busiest) > 0
    {
        ASKED_BY[busiest].store(own.get() + 1, Ordering::Release);
        inbox::interrupt_cpu(busiest);
    }
}

/// Whether somebody asks a CPU for a thread.
pub(super) fn is_asked(index: CpuIndex) -> bool {
    ASKED_BY[index].load(Ordering::Acquire) != 0
}

/// Gives a thread of this CPU to the one that asks for one.
pub(super) fn give_to_who_asks(queue: &mut RunQueue, own: CpuIndex) {
    if is_asked(own)
        && let Some(thief) = ASKED_BY[own].swap(0, Ordering::AcqRel).checked_sub(1).and_then(CpuIndex::new)
    {
        give(queue, thief);
    }
}

/// Gives a thread of this CPU to one that idles, where more than `enough` are ready.
pub(super) fn give_to_who_idles(queue: &mut RunQueue, own: CpuIndex, enough: usize) {
    if queue.ready() <= enough {
        return;
    }
    // After the count of ready threads was written.
    fence(Ordering::SeqCst);
    let idle = IDLE.load(Ordering::SeqCst) & !(1 << own.get());
    if let Some(index) = queue.last_allowed(idle) {
        // The next one goes to another CPU.
        works(index);
        give(queue, index);
    }
}

/// Gives a thread to a CPU that it may run on.
pub(super) fn move_to_allowed(thread: Leaving) {
    let allowed = thread.allowed().bits();
    let other = cpus::all().find(|cpu| allowed >> cpu.get() & 1 == 1).unwrap_or(CpuIndex::FIRST);
    thread.send(other);
}

/// Gives a thread of this CPU to another.
fn give(queue: &mut RunQueue, other: CpuIndex) {
    if let Some(thread) = queue.take_for(other) {
        thread.send(other);
    }
}
