//! For how long each CPU has idled: counted where its run queue notes what has run.

use core::sync::atomic::{AtomicU64, Ordering};

use machine::cpu::{self, CpuIndex, Line, PerCpu};

/// For how many nanoseconds each CPU has idled.
static IDLED: PerCpu<AtomicU64> = PerCpu::new([const { Line::new(AtomicU64::new(0)) }; cpu::MAXIMUM]);

/// Notes that this CPU has idled for so many nanoseconds. Interrupts are off.
pub(super) fn idled(nanoseconds: u64) {
    IDLED[cpu::current().index()].fetch_add(nanoseconds, Ordering::Relaxed);
}

/// For how many nanoseconds a CPU has idled, up to its last switch.
pub(super) fn of(index: CpuIndex) -> u64 {
    IDLED[index].load(Ordering::Relaxed)
}
