//! The interrupt of a CPU's timer: sleepers, slices, beats.
//!
//! A CPU's timer is due when the first of its sleepers is to be woken, when a slice ends that another thread waits for, and
//! every [`BEAT`], so that others see that the CPU takes interrupts. Nothing else interrupts a CPU that idles.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use lockorder::{HardIrq, IrqsOff, Root};
use spin::Once;

use super::{balance, core::take_in, run_queue};
use crate::interrupt::{self, Taken, Vector};
use crate::platform::Machine;
use crate::time::Instant;
use machine::cpu::{CpuIndex, Line, PerCpu};
use machine::{cpu, interrupts, timer};

/// The interrupt of a CPU's timer.
pub const TIMER_VECTOR: Vector = Vector::new(0xe0);

/// How often every CPU shows that it takes interrupts, and looks at its neighbour.
pub const BEAT: Duration = Duration::from_nanos(BEAT_NANOS);
/// The same in nanoseconds.
pub(crate) const BEAT_NANOS: u64 = 1_000_000_000;

/// How often each CPU's timer has interrupted it.
static INTERRUPTS: PerCpu<AtomicUsize> =
    PerCpu::new([const { Line::new(AtomicUsize::new(0)) }; cpu::MAXIMUM]);

/// How many beats of each CPU there were.
static BEATS: PerCpu<AtomicUsize> = PerCpu::new([const { Line::new(AtomicUsize::new(0)) }; cpu::MAXIMUM]);

/// What is called at each beat of each CPU.
static ON_BEAT: Once<fn()> = Once::new();

/// How often a CPU's timer has interrupted it.
#[must_use]
pub fn interrupts_on(index: CpuIndex) -> usize {
    INTERRUPTS[index].load(Ordering::Relaxed)
}

/// How many beats of a CPU there were.
#[must_use]
pub fn beats_on(index: CpuIndex) -> usize {
    BEATS[index].load(Ordering::Relaxed)
}

/// Has `look` called at each beat of each CPU, in the interrupt handler. Once.
pub(crate) fn on_beat(look: fn()) {
    ON_BEAT.call_once(|| look);
}

/// Registers the interrupt. Once, at boot.
pub(crate) fn register() -> Result<(), Taken> {
    interrupt::register(TIMER_VECTOR, handle)
}

/// Lets this CPU's timer interrupt it. Once on each CPU, after it has joined in.
pub(crate) fn start() {
    timer::start(TIMER_VECTOR.number());
}

/// Handles the interrupt.
fn handle(held: Root<'_, HardIrq>) {
    let mut held = held;
    if run(held.irqs_off::<Machine>().evidence())
        && let Some(look) = ON_BEAT.get()
    {
        look();
    }
}

/// Does what is due on this CPU; says whether a beat is.
fn run(evidence: IrqsOff<'_>) -> bool {
    let index = cpu::current().index();
    INTERRUPTS[index].fetch_add(1, Ordering::Relaxed);
    timer::has_interrupted();
    let beats = run_queue::with_own(evidence, |queue| {
        let now = Instant::now();
        queue.charge_current(now);
        queue.wake_sleepers(now);
        let preempts = take_in(queue, index);
        let over = queue.slice_is_over(now);
        if over || preempts {
            interrupts::want_switch(true);
        }
        if over {
            // Whoever has waited for a whole slice is not only about to run anyway.
            balance::give_to_who_idles(queue, index, 0);
        }
        let beats = queue.beats(now, BEAT);
        queue.set_timer(now);
        beats
    });
    if beats == Some(true) {
        BEATS[index].fetch_add(1, Ordering::Relaxed);
    }
    beats == Some(true)
}
