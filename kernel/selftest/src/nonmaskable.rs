//! Non-maskable interrupts from outside, while every CPU prints: the host sends them.

use lockorder::{Root, Task};

use super::FAILED;
use base::cpu::CpuIndex;
use base::time::Instant;
use base::{cpu, nonmaskable, println, record, sched};

/// How many must come, of those that the host sends.
const WANTED: u64 = 10;
/// How long they are waited for, in nanoseconds.
const PATIENCE: u64 = 60_000_000_000;

/// Whether as many came, and were reported.
fn came() -> bool {
    nonmaskable::taken() >= WANTED && nonmaskable::reports() > 0
}

/// Prints until they have come.
fn print(held: Root<'_, Task>, index: CpuIndex) {
    let mut held = held;
    let end = Instant::now().as_nanos() + PATIENCE;
    while !came() && Instant::now().as_nanos() < end {
        println!("nmi: CPU {index} of {} prints on", cpu::online());
        sched::yield_now(&mut held);
    }
}

/// Has every CPU print, and waits until the host has sent some.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    record::marker("nmi: send some");
    sched::on_every_cpu(&mut held, "printer", print);
    if came() { 0 } else { FAILED }
}
