//! CPUs, by their numbers.

pub use machine::cpu::{CpuIndex, MAXIMUM};
pub use machine::cpus::{all, last};

/// How many CPUs run.
#[must_use]
pub fn online() -> usize {
    machine::cpus::online()
}

/// The number of the CPU that this runs on. Stays true only while the thread cannot move: preemption or interrupts off, or
/// a thread that may run on one CPU only.
#[must_use]
pub fn current() -> CpuIndex {
    machine::cpu::current().index()
}

pub use machine::identity::{FEATURES, Identity, identity};
