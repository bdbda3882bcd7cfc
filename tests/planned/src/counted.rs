//! A machine that counts how its threads wait: by spinning, or by sleeping.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use lockorder::Platform;
use lockorder::blocking::token::HeldTokens;
use lockorder::blocking::{Blocking, RawWaitQueue, Waiting};
use lockorder::host::{Host, RawWaitQueue as HostQueue};

/// How its threads have waited. Each test has a machine of its own, by `TEST`.
#[derive(Debug)]
pub struct Counts {
    /// Pauses of threads that spin.
    pub pauses: AtomicUsize,
    /// Waits in a queue.
    pub sleeps: AtomicUsize,
    /// How many wait in a queue now.
    pub asleep: AtomicUsize,
    /// Threads that were woken.
    pub woken: AtomicUsize,
    /// What is answered when it is asked whether an owner runs.
    pub owners_run: AtomicBool,
}

/// How many machines there are.
const MACHINES: usize = 64;

static COUNTS: [Counts; MACHINES] = [const {
    Counts {
        pauses: AtomicUsize::new(0),
        sleeps: AtomicUsize::new(0),
        asleep: AtomicUsize::new(0),
        woken: AtomicUsize::new(0),
        owners_run: AtomicBool::new(true),
    }
}; MACHINES];

/// The counts of a machine.
#[must_use]
pub fn counts<const TEST: usize>() -> &'static Counts {
    &COUNTS[TEST]
}

/// The machine of one test.
#[derive(Debug)]
pub enum Counted<const TEST: usize> {}

/// Its queue: the host's, counted.
#[derive(Debug)]
pub struct Queue<const TEST: usize>(HostQueue);

impl<const TEST: usize> RawWaitQueue for Queue<TEST> {
    const INIT: Self = Self(HostQueue::INIT);

    fn wait(&self, waiting: &Waiting, condition: &mut dyn FnMut() -> bool) -> bool {
        let counts = counts::<TEST>();
        counts.sleeps.fetch_add(1, Ordering::SeqCst);
        counts.asleep.fetch_add(1, Ordering::SeqCst);
        let holds = self.0.wait(waiting, condition);
        counts.asleep.fetch_sub(1, Ordering::SeqCst);
        holds
    }

    fn wake_one(&self) -> bool {
        let woken = self.0.wake_one();
        counts::<TEST>().woken.fetch_add(usize::from(woken), Ordering::SeqCst);
        woken
    }

    fn wake_all(&self) {
        self.0.wake_all();
    }

    unsafe fn requeue(&self, other: &Self) {
        // SAFETY: the caller's contract is the same.
        unsafe { self.0.requeue(&other.0) }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

// SAFETY: as for the host, whose answers these are.
unsafe impl<const TEST: usize> Platform for Counted<TEST> {
    unsafe fn disable_interrupts() {}
    unsafe fn enable_interrupts() {}
    unsafe fn disable_preemption() {}
    unsafe fn enable_preemption() {}
    fn cpu() -> usize {
        0
    }
    fn relax() {
        counts::<TEST>().pauses.fetch_add(1, Ordering::Relaxed);
        Host::relax();
    }
    fn oversubscribed() -> bool {
        true
    }
    fn back_off() {
        Host::back_off();
    }
}

// SAFETY: the host's numbers; no test of these machines holds tokens.
unsafe impl<const TEST: usize> Blocking for Counted<TEST> {
    type WaitQueue = Queue<TEST>;

    fn thread() -> NonZeroU64 {
        Host::thread()
    }

    fn runs(_: NonZeroU64) -> bool {
        counts::<TEST>().owners_run.load(Ordering::Relaxed)
    }

    fn with_tokens<O>(look: impl FnOnce(&HeldTokens<Self>) -> O) -> O {
        look(&HeldTokens::new())
    }
}
