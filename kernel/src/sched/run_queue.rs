//! One CPU's threads: who runs, who could, who sleeps until when.
//!
//! Plain data without a lock. It belongs to its CPU, which touches it with interrupts off: `with_own` takes
//! the evidence for that. The fairest thread is the one that has run least, divided by its weight.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use lockorder::IrqsOff;

use super::inbox;
use super::thread::Thread;
use crate::arch::cpu;

/// What a thread's runtime may be behind, when it comes back after a long wait: nanoseconds.
const LARGEST_LAG: u64 = 20_000_000;

/// One CPU's threads.
pub(super) struct RunQueue {
    /// Who runs now.
    pub(super) current: Arc<Thread>,
    /// Who runs when nobody else wants to.
    pub(super) idle: Arc<Thread>,
    /// Who could run, by runtime and number.
    ready: BTreeMap<(u64, u64), Arc<Thread>>,
    /// Who sleeps, by deadline and number.
    sleepers: BTreeMap<(u64, u64), Arc<Thread>>,
    /// Who ran before the switch that is under way, if it must not be forgotten before that is over.
    pub(super) previous: Option<Arc<Thread>>,
    /// When the current thread began to run, or was charged last.
    pub(super) since: u64,
    /// No thread here has run less than this, to whom those who come back catch up.
    least: u64,
}

impl RunQueue {
    /// A CPU that runs its idle thread.
    fn new(idle: Arc<Thread>) -> Self {
        Self {
            current: Arc::clone(&idle),
            idle,
            ready: BTreeMap::new(),
            sleepers: BTreeMap::new(),
            previous: None,
            since: 0,
            least: 0,
        }
    }

    /// Adds a thread that could run.
    pub(super) fn add(&mut self, thread: Arc<Thread>) {
        thread.catch_up(self.least.saturating_sub(LARGEST_LAG));
        self.ready.insert((thread.virtual_runtime(), thread.id()), thread);
        self.publish();
    }

    /// Takes the thread that has run least.
    pub(super) fn take_next(&mut self) -> Option<Arc<Thread>> {
        let ((runtime, _), thread) = self.ready.pop_first()?;
        self.least = self.least.max(runtime);
        self.publish();
        Some(thread)
    }

    /// Takes a thread that may run on another CPU, the one that would run here last.
    pub(super) fn take_for(&mut self, cpu: usize) -> Option<Arc<Thread>> {
        // The current thread is among the ready ones when it was woken between declaring to wait and leaving: its
        // registers are not saved yet, and another CPU must not go on as it.
        let movable =
            |thread: &Arc<Thread>| thread.allowed().contains(cpu) && !Arc::ptr_eq(thread, &self.current);
        let key = *self.ready.iter().rev().find(|(_, thread)| movable(thread))?.0;
        let thread = self.ready.remove(&key)?;
        // Runtimes are compared on one CPU only: on the other one it begins where that one stands.
        thread.forget_runtime();
        self.publish();
        Some(thread)
    }

    /// Whether nobody else wants to run.
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// Wakes a thread at a time.
    pub(super) fn add_sleeper(&mut self, deadline: u64, thread: Arc<Thread>) {
        self.sleepers.insert((deadline, thread.id()), thread);
    }

    /// Forgets a sleeper that was woken otherwise, if it sleeps here.
    pub(super) fn remove_sleeper(&mut self, deadline: u64, thread: &Thread) {
        self.sleepers.remove(&(deadline, thread.id()));
    }

    /// Wakes whose time has come.
    pub(super) fn wake_sleepers(&mut self, now: u64) {
        while let Some(first) = self.sleepers.first_entry()
            && first.key().0 <= now
        {
            first.remove().wake();
        }
    }

    /// Tells others how many are ready here.
    fn publish(&self) {
        READY[self.idle.cpu()].store(self.ready.len(), Ordering::Relaxed);
    }
}

/// One CPU's place.
struct Place {
    queue: UnsafeCell<Option<RunQueue>>,
    /// Whether somebody is in: closed code never comes back here.
    busy: AtomicBool,
}

// SAFETY: each place is touched by its own CPU only, interrupts off (`with_own`).
unsafe impl Sync for Place {}

static PLACES: [Place; cpu::MAXIMUM] =
    [const { Place { queue: UnsafeCell::new(None), busy: AtomicBool::new(false) } }; cpu::MAXIMUM];

/// How many threads are ready on each CPU, for those who look for work.
static READY: [AtomicUsize; cpu::MAXIMUM] = [const { AtomicUsize::new(0) }; cpu::MAXIMUM];

/// How many threads are ready on a CPU, as it said last.
pub(super) fn ready_on(cpu: usize) -> usize {
    READY[cpu].load(Ordering::Relaxed)
}

/// Makes this CPU's run queue, whose idle thread is the one that runs now.
pub(super) fn create_own(_evidence: IrqsOff<'_>) {
    let index = cpu::current().index();
    // SAFETY: this CPU's own place, interrupts off, once and before anybody else looks.
    unsafe { *PLACES[index].queue.get() = Some(RunQueue::new(Thread::adopt(index))) }
    inbox::set_idle(index, false);
}

/// Looks at this CPU's run queue; `None` before it is made, or while closed code is in it, which a fault may have
/// interrupted.
pub(super) fn peek<O>(_evidence: IrqsOff<'_>, look: impl FnOnce(&RunQueue) -> O) -> Option<O> {
    let place = &PLACES[cpu::current().index()];
    if place.busy.load(Ordering::Relaxed) {
        return None;
    }
    // SAFETY: this CPU's own place, interrupts off, and nobody is in it.
    unsafe { (*place.queue.get()).as_ref() }.map(look)
}

/// Runs closed code on this CPU's run queue; `None` before it is made.
pub(super) fn with_own<O>(_evidence: IrqsOff<'_>, closed: impl FnOnce(&mut RunQueue) -> O) -> Option<O> {
    let place = &PLACES[cpu::current().index()];
    let busy = place.busy.swap(true, Ordering::Relaxed);
    debug_assert!(!busy, "closed code came back to its run queue");
    // SAFETY: this CPU's own place; interrupts are off, so nothing else runs on this CPU until `closed` ends,
    // and `closed` does not come back here (checked above).
    let queue = unsafe { &mut *place.queue.get() };
    let result = queue.as_mut().map(closed);
    place.busy.store(false, Ordering::Relaxed);
    result
}
