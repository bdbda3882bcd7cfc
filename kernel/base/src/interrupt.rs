//! Interrupts: who handles which vector, and the one dispatcher.
//!
//! A driver registers a [`Handler`] for its [`Vector`]; the dispatcher names nobody. It mints the interrupt's root: nothing
//! is known of what the interrupted code holds, so the context is `HardIrq`, in which only interrupt-safe locks exist.
//!
//! Each CPU counts what comes, vector by vector, behind an interrupt-safe lock of its own. A handler is registered once and
//! for good; looking it up takes no lock.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use lockorder::{HardIrq, Held, IrqSpinLock, Root, acquires, entry_point, hierarchy};
use machine::cpu::CpuIndex;
use machine::{cpu, local_apic};
use spin::Once;

use crate::entropy;

hierarchy! {
    /// How often each interrupt came on one CPU; acquired by the interrupt dispatcher.
    pub class InterruptCounts in crate::levels::Device = 8;
}

/// The first vector that is no exception.
const FIRST: u8 = 32;
/// How many vectors are left for interrupts.
const VECTORS: usize = 256 - FIRST as usize;

/// The number of an interrupt: not one of the CPU's exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vector(u8);

impl Vector {
    /// The interrupt with this number.
    ///
    /// # Panics
    ///
    /// When it is an exception's, below 32; a constant then does not compile.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        assert!(number >= FIRST, "vectors below 32 are the CPU's exceptions");
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its place among the interrupts.
    const fn place(self) -> usize {
        (self.0 - FIRST) as usize
    }
}

/// Handles one interrupt, with the root that the dispatcher has minted for it.
pub type Handler = for<'r> fn(Root<'r, HardIrq>);

/// A vector has a handler already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken(pub Vector);

impl fmt::Display for Taken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "vector {:#x} has a handler already; choose another one", self.0.0)
    }
}

impl core::error::Error for Taken {}

static HANDLERS: [Once<Handler>; VECTORS] = [const { Once::new() }; VECTORS];

/// How often each vector came on each CPU, which alone counts: nobody waits for anybody.
/// Each protects one CPU's numbers; class `InterruptCounts`.
static COUNTS: [IrqSpinLock<InterruptCounts, [u64; VECTORS]>; cpu::MAXIMUM] =
    [const { IrqSpinLock::new([0; VECTORS]) }; cpu::MAXIMUM];

/// How many interrupts each CPU has taken, to be looked at without a lock.
static TAKEN: [AtomicU64; cpu::MAXIMUM] = [const { AtomicU64::new(0) }; cpu::MAXIMUM];

/// Has `handler` called for each interrupt with this vector, from now on and for good.
///
/// # Errors
///
/// [`Taken`] when somebody has registered for it already.
pub fn register(vector: Vector, handler: Handler) -> Result<(), Taken> {
    let mut registered = false;
    HANDLERS[vector.place()].call_once(|| {
        registered = true;
        handler
    });
    if registered { Ok(()) } else { Err(Taken(vector)) }
}

/// Interrupts a CPU with a vector; a CPU may interrupt itself.
pub fn send(index: CpuIndex, vector: Vector) {
    local_apic::send(cpu::numbered(index).apic_id(), vector.0);
}

/// Handles one interrupt.
///
/// # Safety
///
/// Called by the trap code only, once for each interrupt, interrupts counted off once.
#[entry_point(interrupt)]
pub(crate) unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, vector: u8) {
    #[cfg(feature = "checker")]
    crate::checker::in_handler(|| handle(held, vector));
    #[cfg(not(feature = "checker"))]
    handle(held, vector);
}

/// Counts it, and hands it to whoever has registered. One that nobody has registered for is counted only.
fn handle(held: Root<'_, HardIrq>, number: u8) {
    let mut held = held;
    let vector = Vector(number);
    let own = cpu::current().index();
    let taken = TAKEN[own.get()].fetch_add(1, Ordering::Relaxed);
    entropy::stir(own, taken);
    held.with(&COUNTS[own.get()], |counts, _| counts[vector.place()] += 1);
    if let Some(handler) = HANDLERS[vector.place()].get() {
        handler(held);
    }
}

/// How often the interrupt with a vector came so far, on all CPUs.
#[acquires(InterruptCounts; irq)]
pub fn count(held: Held, vector: Vector) -> u64 {
    COUNTS.iter().map(|counts| held.with(counts, |counts, _| counts[vector.place()])).sum()
}

/// How many interrupts a CPU has taken so far.
#[must_use]
pub fn taken_on(index: CpuIndex) -> u64 {
    TAKEN[index.get()].load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::{Taken, Vector, register};

    #[test]
    fn a_vector_is_registered_once() {
        const VECTOR: Vector = Vector::new(0x77);
        assert_eq!(register(VECTOR, |_| ()), Ok(()));
        assert_eq!(register(VECTOR, |_| ()), Err(Taken(VECTOR)));
    }
}
