//! The I/O APIC: interrupts of devices, each sent to one CPU.
//!
//! Registers are reached through a pair, one that selects and one that is then read or written (Intel 82093AA data
//! sheet, section 3.0). A pair is no place for two CPUs at once: routes are set by the first CPU, at boot.

use x86_64::PhysAddr;

use super::acpi::{self, Line, TableError};
use super::cpu::ApicId;
use super::cpus::DirectMap;
use super::mmio::Registers;

/// The register that selects one of the others.
const SELECT: u64 = 0;
/// The register in which the selected one is read and written.
const WINDOW: u64 = 0x10;
/// Number of the register with the count of inputs.
const VERSION: u32 = 1;
/// Number of the first of the registers that say where an input goes, two for each.
const ROUTES: u32 = 0x10;
/// In a route: nothing is sent.
const MASKED: u32 = 1 << 16;
/// In a route: the line is active when low.
const ACTIVE_LOW: u32 = 1 << 13;
/// In a route: the line asks by its level.
const LEVEL: u32 = 1 << 15;

/// Writes one register of the controller at a physical address, after `select`ing it; gives what it was.
fn exchange(controller: PhysAddr, register: u32, value: Option<u32>) -> u32 {
    // SAFETY: the firmware says that an I/O APIC stands there, for which reason `MemoryMap` had it mapped uncached, and
    // what is written to it routes interrupts. Only the first CPU comes here, at boot.
    let registers = unsafe { Registers::at(controller) };
    registers.write(SELECT, register);
    let before = registers.read(WINDOW);
    if let Some(value) = value {
        registers.write(WINDOW, value);
    }
    before
}

/// Sends line `line` of the old interrupt controllers as `vector` to the CPU whose local APIC has the number
/// `apic_id`; says whether there is such a line. By the first CPU, at boot, before others run.
///
/// # Errors
///
/// [`TableError`] when the firmware's tables under `root` cannot be read.
pub fn route(root: u64, line: u8, vector: u8, apic_id: ApicId) -> Result<bool, TableError> {
    let Some(Line { controller, input, active_low, level }) = acpi::find_line(&DirectMap, root, line)? else {
        return Ok(false);
    };
    // A route has 8 bits for a CPU's number.
    let Ok(destination) = u8::try_from(apic_id.get()) else { return Ok(false) };
    let last = exchange(controller, VERSION, None) >> 16 & 0xff;
    let input = u32::from(input);
    if input > last {
        return Ok(false);
    }
    let low = u32::from(vector) | if active_low { ACTIVE_LOW } else { 0 } | if level { LEVEL } else { 0 };
    let register = ROUTES + 2 * input;
    // Masked while the two halves do not fit together.
    exchange(controller, register, Some(MASKED));
    exchange(controller, register + 1, Some(u32::from(destination) << 24));
    exchange(controller, register, Some(low));
    Ok(true)
}
