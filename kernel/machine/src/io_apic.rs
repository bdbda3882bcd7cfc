//! The I/O APIC: interrupts of devices, each sent to one CPU.
//!
//! Registers are reached through a pair, one that selects and one that is then read or written (Intel 82093AA data
//! sheet, section 3.0). A pair is no place for two CPUs at once: routes are set by the first CPU, at boot.

use super::acpi::{self, Line, TableError};
use super::cpu::ApicId;
use super::cpus::DirectMap;
use super::direct_map::direct;

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
fn exchange(controller: u64, register: u32, value: Option<u32>) -> u32 {
    let (select, window) = (direct::<u32>(controller), direct::<u32>(controller + 0x10));
    // SAFETY: the firmware says that an I/O APIC stands there, for which reason `MemoryMap` had it mapped uncached, and
    // only the first CPU comes here, at boot.
    unsafe {
        select.write_volatile(register);
        let before = window.read_volatile();
        if let Some(value) = value {
            window.write_volatile(value);
        }
        before
    }
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
