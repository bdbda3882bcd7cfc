//! Switching threads: yielding, blocking, sleeping.
//!
//! Everything ends in `reschedule`, which runs with interrupts counted off once and takes no lock.

use alloc::sync::Arc;
use core::mem::{self, ManuallyDrop};
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use lockorder::blocking::{Patience, Waiting, without_serial_tokens};
use lockorder::{Held, IrqsOff, Level, MaySleep, Root, Task, entry_point, with_irqs_off};

use super::inbox::{self, WAKE_VECTOR};
use super::run_queue::{self, RunQueue};
use super::thread::{Body, Thread};
use super::thread_id::ThreadId;
use super::{balance, reweighed};
#[cfg(feature = "checker")]
use crate::checker;
use crate::interrupt::{self, Taken};
use crate::mm::frames;
use crate::platform::Machine;
use crate::time::Instant;
use machine::cpu;
use machine::cpu::{CpuIndex, Line, PerCpu};
use machine::interrupts::{self, InterruptsOff};

/// No thread's number.
const NOBODY: u64 = u64::MAX;

/// The number of the thread that runs on each CPU, for reports.
static RUNNING: PerCpu<AtomicU64> = PerCpu::new([const { Line::new(AtomicU64::new(NOBODY)) }; cpu::MAXIMUM]);

/// The thread that runs on a CPU; none when the CPU has not joined in.
#[must_use]
pub fn running_on(index: CpuIndex) -> Option<ThreadId> {
    let number = RUNNING[index].load(Ordering::Relaxed);
    (number != NOBODY).then_some(ThreadId::from_number(number))
}

/// How long a thread has run, in nanoseconds, up to now: what it was charged for, and what it has run since on its CPU.
///
/// Of a thread that is charged at this moment on another CPU the last part may be missing, or be there twice.
#[must_use]
pub fn runtime_of(thread: &Thread) -> u64 {
    loop {
        let charged = thread.runtime();
        let index = thread.cpu();
        let runs = running_on(index) == Some(thread.id());
        let since = run_queue::charged_on(index);
        let running = if runs { Instant::now().nanos_since(since) } else { 0 };
        if thread.runtime() == charged {
            return charged.saturating_add(running);
        }
    }
}

/// Runs closed code of this module on this CPU's run queue, which must be made.
fn own<O>(closed: impl FnOnce(&mut RunQueue) -> O) -> O {
    // SAFETY: the closures of this module acquire nothing and do not sleep.
    let result = unsafe { with_irqs_off::<Machine, _>(|evidence| run_queue::with_own(evidence, closed)) };
    result.expect("this CPU has a run queue")
}

/// The thread that runs here; none before this CPU has joined in. For as long as the calling code runs.
#[inline]
fn try_with_current<O>(look: impl FnOnce(&Thread) -> O) -> Option<O> {
    // SAFETY: null, or what a run queue has made the current thread: it runs this very code, and the run queue holds it alive
    // until it has ended.
    unsafe { cpu::thread().cast::<Thread>().as_ref() }.map(look)
}

/// The thread that runs here, for as long as it does: two loads, for what every acquisition asks.
///
/// # Panics
///
/// Before this CPU has joined in.
#[inline]
pub(super) fn with_current<O>(look: impl FnOnce(&Thread) -> O) -> O {
    try_with_current(look).expect("this CPU has threads")
}

/// The thread that runs here.
///
/// # Panics
///
/// Before this CPU has joined in.
#[must_use]
pub fn current() -> Arc<Thread> {
    let thread = cpu::thread().cast::<Thread>();
    assert!(!thread.is_null(), "this CPU has no threads yet");
    // SAFETY: the pointer is that of a run queue's `Arc`, which holds the thread alive while this code runs; the count is raised
    // for the new reference.
    unsafe {
        Arc::increment_strong_count(thread);
        Arc::from_raw(thread)
    }
}

/// The name of the thread that runs here, for reports.
#[must_use]
pub fn current_name() -> &'static str {
    try_with_current(Thread::name).unwrap_or("boot")
}

/// Makes this CPU a scheduler's: what runs now becomes its idle thread.
pub(crate) fn join_in() {
    interrupts::on_switch(preempt);
    inbox::deliver_with(deliver);
    // SAFETY: making the run queue allocates, which takes a leaf, and does not sleep.
    unsafe { with_irqs_off::<Machine, _>(run_queue::create_own) }
    own(|queue| {
        RUNNING[cpu::current().index()].store(queue.current.id().number(), Ordering::Relaxed);
        // SAFETY: an idle thread is never freed.
        unsafe { cpu::set_thread(Arc::as_ptr(&queue.current).cast()) }
    });
    // Outside of `own`, which counts interrupts back in the list that is set when it ends.
    #[cfg(feature = "checker")]
    with_current(|idle| {
        // SAFETY: an idle thread is never freed.
        unsafe { cpu::set_held_locks(idle.held_locks()) }
    });
}

