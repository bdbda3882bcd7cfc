//! The machine: x86_64.
//!
//! The bottom of the kernel. Everything that names a register, a port, a descriptor or a physical address is
//! in here, and nearly all of the kernel's `unsafe`; nothing in here calls back up, except through functions
//! that upper layers hand down ([`traps::install`], [`cpus::start_others`]).
//!
//! There are no locks in here. Data is per CPU, atomic, or written once before the other CPUs start.

pub mod acpi;
#[cfg(target_os = "none")]
mod boot_memory;
mod calibration;
pub mod clock;
pub mod context;
pub mod cpu;
pub mod cpus;
pub mod descriptors;
pub mod features;
pub mod image;
pub mod interrupts;
pub mod io_apic;
pub mod local_apic;
pub mod nonmaskable;
pub mod paging;
pub mod power;
#[cfg(target_os = "none")]
pub mod pvh;
pub mod serial;
pub mod timer;
pub mod translations;
pub mod traps;
#[cfg(target_os = "none")]
pub mod uefi;

/// Where all physical memory is mapped, readable and writable.
pub const DIRECT_MAP: u64 = 0xffff_8000_0000_0000;

/// End of the physical memory that the direct map can cover.
pub const DIRECT_MAP_END: u64 = 512 << 30;

/// End of the physical memory that it covers before the kernel has page tables of its own.
pub const EARLY_DIRECT_MAP_END: u64 = 4 << 30;

/// Where the direct map has what stands at a physical address below [`DIRECT_MAP_END`].
///
/// # Panics
///
/// When the address lies beyond the direct map.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "addresses are 64 bits wide on this machine")]
pub const fn direct<T>(physical: u64) -> *mut T {
    assert!(physical < DIRECT_MAP_END, "physical address beyond the direct map");
    core::ptr::with_exposed_provenance_mut((DIRECT_MAP + physical) as usize)
}
