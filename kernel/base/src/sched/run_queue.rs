//! One CPU's threads: who runs, who could, who sleeps until when.
//!
//! Plain data without a lock. It belongs to its CPU, which touches it with interrupts off: `with_own` takes
//! the evidence for that. The next thread is the one with the smallest virtual runtime: what it has run,
//! divided by its weight.
//!
//! Both trees are intrusive: a thread carries its links, so that nothing is allocated with interrupts off. A thread
//! is in the trees of the CPU it belongs to only, and leaves both before it is given to another one.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;

use intrusive_collections::RBTree;
use lockorder::{CpuLocal, Exclusive, IrqsOff, MAXIMUM_CPUS, OwnLine};
use order::{ByDeadline, ByRuntime};

use super::idling::idled;
use super::inbox;
use super::thread::{CpuSet, Thread};
use crate::platform::Machine;
use crate::time::Instant;
use machine::cpu::{CpuIndex, Line, PerCpu};
use machine::{cpu, timer};

/// The orders of the two trees.
mod order {
    #![allow(clippy::expl_impl_clone_on_copy, reason = "written by the macro")]

    use alloc::sync::Arc;

    use intrusive_collections::{KeyAdapter, RBTreeAtomicLink, intrusive_adapter};

    use super::super::thread_id::ThreadId;
    use super::Thread;
    use crate::time::Instant;

    intrusive_adapter!(pub(super) ByRuntime = Arc<Thread>: Thread { ready_link => RBTreeAtomicLink });
    intrusive_adapter!(pub(super) ByDeadline = Arc<Thread>: Thread { sleeper_link => RBTreeAtomicLink });

    impl KeyAdapter<'_> for ByRuntime {
        type Key = (u64, ThreadId);

        fn get_key(&self, thread: &Thread) -> (u64, ThreadId) {
            (thread.virtual_runtime(), thread.id())
        }
    }

    impl KeyAdapter<'_> for ByDeadline {
        type Key = (Instant, ThreadId);

        fn get_key(&self, thread: &Thread) -> (Instant, ThreadId) {
            (thread.deadline(), thread.id())
        }
    }
}

/// What a thread may have run less than others, when it comes back after a long wait: nanoseconds by its own weight.
const LARGEST_LAG: u64 = 20_000_000;

/// How much smaller a woken thread's virtual runtime must be to preempt the current one before its slice ends: nanoseconds by its own
/// weight. Two that wake each other over and over do not switch more often for it.
const WAKE_UP_GRANULARITY: u64 = 1_000_000;

/// How long a thread runs before another one gets its turn.
const SLICE: Duration = Duration::from_millis(10);

/// How many sleepers are woken at once; the timer is due again at once for more.
const WOKEN_AT_ONCE: usize = 32;

/// How many threads are looked at for one that may run elsewhere.
const LOOKED_AT: usize = 8;

/// When the thread that runs on each CPU was charged last, in nanoseconds: what others look at.
static CHARGED: PerCpu<AtomicU64> = PerCpu::new([const { Line::new(AtomicU64::new(0)) }; cpu::MAXIMUM]);

/// When the thread that runs on a CPU was charged last.
pub(super) fn charged_on(index: CpuIndex) -> Instant {
    Instant::from_nanos(CHARGED[index].load(Ordering::Relaxed))
}

/// A thread that has left the trees of its CPU for another one's inbox: so it is in no tree there, and what it has run, which is
/// compared on one CPU only, is forgotten.
#[must_use = "a thread that is not sent never runs again"]
pub(super) struct Leaving(Arc<Thread>);

impl Leaving {
    /// Where it may run.
    pub(super) fn allowed(&self) -> CpuSet {
        self.0.allowed()
    }

    /// Sends it to a CPU.
    pub(super) fn send(self, to: CpuIndex) {
        let Self(thread) = self;
        thread.move_to(to);
        inbox::push(to, thread);
    }
}

/// One CPU's threads.
pub(super) struct RunQueue {
    /// Who runs now.
    pub(super) current: Arc<Thread>,
    /// Who runs when nobody else wants to.
    pub(super) idle: Arc<Thread>,
    /// Who could run, by runtime and number.
    ready: RBTree<ByRuntime>,
    /// How many those are.
    ready_count: usize,
    /// Who sleeps, by deadline and number.
    sleepers: RBTree<ByDeadline>,
    /// When the current thread was charged last.
    pub(super) since: Instant,
    /// When the current thread's slice began.
    slice_since: Instant,
    /// When the CPU is to show next that it takes interrupts.
    beat_due: Instant,
    /// What the thread that has run least has run, the current one included; never moves back. Those who come back catch up
    /// to it.
    least: u64,
}

impl RunQueue {
    /// A CPU that runs its idle thread.
    fn new(idle: Arc<Thread>) -> Self {
        Self {
            current: Arc::clone(&idle),
            idle,
            ready: RBTree::new(ByRuntime::new()),
            ready_count: 0,
            sleepers: RBTree::new(ByDeadline::new()),
            since: Instant::BOOT,
            slice_since: Instant::BOOT,
            beat_due: Instant::BOOT,
            least: 0,
        }
    }