/// Drains the inbox, repositions threads whose weight has risen, and gives threads to CPUs that ask or idle; returns whether
/// to preempt the current thread, which has just been charged.
pub(super) fn take_in(queue: &mut RunQueue, index: CpuIndex) -> bool {
    let mut changed = false;
    // Before the inbox: with the last reference to a thread its stack goes, which may wake the reaper on this CPU.
    reweighed::take_all(index, |thread| changed |= queue.reweigh(&thread));
    inbox::take_all(index, |thread| {
        queue.add(thread);
        changed = true;
    });
    balance::give_to_who_asks(queue, index);
    balance::give_to_who_idles(queue, index, 1);
    changed && queue.preempts()
}

/// Puts a thread of this CPU into its run queue. If it preempts the current thread, it does so as soon as preemption and
/// interrupts are enabled. Gives it back before the run queue is made, and while closed code is in it, which drains the inbox
/// before it ends. Legal anywhere.
fn deliver(thread: Arc<Thread>) -> Result<(), Arc<Thread>> {
    let mut undelivered = Some(thread);
    // SAFETY: the closure acquires nothing and does not sleep.
    unsafe {
        with_irqs_off::<Machine, _>(|evidence| {
            let preempts = run_queue::try_with_own(evidence, |queue| {
                let now = Instant::now();
                queue.charge_current(now);
                if let Some(thread) = undelivered.take() {
                    queue.add(thread);
                }
                balance::give_to_who_idles(queue, cpu::current().index(), 1);
                queue.set_timer(now);
                queue.preempts()
            });
            if preempts == Some(true) {
                interrupts::want_switch(true);
            }
        });
    }
    undelivered.map_or(Ok(()), Err)
}

/// Why a thread lets another one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaves {
    /// It could go on: it waits for its turn in the run queue.
    Ready,
    /// It waits, or has been woken already and is in an inbox, or is dead: it does not queue by itself.
    Blocked,
}

/// Removes the thread with the smallest virtual runtime that may run here; gives those away that may not.
///
/// The current one stays among the ready ones for now: what it runs with is not saved yet.
fn take_next(queue: &mut RunQueue, index: CpuIndex) -> Arc<Thread> {
    let mut current = None;
    let next = loop {
        match queue.take_next() {
            None => break Arc::clone(&queue.idle),
            Some(thread) if thread.allowed().contains(index) => break thread,
            Some(thread) if Arc::ptr_eq(&thread, &queue.current) => current = Some(thread),
            Some(thread) => balance::move_to_allowed(queue.part_with(thread)),
        }
    };
    if let Some(current) = current {
        queue.add(current);
    }
    next
}

/// Switches to the thread with the smallest virtual runtime; returns when this one runs again.
fn reschedule(_off: &InterruptsOff, leaves: Leaves) {
    let switch = own(|queue| {
        let index = cpu::current().index();
        interrupts::want_switch(false);
        let now = Instant::now();
        queue.charge_current(now);
        queue.begin_slice(now);
        take_in(queue, index);
        let stays = leaves == Leaves::Ready && !queue.current.is_idle();
        let may_stay = queue.current.allowed().contains(index);
        if stays && may_stay && queue.is_empty() {
            queue.set_timer(now);
            return None;
        }
        if stays {
            queue.add(Arc::clone(&queue.current));
        }
        let next = take_next(queue, index);
        let current = mem::replace(&mut queue.current, next);
        queue.set_timer(now);
        let to = Arc::as_ptr(&queue.current);
        if Arc::as_ptr(&current) == to {
            return None;
        }
        if current.is_idle() {
            balance::works(index);
        }
        RUNNING[index].store(queue.current.id().number(), Ordering::Relaxed);
        Some((current, to))
    });
    if let Some((current, next)) = switch {
        // SAFETY: the current thread runs here and `next` nowhere, both are this CPU's, and the run queue holds the next one
        // alive while it runs; interrupts are counted off once.
        let previous = unsafe { Thread::switch_to(current, next) };
        // A dead one that nobody joins is freed here, on another stack than its own, which takes no more than leaves.
        drop(previous);
    }
}

/// Switches with interrupts off; returns, with interrupts as before, when this thread runs again.
fn leave(leaves: Leaves) {
    let off = InterruptsOff::new();
    reschedule(&off, leaves);
}

/// Lets others run.
pub fn yield_now<H: Level, C: MaySleep>(_held: &mut Held<'_, H, C>) {
    leave(Leaves::Ready);
}

/// Waits until somebody wakes this thread, which has prepared to wait.
pub(super) fn block() {
    leave(Leaves::Blocked);
}

