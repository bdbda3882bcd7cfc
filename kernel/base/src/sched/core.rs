//! Switching threads: yielding, blocking, sleeping, the tick.
//!
//! Everything ends in `reschedule`, which runs with interrupts counted off once and takes no lock.

use alloc::sync::Arc;
use core::mem::ManuallyDrop;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;

use lockorder::blocking::{Patience, Waiting, without_serial_tokens};
use lockorder::{HardIrq, Held, IrqsOff, Level, MaySleep, Root, Task, entry_point, with_irqs_off};

use super::inbox;
use super::inbox::WAKE_VECTOR;
use super::run_queue::{self, RunQueue};
use super::thread::{Body, Thread};
use super::thread_id::ThreadId;
#[cfg(feature = "checker")]
use crate::checker;
use crate::interrupt::{self, Taken, Vector};
use crate::platform::Machine;
use crate::time::Instant;
use machine::cpu::CpuIndex;
use machine::interrupts::{self, InterruptsOff};
use machine::{cpu, cpus};
use spin::Once;

/// The interrupt of a CPU's tick.
pub const TICK_VECTOR: Vector = Vector::new(0xe0);

/// How long a thread runs before the tick lets another one on.
const SLICE: Duration = Duration::from_millis(10);

/// Which CPU asks each CPU for a thread, plus one; 0 for none.
static ASKED_BY: [AtomicUsize; cpu::MAXIMUM] = [const { AtomicUsize::new(0) }; cpu::MAXIMUM];

/// Whether somebody among each CPU's threads is lent a greater weight than it stands there with.
static REWEIGH: [AtomicBool; cpu::MAXIMUM] = [const { AtomicBool::new(false) }; cpu::MAXIMUM];

/// How often each CPU has ticked.
static TICKS: [AtomicUsize; cpu::MAXIMUM] = [const { AtomicUsize::new(0) }; cpu::MAXIMUM];

/// No thread's number.
const NOBODY: u64 = u64::MAX;

/// The number of the thread that runs on each CPU, for reports.
static RUNNING: [AtomicU64; cpu::MAXIMUM] = [const { AtomicU64::new(NOBODY) }; cpu::MAXIMUM];

/// The thread that runs on a CPU; none when the CPU has not joined in.
#[must_use]
pub fn running_on(index: CpuIndex) -> Option<ThreadId> {
    let number = RUNNING[index.get()].load(Ordering::Relaxed);
    (number != NOBODY).then_some(ThreadId::from_number(number))
}

/// How often a CPU has ticked.
#[must_use]
pub fn ticks_on(index: CpuIndex) -> usize {
    TICKS[index.get()].load(Ordering::Relaxed)
}

/// Runs closed code of this module on this CPU's run queue, which must be made.
fn own<O>(closed: impl FnOnce(&mut RunQueue) -> O) -> O {
    // SAFETY: the closures of this module acquire nothing and do not sleep.
    let result = unsafe { with_irqs_off::<Machine, _>(|evidence| run_queue::with_own(evidence, closed)) };
    result.expect("this CPU has a run queue")
}

/// The thread that runs here.
#[must_use]
pub fn current() -> Arc<Thread> {
    own(|queue| Arc::clone(&queue.current))
}

/// The thread that runs here, for as long as it does: cheaper than [`current`], for what every wait asks.
pub(super) fn with_current<O>(look: impl FnOnce(&Thread) -> O) -> O {
    let thread = own(|queue| Arc::as_ptr(&queue.current));
    // SAFETY: it runs this very code, and the run queue holds it alive until it has ended.
    look(unsafe { &*thread })
}

/// The name of the thread that runs here, for reports; also where a run queue is in use, or not made yet.
#[must_use]
pub fn current_name() -> &'static str {
    // SAFETY: looking at a name acquires nothing and does not sleep.
    unsafe {
        with_irqs_off::<Machine, _>(|evidence| {
            run_queue::try_with_own(evidence, |queue| queue.current.name())
        })
    }
    .unwrap_or("boot")
}