    /// Adds a thread that could run.
    pub(super) fn add(&mut self, thread: Arc<Thread>) {
        if thread.is_to_be_reweighed()
            && let Some(before) = thread.take_reweighed_from()
        {
            thread.scale_runtime(self.least, before);
        }
        if thread.virtual_runtime() < self.least {
            thread.catch_up(self.least.saturating_sub(LARGEST_LAG / thread.weight()));
        }
        self.ready.insert(thread);
        self.count(1);
    }

    /// Charges the current thread for what it has run up to `now`, and moves the floor: a thread that runs alone takes it
    /// along, so that who comes later is not let run for as long as it did (Linux's `update_min_vruntime`).
    pub(super) fn charge_current(&mut self, now: Instant) {
        let ran = now.nanos_since(self.since);
        self.since = now;
        CHARGED[cpu::current().index()].store(now.as_nanos(), Ordering::Relaxed);
        if self.current.is_idle() {
            idled(ran);
            if let Some(first) = self.ready.front().get() {
                self.least = self.least.max(first.virtual_runtime());
            }
            return;
        }
        if self.current.ready_link.is_linked() {
            // It has been woken before it has left: its runtime is its place in the tree.
            // SAFETY: a thread is in the trees of its own CPU only.
            let removed = unsafe { self.ready.cursor_mut_from_ptr(Arc::as_ptr(&self.current)) }.remove();
            self.current.charge(ran);
            if let Some(thread) = removed {
                self.ready.insert(thread);
            }
        } else {
            self.current.charge(ran);
        }
        let mut least = self.current.virtual_runtime();
        if let Some(first) = self.ready.front().get() {
            least = least.min(first.virtual_runtime());
        }
        self.least = self.least.max(least);
    }

    /// Removes the thread with the smallest virtual runtime.
    pub(super) fn take_next(&mut self) -> Option<Arc<Thread>> {
        let thread = self.ready.front_mut().remove()?;
        self.least = self.least.max(thread.virtual_runtime());
        self.count(-1);
        Some(thread)
    }

    /// A CPU of the set `cpus`, one bit each, where a thread near to the one that would run here last may run.
    pub(super) fn last_allowed(&self, cpus: u64) -> Option<CpuIndex> {
        if cpus == 0 {
            return None;
        }
        let mut candidate = self.ready.back();
        for _ in 0..LOOKED_AT {
            let thread = candidate.get()?;
            let allowed = thread.allowed().bits() & cpus;
            if allowed != 0 && !core::ptr::eq(thread, Arc::as_ptr(&self.current)) {
                return CpuIndex::new(allowed.trailing_zeros() as usize);
            }
            candidate.move_prev();
        }
        None
    }

    /// Has a thread leave for another CPU that has left the ready ones here: it may be among the sleepers still, where somebody has
    /// woken it before its time. It is not the current one, whose registers are not saved yet.
    pub(super) fn part_with(&mut self, thread: Arc<Thread>) -> Leaving {
        self.remove_sleeper(&thread);
        // On the other CPU it begins where that one stands.
        thread.forget_runtime();
        Leaving(thread)
    }

    /// Takes a thread that may run on another CPU, near to the one that would run here last.
    pub(super) fn take_for(&mut self, cpu: CpuIndex) -> Option<Leaving> {
        // The current thread is among the ready ones when it was woken between declaring to wait and leaving: its
        // registers are not saved yet, and another CPU must not go on as it.
        let current = Arc::as_ptr(&self.current);
        let movable = |thread: &Thread| thread.allowed().contains(cpu) && !core::ptr::eq(thread, current);
        let mut candidate = self.ready.back_mut();
        for _ in 0..LOOKED_AT {
            if movable(candidate.get()?) {
                break;
            }
            candidate.move_prev();
        }
        candidate.get().filter(|thread| movable(thread))?;
        let thread = candidate.remove()?;
        self.count(-1);
        Some(self.part_with(thread))
    }

    /// Repositions a thread of this CPU whose weight has risen; says whether it stands among the ready ones.
    pub(super) fn reweigh(&mut self, thread: &Arc<Thread>) -> bool {
        if !thread.ready_link.is_linked() {
            // The current one is rescaled here, and whoever waits when it comes back.
            if Arc::ptr_eq(thread, &self.current)
                && let Some(before) = thread.take_reweighed_from()
            {
                thread.scale_runtime(self.least, before);
            }
            return false;
        }
        let Some(before) = thread.take_reweighed_from() else { return false };
        // SAFETY: a thread is in the trees of its own CPU only, and this is its own.
        let removed = unsafe { self.ready.cursor_mut_from_ptr(Arc::as_ptr(thread)) }.remove();
        thread.scale_runtime(self.least, before);
        if let Some(thread) = removed {
            self.ready.insert(thread);
        }
        true
    }

