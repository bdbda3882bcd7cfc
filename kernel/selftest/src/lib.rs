//! What the kernel runs to test itself: workloads. The host names one with `--selftest`.
//!
//! Their lock classes are their own ([`classes`]): no class of the kernel's orders what only a test counts.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod bench;
pub mod classes;
mod clock;
mod crowd;
mod demo;
mod disk;
mod faults;
mod keys;
mod locks;
mod memory;
mod nonmaskable;
mod pipes;
mod spaces;
mod terminals;
mod threads;
mod user;

use lockorder::{Root, Task};

/// One workload.
#[derive(Debug)]
pub struct Workload {
    /// What `--selftest` names it by.
    pub name: &'static str,
    /// What it does, in one line.
    pub description: &'static str,
    /// Runs it in a thread, nothing held; gives the exit status.
    pub run: fn(Root<'_, Task>) -> u8,
}

/// All workloads.
pub static ALL: [Workload; 24] = [
    Workload {
        name: "demo",
        description: "every CPU takes locks of all eight levels; one dynamic path is refused",
        run: demo::run,
    },
    Workload {
        name: "threads",
        description: "tests the scheduler and what is made of it",
        run: threads::run,
    },
    Workload { name: "locks", description: "tortures every kind of lock, and a broken one", run: locks::run },
    Workload { name: "memory", description: "checks the frame allocator and the heap", run: memory::run },
    Workload { name: "user", description: "runs code in user mode, and touches its memory", run: user::run },
    Workload {
        name: "spaces",
        description: "maps, forks and writes in address spaces, on all CPUs",
        run: spaces::run,
    },
    Workload {
        name: "crowd",
        description: "ten thousand threads wait at once; with 512 MiB or more",
        run: crowd::run,
    },
    Workload { name: "bench", description: "measures switches, wake-ups and locks", run: bench::run },
    Workload { name: "clock", description: "marks moments for the host's clock", run: clock::run },
    Workload { name: "keys", description: "waits for control-T on the console", run: keys::run },
    Workload {
        name: "nmi",
        description: "prints on every CPU while the host sends non-maskable interrupts",
        run: nonmaskable::run,
    },
    Workload {
        name: "terminals",
        description: "types, reads, writes and hangs up at pseudo-terminals",
        run: terminals::run,
    },
    Workload {
        name: "pipes",
        description: "writes, reads and polls pipes, and draws random numbers",
        run: pipes::run,
    },
    Workload {
        name: "disk",
        description: "reads and writes the disk from many threads, locks held; with --disk FILE",
        run: disk::run,
    },
    Workload { name: "panic", description: "panics on purpose", run: faults::panic },
    Workload {
        name: "panic-twice",
        description: "panics again in the text that says why",
        run: faults::panic_twice,
    },
    Workload {
        name: "page-fault",
        description: "reads an address that is not mapped",
        run: faults::page_fault,
    },
    Workload {
        name: "invalid-opcode",
        description: "runs what is no instruction",
        run: faults::invalid_opcode,
    },
    Workload {
        name: "mask",
        description: "keeps interrupts off for ever: for the watchdog",
        run: faults::mask,
    },
    Workload { name: "stack-overflow", description: "recurses without end", run: faults::stack_overflow },
    Workload {
        name: "lost-wait",
        description: "waits long for what nobody does: for the watchdog",
        run: faults::lost_wait,
    },
    Workload {
        name: "inversion",
        description: "two locks in both orders, past the types: for the run-time checker",
        run: faults::inversion,
    },
    Workload {
        name: "deadlock",
        description: "two threads wait for each other, past the types: for the watchdog",
        run: faults::deadlock,
    },
    Workload { name: "hang", description: "never ends: for the host's deadline", run: faults::hang },
];

/// Exit status of a workload that checks something and finds it wrong.
pub const FAILED: u8 = 1;