/// Makes this CPU a scheduler's: what runs now becomes its idle thread.
pub(crate) fn join_in() {
    interrupts::on_switch(preempt);
    inbox::on_own_push(look_at_inbox);
    // SAFETY: making the run queue allocates, which takes a leaf, and does not sleep.
    unsafe { with_irqs_off::<Machine, _>(run_queue::create_own) }
    own(|queue| {
        RUNNING[cpu::current().index().get()].store(queue.current.id().number(), Ordering::Relaxed);
    });
    // Outside of `own`, which counts interrupts back in the list that is set when it ends.
    #[cfg(feature = "checker")]
    with_current(|idle| {
        // SAFETY: an idle thread is never freed.
        unsafe { cpu::set_held_locks(idle.held_locks()) }
    });
}

/// Drains the inbox, gives a thread to the CPU that asks for one, and repositions threads whose weight has risen; returns whether
/// to preempt the current thread, which has just been charged.
fn take_in(queue: &mut RunQueue, index: CpuIndex) -> bool {
    let mut woken = false;
    inbox::take_all(index, |thread| {
        queue.add(thread);
        woken = true;
    });
    let moved = REWEIGH[index.get()].load(Ordering::Acquire)
        && REWEIGH[index.get()].swap(false, Ordering::AcqRel)
        && queue.reweigh();
    let asked_by = ASKED_BY[index.get()].swap(0, Ordering::AcqRel);
    if let Some(thief) = asked_by.checked_sub(1).and_then(CpuIndex::new)
        && let Some(thread) = queue.take_for(thief)
    {
        thread.move_to(thief);
        inbox::push(thief, thread);
    }
    moved || woken && queue.preempts()
}

/// Drains this CPU's inbox into its run queue; says whether somebody is to run sooner for that, and before the run queue is
/// made, or while closed code is in it that drains the inbox itself, nothing.
fn look(evidence: IrqsOff<'_>) -> Option<bool> {
    run_queue::try_with_own(evidence, |queue| {
        queue.charge_current(Instant::now());
        take_in(queue, cpu::current().index())
    })
}

/// Drains this CPU's inbox after a thread was pushed to it on this CPU. If that thread preempts the current one, it does so as
/// soon as preemption and interrupts are enabled. Legal anywhere.
fn look_at_inbox() {
    // SAFETY: the closure acquires nothing and does not sleep.
    unsafe {
        with_irqs_off::<Machine, _>(|evidence| {
            if look(evidence) == Some(true) {
                interrupts::want_switch(true);
            }
        });
    }
}

/// Asks the thread's CPU to requeue it after its weight rose from `before`.
pub(super) fn reweigh(thread: &Thread, before: u64) {
    thread.reweigh_from(before);
    let index = thread.cpu();
    REWEIGH[index.get()].store(true, Ordering::Release);
    if index != cpu::current().index() {
        inbox::interrupt_cpu(index);
    }
}

/// Why a thread lets another one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaves {
    /// It could go on: it waits for its turn in the run queue.
    Ready,
    /// It waits, or has been woken already and is in an inbox, or is dead: it does not queue by itself.
    Blocked,
}

/// Switches to the thread with the smallest virtual runtime; returns when this one runs again.
fn reschedule(_off: &InterruptsOff, leaves: Leaves) {
    let switch = own(|queue| {
        let index = cpu::current().index();
        interrupts::want_switch(false);
        let now = Instant::now();
        queue.charge_current(now);
        queue.slice_since = now;
        take_in(queue, index);
        let current = Arc::clone(&queue.current);
        if leaves == Leaves::Ready && !current.is_idle() {
            queue.add(Arc::clone(&current));
        }
        let next = queue.take_next().unwrap_or_else(|| Arc::clone(&queue.idle));
        if Arc::ptr_eq(&current, &next) {
            return None;
        }
        let (from, to) = (Arc::as_ptr(&current), Arc::as_ptr(&next));
        RUNNING[index.get()].store(next.id().number(), Ordering::Relaxed);
        queue.current = next;
        queue.previous = Some(current);
        Some((from, to))
    });
    if let Some((from, to)) = switch {
        // SAFETY: `from` runs here and `to` nowhere, both are this CPU's, and the run queue holds both alive
        // over the switch (as previous and current); interrupts are counted off once.
        unsafe { (*from).switch_to(&*to) }
        finish_switch();
    }
}