    /// Whether the thread that has run least has run so much less than the current one, which has just been charged, that it
    /// is not to wait for the end of the slice.
    pub(super) fn preempts(&self) -> bool {
        self.ready.front().get().is_some_and(|first| {
            let ahead = WAKE_UP_GRANULARITY / first.weight();
            self.current.is_idle() || first.virtual_runtime() + ahead < self.current.virtual_runtime()
        })
    }

    /// Whether nobody else wants to run.
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// Wakes a thread of this CPU at a time, which takes the place of any other.
    pub(super) fn add_sleeper(&mut self, deadline: Instant, thread: Arc<Thread>) {
        self.remove_sleeper(&thread);
        thread.set_deadline(deadline);
        self.sleepers.insert(thread);
    }

    /// Forgets to wake a thread of this CPU, if it was to be woken.
    pub(super) fn remove_sleeper(&mut self, thread: &Thread) {
        if thread.sleeper_link.is_linked() {
            // SAFETY: a thread is in the trees of its own CPU only.
            drop(unsafe { self.sleepers.cursor_mut_from_ptr(thread) }.remove());
        }
    }

    /// Wakes whose time has come.
    pub(super) fn wake_sleepers(&mut self, now: Instant) {
        let mut first = self.sleepers.front_mut();
        for _ in 0..WOKEN_AT_ONCE {
            if first.get().is_none_or(|thread| thread.deadline() > now) {
                break;
            }
            if let Some(thread) = first.remove() {
                thread.wake();
            }
        }
    }

    /// Begins a slice.
    pub(super) fn begin_slice(&mut self, now: Instant) {
        self.slice_since = now;
    }

    /// Whether the current thread has had its slice, and another one wants to run.
    pub(super) fn slice_is_over(&self, now: Instant) -> bool {
        !self.is_empty() && now >= self.slice_since + SLICE
    }

    /// Whether the CPU is to show now that it takes interrupts; once each `period`.
    pub(super) fn beats(&mut self, now: Instant, period: Duration) -> bool {
        let due = now >= self.beat_due;
        if due {
            self.beat_due = now + period;
        }
        due
    }

    /// Has the CPU interrupted when something is due: a sleeper, the end of a slice that somebody waits for, a beat.
    pub(super) fn set_timer(&self, now: Instant) {
        let mut due = self.beat_due;
        if let Some(sleeper) = self.sleepers.front().get() {
            due = due.min(sleeper.deadline());
        }
        if !self.is_empty() && !self.current.is_idle() {
            let end = self.slice_since + SLICE;
            // A slice that is over already waits for preemption to be enabled.
            due = due.min(if end > now { end } else { now + SLICE });
        }
        timer::set_due(due.as_nanos());
    }

    /// How many threads are ready.
    pub(super) const fn ready(&self) -> usize {
        self.ready_count
    }

    /// Counts ready threads, and tells others.
    fn count(&mut self, change: isize) {
        self.ready_count = self.ready_count.saturating_add_signed(change);
        READY[self.idle.cpu()].store(self.ready_count, Ordering::Relaxed);
    }
}

/// Each CPU's run queue, once it has one.
static QUEUES: CpuLocal<Exclusive<Option<RunQueue>>, Machine> =
    CpuLocal::new([const { OwnLine::new(Exclusive::new(None)) }; MAXIMUM_CPUS]);

/// How many threads are ready on each CPU, for those who look for work.
static READY: PerCpu<AtomicUsize> = PerCpu::new([const { Line::new(AtomicUsize::new(0)) }; cpu::MAXIMUM]);

/// How many threads are ready on a CPU, as it said last.
pub(super) fn ready_on(cpu: CpuIndex) -> usize {
    READY[cpu].load(Ordering::Relaxed)
}

/// Makes this CPU's run queue, whose idle thread is the one that runs now.
pub(super) fn create_own(evidence: IrqsOff<'_>) {
    let index = cpu::current().index();
    let queue = RunQueue::new(Thread::adopt(index));
    let placed = QUEUES.with_mut(evidence, |place| *place = Some(queue));
    debug_assert_eq!(placed, Ok(()), "nobody uses a run queue before it is made");
}

/// Runs closed code on this CPU's run queue; `None` before it is made, or while closed code is in it, which wakes a thread
/// itself or which a fault has interrupted.
pub(super) fn try_with_own<O>(evidence: IrqsOff<'_>, closed: impl FnOnce(&mut RunQueue) -> O) -> Option<O> {
    QUEUES.with_mut(evidence, |queue| queue.as_mut().map(closed)).ok().flatten()
}

/// Runs closed code on this CPU's run queue; `None` before it is made.
///
/// # Panics
///
/// When closed code comes back to its run queue.
pub(super) fn with_own<O>(evidence: IrqsOff<'_>, closed: impl FnOnce(&mut RunQueue) -> O) -> Option<O> {
    let result = QUEUES.with_mut(evidence, |queue| queue.as_mut().map(closed));
    result.expect("closed code does not come back to its run queue")
}
