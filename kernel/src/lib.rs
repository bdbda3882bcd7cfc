//! The kernel: SMP, x86_64, every blocking acquisition through `lockorder`.
//!
//! This crate is the image: it wires the others together and runs what the host asks for. Layers are crates, and Cargo refuses
//! a circle:
//!
//! | crate | what | imports |
//! |---|---|---|
//! | `kernel` | the image: which threads there are at the start, options | all |
//! | `selftest` | workloads that test the kernel from inside | what they test |
//! | `syscall` | the system calls of Linux, one file a group | `process`, `ext3` |
//! | `process` | processes, threads, signals, programs, pipes, `/proc` | `fs`, `tty`, `futex`, `memory` |
//! | `ext3` | files on disks | `fs`, `block`, `ext2`, `journal` |
//! | `net` | TCP and UDP inside one machine | `socket`, `crypto` |
//! | `socket` | what a socket is, whatever its family | `fs` |
//! | `fs` | files, directories, paths, a filesystem in memory | `memory` |
//! | `block` | disks | `base` |
//! | `tty` | terminals | `base` |
//! | `futex` | threads that wait at words of user memory | `base` |
//! | `memory` | address spaces: what is mapped where, and faults | `base` |
//! | `base` | locks, memory, threads, interrupts, user mode, console | `machine` |
//! | `machine` | registers, page tables, traps, starting CPUs | `lockorder` |
//! | `abi`, `cpio`, `ext2`, `journal` | numbers and structures of Linux; archives; what disks have | |
//!
//! Crates above `base` forbid `unsafe` code. All of them compile, are linted and tested for a host too; only the final image
//! needs the bare-metal target.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod options;

use core::time::Duration;

use base::boot::Firmware;
use base::sched::{self, Placement};
use base::{keys, println, record, watchdog};
use lockorder::{Atomic, CLASSES, ClassInfo, Hierarchy, Root, Task};
use socket::Families;

/// Exit status when there is no such workload, as shells use it for commands.
const NOT_FOUND: u8 = 127;

/// The levels of the kernel's lock hierarchy.
pub static LEVELS: &Hierarchy = &base::levels::KERNEL;

/// What makes sockets: a family is named here, and nowhere else.
const FAMILIES: Families = Families(&[&ipc::unix::Unix, &net::families::V4, &net::families::V6]);

/// The lock classes of the kernel, or those of the workloads that test it; both are linked into the image.
pub fn classes(of_selftest: bool) -> impl Iterator<Item = &'static ClassInfo> {
    let in_selftest = |class: &ClassInfo| class.module.split("::").next() == Some("selftest");
    CLASSES.iter().copied().filter(move |class| in_selftest(class) == of_selftest)
}

/// Starts the kernel's threads: what the image begins with, on the first CPU.
pub fn main(mut held: Root<'_, Atomic>, firmware: &Firmware) {
    let options = options::from_ramdisk(firmware.ramdisk());
    if let Some(seconds) = options.patience {
        watchdog::set_limit(Duration::from_secs(seconds));
    }
    keys::start(firmware);
    block::start(&mut held);
    sched::reaper::start();
    watchdog::start();
    let ramdisk = firmware.ramdisk();
    drop(sched::spawn("main", Placement::default(), move |held| {
        record::exit(match options.selftest {
            Some(name) => run_selftest(name, held),
            None => start_userland(held, ramdisk, options.init),
        })
    }));
}

/// Starts the first program, and waits for its end; gives its exit status.
fn start_userland(held: Root<'_, Task>, ramdisk: &[u8], init: &str) -> u8 {
    let mut held = held;
    process::boot::boot(&mut held, ramdisk, init, syscall::handle, FAMILIES).unwrap_or(NOT_FOUND)
}

/// Runs a workload of the kernel's own; gives the exit status.
fn run_selftest(name: &str, held: Root<'_, Task>) -> u8 {
    let workload = selftest::ALL.iter().find(|workload| workload.name == name);
    workload.map_or_else(|| not_found(name), |workload| (workload.run)(held))
}

/// Says which workloads there are; gives the exit status.
fn not_found(name: &str) -> u8 {
    println!("kernel: there is no workload called `{name}`; there are:");
    for workload in &selftest::ALL {
        println!("  {:<16}{}", workload.name, workload.description);
    }
    NOT_FOUND
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lockorder::CLASSES;

    /// Ranks order classes only where no two classes have the same, and crates do not know each other's.
    #[test]
    fn no_rank_occurs_twice_in_the_image() {
        let mut ranks = BTreeMap::new();
        for class in &CLASSES {
            let other = ranks.insert(class.rank, class);
            let siblings = other
                .is_none_or(|other| class.sibling == Some(other.name) || other.sibling == Some(class.name));
            assert!(siblings, "{} and {other:?} have the same rank", class.name);
        }
        assert!(ranks.len() > 10, "the linker gathers the classes of all crates");
    }
}
