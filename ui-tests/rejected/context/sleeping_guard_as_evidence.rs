//! A sleeping lock is held, and per-CPU data touched as if the thread could not move. Source: OSTD: preemption guards as evidence.
//!
//! error[E0277]: holding a `Sleeping` lock does not keep this thread on its CPU
//! fix: take the evidence from a spin lock

use lockorder::host::Parking;
use lockorder::{Lock, PreemptionOff, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static COUNT: Lock<Queue, Parking, u64> = Lock::new(0);

fn per_cpu_slot(_: PreemptionOff<'_>) -> usize {
    0
}

fn main() {
    with_root(|mut held| {
        let count = held.lock(&COUNT);
        println!("{}", per_cpu_slot(count.preemption_off()));
    });
}
