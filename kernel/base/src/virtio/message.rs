//! Interrupts by message: the device writes a word to an address, and a CPU is interrupted (PCI Local Bus Specification 3.0, section
//! 6.8.2; Intel's manual, volume 3, section 11.11).
//!
//! The device's table of messages gets one entry, which its queue is told to use.

use virtio_drivers::transport::pci::bus::{BarInfo, ConfigurationAccess, DeviceFunction, PciRoot};
use x86_64::PhysAddr;

use super::configuration::{Ports, ports};
use crate::interrupt::Vector;
use machine::cpu::ApicId;
use machine::mmio::Registers;

/// The capability of a table of messages.
const TABLE: u8 = 0x11;
/// A capability of the vendor's own.
const VENDOR: u8 = 0x09;
/// Of those: one that reaches registers through the configuration space.
const WINDOW: u8 = 5;
/// In a table's control word, the upper half of its first: it is used.
const ENABLE: u32 = 1 << 31;
/// In the same: all messages are held back.
const ALL_MASKED: u32 = 1 << 30;
/// Where messages to local APICs go.
const APICS: u32 = 0xFEE0_0000;
/// Of the device's common registers: which queue is meant, and which message it sends.
const QUEUE_SELECT: u32 = 22;
const QUEUE_MESSAGE: u32 = 26;
/// The vendor's capability with the common registers.
const COMMON: u8 = 1;

/// Sets the device's first message up, for a CPU and a vector; says whether it can.
pub(super) fn set_up(root: &mut PciRoot<Ports>, device: DeviceFunction, to: ApicId, vector: Vector) -> bool {
    let Some(capability) = root.capabilities(device).find(|capability| capability.id == TABLE) else {
        return false;
    };
    let Ok(destination) = u8::try_from(to.get()) else { return false };
    let mut ports = ports(root);
    let place = ports.read_word(device, capability.offset + 4);
    let bar = u8::try_from(place & 7).unwrap_or(0);
    let Ok(Some(BarInfo::Memory { address, size, .. })) = root.bar_info(device, bar) else { return false };
    let offset = u64::from(place & !7);
    if offset + 16 > size || offset % 4096 > 4096 - 16 {
        return false;
    }
    // SAFETY: the device says that its table is there, `map_registers` has mapped it, and a message interrupts a CPU.
    let table = unsafe { Registers::at(PhysAddr::new(address + offset)) };
    table.write(0, APICS | u32::from(destination) << 12);
    table.write(4, 0);
    table.write(8, vector.number().into());
    table.write(12, 0);
    let control = ports.read_word(device, capability.offset);
    ports.write_word(device, capability.offset, control & !ALL_MASKED | ENABLE);
    true
}

/// Has the device's first queue send the first message. After a reset, before the queue is set up; says whether it will.
pub(super) fn use_for_queue(root: &PciRoot<Ports>, device: DeviceFunction) -> bool {
    let of_kind = |kind: u8| {
        root.capabilities(device)
            .find(|capability| capability.id == VENDOR && capability.private_header.to_le_bytes()[1] == kind)
    };
    let (Some(window), Some(common)) = (of_kind(WINDOW), of_kind(COMMON)) else { return false };
    let mut ports = ports(root);
    let bar = ports.read_word(device, common.offset + 4) & 0xFF;
    let start = ports.read_word(device, common.offset + 8);
    ports.write_word(device, window.offset + 4, bar);
    ports.write_word(device, window.offset + 12, 2);
    for register in [QUEUE_SELECT, QUEUE_MESSAGE] {
        ports.write_word(device, window.offset + 8, start + register);
        // The first queue, the first message: both are 0.
        ports.write_word(device, window.offset + 16, 0);
    }
    // A device that cannot says so by a number that is none.
    let [low, high, ..] = ports.read_word(device, window.offset + 16).to_le_bytes();
    [low, high] == [0, 0]
}
