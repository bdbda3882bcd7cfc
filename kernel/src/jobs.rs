//! Work for all CPUs at once.
//!
//! Every CPU but the first idles here. [`run_on_all`] publishes a function, wakes the idle CPUs with an
//! interrupt, runs it on the first CPU as well, and waits until all are done. There is no lock: a job is one
//! word, and the counts are atomics.

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use lockorder::{Atomic, Held, IrqOff, IrqSpinLock, MaySpin, Nothing, NothingHeld, Root, entry_point};

use crate::arch::{cpu, cpus, interrupts, local_apic};
use crate::hierarchy::ProcessTree;
use crate::interrupt::WAKE_VECTOR;

/// What a job is: it gets a token under which nothing is held, and the number of its CPU.
pub type Job = fn(Held<'_, Nothing, Atomic>, usize);

/// The job to run.
static JOB: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());
/// How many jobs have been published.
static PUBLISHED: AtomicUsize = AtomicUsize::new(0);
/// How many CPUs have finished the newest job.
static FINISHED: AtomicUsize = AtomicUsize::new(0);

/// CPUs that have registered, the first one included. Interrupt-safe, since a CPU that starts has interrupts
/// off. Protects the number; class `ProcessTree`.
static REGISTERED: IrqSpinLock<ProcessTree, usize> = IrqSpinLock::new(1);

/// Interrupts one CPU, so that it looks for work.
fn wake(index: usize) {
    local_apic::send(cpu::numbered(index).apic_id(), WAKE_VECTOR);
}

/// Runs `job` on every CPU and waits until it has returned on all.
///
/// Needs nothing held: the job may need any lock.
pub fn run_on_all<H: NothingHeld, C: MaySpin>(held: &mut Held<'_, H, C>, job: Job) {
    let cpus = cpus::online();
    FINISHED.store(0, Ordering::Relaxed);
    JOB.store(job as *mut (), Ordering::Relaxed);
    PUBLISHED.fetch_add(1, Ordering::Release);
    for index in 1..cpus {
        wake(index);
    }
    let mut held = held.to_nothing();
    job(held.to_atomic(), 0);
    FINISHED.fetch_add(1, Ordering::AcqRel);
    while FINISHED.load(Ordering::Acquire) < cpus {
        interrupts::wait_unless(|| FINISHED.load(Ordering::Acquire) >= cpus);
    }
}

/// The first typed code of a CPU that was started: interrupts are still off.
///
/// # Safety
///
/// Called once by each CPU but the first, from its start-up code.
#[entry_point(cpu_start)]
unsafe fn register(held: Root<'_, IrqOff>) {
    let mut held = held;
    *held.lock(&REGISTERED) += 1;
}

/// Where every CPU but the first goes.
///
/// # Safety
///
/// Called once by each CPU but the first, from its start-up code, interrupts counted off once.
pub unsafe extern "C" fn start(index: usize) -> ! {
    // SAFETY: this is the CPU's start-up code, before anything else on it.
    unsafe { register() }
    // SAFETY: pairs with the count that a CPU starts with.
    unsafe { interrupts::enable() }
    // SAFETY: the root of starting is gone; the idle loop is what this CPU runs from here on.
    unsafe { idle(index) }
}

/// The idle loop of a CPU: runs what is published, otherwise waits for an interrupt.
///
/// # Safety
///
/// Called once by each CPU, last.
#[entry_point(idle)]
unsafe fn idle(held: Root<'_, Atomic>, index: usize) -> ! {
    let mut held = held;
    let mut done = 0;
    loop {
        let published = PUBLISHED.load(Ordering::Acquire);
        if published == done {
            interrupts::wait_unless(|| PUBLISHED.load(Ordering::Acquire) != done);
            continue;
        }
        done = published;
        let job = JOB.load(Ordering::Relaxed);
        // SAFETY: `run_on_all` stored a function of this very type before it published.
        let job = unsafe { core::mem::transmute::<*mut (), Job>(job) };
        job(held.reborrow(), index);
        if FINISHED.fetch_add(1, Ordering::AcqRel) + 1 == cpus::online() {
            wake(0);
        }
    }
}
