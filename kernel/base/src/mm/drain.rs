//! Having every CPU give back what it keeps to be fast: free blocks of the heap, free frames, zeroed frames.
//!
//! For whoever counts memory exactly, and for whoever finds none: what a CPU keeps, no other can have. Each CPU's magazines
//! and caches are its own, so each gives them back itself, when it is interrupted. Whoever asks waits until all have, and so
//! has a token that may sleep, as for `shoot_down`.
//!
//! A CPU counts how often it has given back. Whoever asks notes the counts, interrupts the others, and waits until each has
//! counted once more: what a CPU kept before it was asked is given back when it counts next, also when somebody else asked.

use core::sync::atomic::{AtomicU32, Ordering};

use lockorder::{Held, Level, MaySleep, Platform, Task};

use machine::{cpu, cpus};

use super::{frames, heap};
use crate::interrupt::{self, Taken, Vector};
use crate::platform::Machine;

/// The interrupt by which a CPU asks another to give back.
const VECTOR: Vector = Vector::new(0xf2);

/// How often each CPU has given back what it keeps.
static DRAINED: [AtomicU32; cpu::MAXIMUM] = [const { AtomicU32::new(0) }; cpu::MAXIMUM];

/// Registers the interrupt. Once, at boot.
pub(crate) fn register() -> Result<(), Taken> {
    interrupt::register(VECTOR, |_| {
        drain_own();
        DRAINED[cpu::current().index().get()].fetch_add(1, Ordering::Release);
    })
}

/// Gives back what this CPU keeps. The heap first, whose slabs are frames.
fn drain_own() {
    heap::flush();
    frames::flush();
}

/// Has every CPU give back what it keeps. What is freed meanwhile may be kept again.
pub fn every_cpu<H: Level, C: MaySleep>(held: &mut Held<'_, H, C>) {
    let mut held: Held<'_, H, Task> = held.to_task();
    let mut before = [0; cpu::MAXIMUM];
    for index in cpus::all() {
        before[index.get()] = DRAINED[index.get()].load(Ordering::Acquire);
    }
    let own = {
        // Until the others have been told, this stays one of the CPUs that need not be.
        let _stay = held.no_preempt::<Machine>();
        drain_own();
        let own = cpu::current().index();
        cpus::all().filter(|&cpu| cpu != own).for_each(|cpu| interrupt::send(cpu, VECTOR));
        own
    };
    for index in cpus::all().filter(|&cpu| cpu != own) {
        while DRAINED[index.get()].load(Ordering::Acquire) == before[index.get()] {
            Machine::relax();
        }
    }
}
