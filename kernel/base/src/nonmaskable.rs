//! Reporting non-maskable interrupts that nobody asked for.
//!
//! Whoever presses the button wants to know what hangs: every CPU's place is shown, and the kernel goes on. The interrupt
//! itself only notes where it came (`machine::nonmaskable`); the first CPU that has a beat after it prints.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::println;
use machine::{clock, cpu, cpus, nonmaskable};

/// How long the other CPUs are waited for, in steps of a tenth of a millisecond.
const LOOKS: usize = 200;

/// How many reports there were.
static REPORTS: AtomicU64 = AtomicU64::new(0);

/// Reports what has come, if anything has. At each beat.
pub(crate) fn report() {
    if !nonmaskable::is_to_be_reported() {
        return;
    }
    let mut came_to = [false; cpu::MAXIMUM];
    for (index, came) in cpus::all().zip(came_to.iter_mut()) {
        if let Some(place) = nonmaskable::came_at(index) {
            println!("kernel: a non-maskable interrupt that nobody asked for; CPU {index} was at {place:#x}");
            *came = true;
        }
    }
    for index in cpus::all().filter(|index| !came_to[index.get()]) {
        for _ in 0..LOOKS {
            if nonmaskable::place_of(index).is_some() {
                break;
            }
            clock::wait(100);
        }
        match nonmaskable::place_of(index) {
            Some(place) => println!("  CPU {index} was at {place:#x}"),
            None => println!("  CPU {index} does not answer"),
        }
    }
    REPORTS.fetch_add(1, Ordering::Release);
}

/// How many came so far that nobody asked for.
#[must_use]
pub fn taken() -> u64 {
    nonmaskable::taken()
}

/// How many reports there were so far.
pub fn reports() -> u64 {
    REPORTS.load(Ordering::Acquire)
}