/// After a switch, on the new thread: lets go of the one that ran before. A dead one that nobody joins is freed
/// here, which takes no more than the heap's leaf.
fn finish_switch() {
    drop(own(|queue| queue.previous.take()));
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

/// What is called at each tick of each CPU.
static ON_TICK: Once<fn()> = Once::new();

/// Has `look` called at each tick of each CPU, in the interrupt handler. Once.
pub(crate) fn on_tick(look: fn()) {
    ON_TICK.call_once(|| look);
}

/// Registers the scheduler's interrupts. Once, at boot.
pub(crate) fn register() -> Result<(), Taken> {
    interrupt::register(WAKE_VECTOR, |mut held| answer(held.irqs_off::<Machine>().evidence()))?;
    interrupt::register(TICK_VECTOR, ticked)
}

/// Handles the interrupt of the tick.
fn ticked(held: Root<'_, HardIrq>) {
    let mut held = held;
    tick(held.irqs_off::<Machine>().evidence());
    if let Some(look) = ON_TICK.get() {
        look();
    }
}

/// The tick of this CPU, in its interrupt handler: charges the thread that runs, wakes sleepers, and ends a slice.
fn tick(evidence: IrqsOff<'_>) {
    let index = cpu::current().index();
    TICKS[index.get()].fetch_add(1, Ordering::Relaxed);
    run_queue::with_own(evidence, |queue| {
        let now = Instant::now();
        queue.charge_current(now);
        queue.wake_sleepers(now);
        let sooner = take_in(queue, index);
        let over = now.since(queue.slice_since) >= SLICE;
        if !queue.is_empty() && (over || sooner) {
            interrupts::want_switch(true);
        }
    });
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

/// Asks the CPU that has most for a thread.
fn ask_for_work(own: CpuIndex) {
    let busiest = cpus::all().filter(|&cpu| cpu != own).max_by_key(|&cpu| run_queue::ready_on(cpu));
    if let Some(busiest) = busiest
        && run_queue::ready_on(busiest) > 0
    {
        ASKED_BY[busiest.get()].store(own.get() + 1, Ordering::Release);
        inbox::interrupt_cpu(busiest);
    }
}

/// Whether somebody asks a CPU for a thread.
fn is_asked(index: CpuIndex) -> bool {
    ASKED_BY[index.get()].load(Ordering::Acquire) != 0
}

/// Deals with a wake-up interrupt: drains the inbox, gives a thread to who asks, and decides whether somebody is to run
/// sooner than the current thread. In the interrupt handler.
fn answer(evidence: IrqsOff<'_>) {
    let index = cpu::current().index();
    if !inbox::is_empty(index) || is_asked(index) || REWEIGH[index.get()].load(Ordering::Acquire) {
        let sooner = look(evidence) == Some(true);
        interrupts::want_switch(interrupts::switch_wanted() || sooner);
    }
}

/// The idle loop: runs whatever is ready, asks others for work, otherwise waits for an interrupt.
pub(crate) fn idle() -> ! {
    let index = cpu::current().index();
    loop {
        leave(Leaves::Ready);
        ask_for_work(index);
        interrupts::wait_unless(|| !inbox::is_empty(index) || run_queue::ready_on(index) > 0);
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
pub(super) extern "C" fn first_code() -> ! {
    finish_switch();
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
