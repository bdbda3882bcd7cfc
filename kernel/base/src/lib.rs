//! What the kernel's safe crates stand on.
//!
//! The line goes through here: this crate and `machine` below it have the kernel's `unsafe` code, every crate above forbids
//! it. So the interface of this crate is safe whatever a caller does with it (`docs/soundness-of-the-base.md`): roots
//! are minted, leaf locks made and raw pointers followed in this crate and in `machine` only.
//!
//! Modules point one way, from the locks at the bottom to what brings the kernel up on top:
//!
//! | layer | modules | what |
//! |---|---|---|
//! | locks | [`platform`], [`levels`], `leaves`, `checker` (with this feature), `leaf` | the machine as locks see it, the levels, the leaves |
//! | reports | [`console`], [`record`] | the console, records for the host |
//! | machine | [`cpu`], [`time`], [`entropy`], [`interrupt`], [`faults`] | what others may ask of the machine, the dispatcher |
//! | memory | [`mm`] | frames, heap, stacks, mappings |
//! | threads | [`sched`], [`ring`] | running, waiting, waking; work for threads from handlers |
//! | devices | [`virtio`] | disks of virtual machines |
//! | users | [`user`] | user mode, and its memory |
//! | control | [`mod@panic`], [`watchdog`], [`mod@nonmaskable`], [`keys`], [`mod@boot`] | giving up, what hangs, who looks for that, the console's keys, bringing the machine up |
//!
//! Control enters at [`mod@boot`], from either way to boot.

#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

#[allow(unsafe_code, reason = "the first steps of each CPU")]
pub mod boot;
#[cfg(feature = "checker")]
mod checker;
#[allow(unsafe_code, reason = "names the serial port it owns")]
pub mod console;
pub mod cpu;
pub mod entropy;
#[allow(unsafe_code, reason = "the fault is the purpose")]
pub mod faults;
#[allow(unsafe_code, reason = "an entry point, unsafe to call")]
pub mod interrupt;
#[allow(unsafe_code, reason = "names the serial port it receives from")]
pub mod keys;
#[allow(unsafe_code, reason = "a lock shares its data between CPUs")]
#[allow(clippy::disallowed_types, reason = "leaf locks are made of a raw core; a test counts them")]
mod leaf;
mod leaves;
pub mod levels;
#[allow(unsafe_code, reason = "frames hold links and the heap's blocks")]
pub mod mm;
pub mod nonmaskable;
#[allow(unsafe_code, reason = "interrupts go off for good")]
pub mod panic;
pub mod platform;
#[allow(unsafe_code, reason = "names the serial port it owns")]
pub mod record;
pub mod ring;
#[allow(unsafe_code, reason = "threads are switched by hand, and their lists are intrusive")]
pub mod sched;
pub mod time;
#[allow(unsafe_code, reason = "user mode, and its memory")]
pub mod user;
#[allow(unsafe_code, reason = "devices write to memory, and their registers are found by address")]
pub mod virtio;
pub mod wall_clock;
pub mod watchdog;

/// Writes the entry points of the image; what [`boot!`] expands to. Not part of the interface.
#[doc(hidden)]
pub use machine::boot_entries as __boot_entries;