/// Has this CPU wake the current thread at a time. Preemption is off.
pub(super) fn wake_at(deadline: Instant) {
    own(|queue| queue.add_sleeper(deadline, Arc::clone(&queue.current)));
}

/// Cancels `wake_at`.
pub(super) fn forget_wake_at() {
    own(|queue| {
        let current = Arc::clone(&queue.current);
        queue.remove_sleeper(&current);
    });
}

/// Waits for a time, at least.
#[track_caller]
pub fn sleep<H: Level, C: MaySleep>(_held: &mut Held<'_, H, C>, time: Duration) {
    let waiting = Waiting::here(Patience::For(time));
    // SAFETY: the token's context may sleep, and what ends the wait is the clock, which needs nothing that is held.
    unsafe { without_serial_tokens::<Machine, _>(&waiting, || sleep_until(Instant::now() + time)) };
}

/// Waits for a moment.
fn sleep_until(deadline: Instant) {
    while Instant::now() < deadline {
        let off = InterruptsOff::new();
        own(|queue| {
            queue.current.prepare_to_wait();
            queue.add_sleeper(deadline, Arc::clone(&queue.current));
        });
        reschedule(&off, Leaves::Blocked);
        drop(off);
    }
    // Somebody else may have ended the last wait.
    forget_wake_at();
}

/// Registers the interrupt by which a CPU is told that it was sent something. Once, at boot.
pub(crate) fn register() -> Result<(), Taken> {
    interrupt::register(WAKE_VECTOR, |mut held| answer(held.irqs_off::<Machine>().evidence()))
}

/// After an interrupt was dealt with, interrupts counted off once: switches if the slice is over and the
/// thread that was interrupted may be preempted.
pub(crate) fn interrupt_tail() {
    if interrupts::switch_wanted() && interrupts::preemption_off_count() == 0 {
        // SAFETY: the handler's count, for which there is no value; the trap code counts back after this.
        let off = ManuallyDrop::new(unsafe { InterruptsOff::adopt() });
        reschedule(&off, Leaves::Ready);
    }
}

/// Switches when preemption has been enabled again and a switch is wanted.
fn preempt() {
    leave(Leaves::Ready);
}

/// Handles a wake-up interrupt: drains the inbox, gives a thread to who asks, and decides whether to preempt the current thread.
/// In the interrupt handler.
fn answer(evidence: IrqsOff<'_>) {
    let index = cpu::current().index();
    if inbox::is_empty(index) && !balance::is_asked(index) && reweighed::is_empty(index) {
        return;
    }
    let preempts = run_queue::with_own(evidence, |queue| {
        let now = Instant::now();
        queue.charge_current(now);
        let preempts = take_in(queue, index);
        queue.set_timer(now);
        preempts
    });
    interrupts::want_switch(interrupts::switch_wanted() || preempts == Some(true));
}

/// The idle loop: runs whatever is ready, asks others for work, zeroes frames ahead, otherwise waits for an interrupt.
pub(crate) fn idle() -> ! {
    let index = cpu::current().index();
    loop {
        leave(Leaves::Ready);
        balance::idles(index);
        balance::ask_for_work(index);
        // A thread that has run here since has said that the CPU works, and others must see that it halts.
        let is_to_go_on =
            || !balance::is_idle(index) || !inbox::is_empty(index) || run_queue::ready_on(index) > 0;
        while !is_to_go_on() && frames::zero_ahead() {}
        interrupts::wait_unless(is_to_go_on);
        balance::works(index);
    }
}

/// Runs a thread's body with its root.
///
/// # Safety
///
/// Called by the first code of each thread, once, with nothing held.
#[entry_point(thread)]
unsafe fn enter(held: Root<'_, Task>, body: Body) {
    body(held);
}

/// The first function of every thread.
pub(super) extern "C" fn first_code(brought: *const ()) -> ! {
    // SAFETY: the switch to this thread has brought it, and this is its first function.
    drop(unsafe { Thread::ran_before(brought) });
    let thread = current();
    // SAFETY: this is that thread.
    let body = unsafe { thread.take_body() };
    // A new thread begins with interrupts counted off once, as every thread is switched to.
    // SAFETY: that count is this thread's, and there is no value for it.
    drop(unsafe { InterruptsOff::adopt() });
    if let Some(body) = body {
        // SAFETY: this is the thread's first function, once, and nothing is held.
        unsafe { enter(body) }
    }
    #[cfg(feature = "checker")]
    checker::assert_none_held(thread.held_locks());
    thread.die();
    drop(thread);
    let off = InterruptsOff::new();
    reschedule(&off, Leaves::Blocked);
    unreachable!("a dead thread was scheduled")
}
