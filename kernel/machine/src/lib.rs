//! The machine: x86_64.
//!
//! The bottom of the kernel. Everything that names a register, a port, a descriptor or a physical address is in here.
//! Nothing in here calls back up, except through functions that upper layers hand down: [`traps::install`],
//! [`cpus::start_others`], [`boot_entries!`].
//!
//! Only crate `base` imports this one, which is why functions here may have contracts that no safe code of the kernel ever
//! sees. The crate compiles, is linted and tested for a host too; only an image needs the bare-metal target.
//!
//! There are no locks in here. Data is per CPU, atomic, or written once before the other CPUs start.
//!
//! | modules | what |
//! |---|---|
//! | [`direct_map`], [`memory_map`], [`paging`], [`image`], [`translations`] | addresses, page tables, the image's parts, the cache of translations |
//! | [`cpu`], [`interrupts`], [`descriptors`], [`traps`], [`nonmaskable`], [`features`] | one CPU |
//! | [`context`], [`user`], [`user_copy`], [`user_tables`], [`vdso`] | switching stacks; user mode, its memory, its page tables, its code that reads the clock |
//! | [`acpi`], [`local_apic`], [`io_apic`], [`cpus`] | the firmware's tables, interrupt controllers, starting the others |
//! | [`clock`], [`timer`], [`real_time_clock`], [`random`] | time; numbers that the CPU draws |
//! | [`mmio`], [`pci`], [`serial`], [`power`] | registers of devices, in memory and at ports |
//! | [`boot`] and, for the bare machine, `pvh`, `uefi` | the two ways to boot |

#![cfg_attr(not(test), no_std)]
#![allow(clippy::disallowed_methods, reason = "interrupts are counted in here, over these very calls")]

extern crate alloc;

pub mod acpi;
pub mod boot;
#[cfg(any(target_os = "none", test))]
#[cfg_attr(
    not(target_os = "none"),
    allow(dead_code, clippy::deref_addrof, reason = "on a host only its list is tested")
)]
mod boot_memory;
mod calibration;
pub mod clock;
pub mod context;
pub mod cpu;
pub mod cpus;
pub mod descriptors;
pub mod direct_map;
pub mod features;
pub mod identity;
pub mod image;
pub mod interrupts;
pub mod io_apic;
pub mod local_apic;
pub mod memory_map;
pub mod mmio;
pub mod nonmaskable;
pub mod paging;
pub mod pci;
pub mod power;
#[cfg(target_os = "none")]
pub mod pvh;
pub mod random;
pub mod real_time_clock;
pub mod serial;
pub mod timer;
pub mod translations;
pub mod traps;
#[cfg(target_os = "none")]
pub mod uefi;
pub mod user;
pub mod user_copy;
mod user_state;
pub mod user_tables;
pub mod vdso;
