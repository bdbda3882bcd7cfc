//! The configuration of PCI devices as the transport asks for it, and the device's registers made reachable.

use virtio_drivers::transport::pci::bus::{BarInfo, ConfigurationAccess, DeviceFunction, PciRoot};
use x86_64::{PhysAddr, VirtAddr};

use crate::mm::NoMemory;
use crate::mm::frames::{FRAME_SIZE, TableFrames};
use crate::mm::kernel_space;
use machine::direct_map::{DIRECT_MAP, DIRECT_MAP_END};
use machine::paging::loaded;
use machine::pci::Function;

/// The ports. One CPU uses them, once: [`super::find_disk`] sees to it.
pub(super) struct Ports(());

impl Ports {
    /// # Safety
    ///
    /// Nobody else uses the ports while this exists.
    pub(super) const unsafe fn new() -> Self {
        Self(())
    }
}

/// The ports again, for registers that the root does not name.
pub(super) const fn ports(_root: &PciRoot<Ports>) -> Ports {
    // A root has them, and nothing else happens between one access and the next.
    Ports(())
}

const fn function(of: DeviceFunction) -> Function {
    Function { bus: of.bus, device: of.device, function: of.function }
}

impl ConfigurationAccess for Ports {
    fn read_word(&self, device_function: DeviceFunction, register_offset: u8) -> u32 {
        // SAFETY: whoever made this value sees to it that the ports are its own; registers of the configuration space harm no
        // memory when they are read.
        unsafe { function(device_function).read(register_offset) }
    }

    fn write_word(&mut self, device_function: DeviceFunction, register_offset: u8, data: u32) {
        // SAFETY: the ports are this value's own. Whoever writes drives the function: the transport, and this module.
        unsafe { function(device_function).write(register_offset, data) }
    }

    unsafe fn unsafe_clone(&self) -> Self {
        Self(())
    }
}

/// Maps the registers of a device, all of them, in the direct map.
///
/// # Errors
///
/// If there is no memory for page tables, or the firmware has put them where there is something else.
pub(super) fn map_registers(root: &mut PciRoot<Ports>, device: DeviceFunction) -> Result<(), NoMemory> {
    let bars = root.bars(device).map_err(|_| NoMemory)?;
    for bar in bars.into_iter().flatten() {
        let BarInfo::Memory { address, size, .. } = bar else { continue };
        let end = address.checked_add(size).filter(|end| *end <= DIRECT_MAP_END).ok_or(NoMemory)?;
        let range =
            PhysAddr::new(address & !(FRAME_SIZE - 1))..PhysAddr::new(end.next_multiple_of(FRAME_SIZE));
        let pages = (range.start.as_u64()..range.end.as_u64()).step_by(4096);
        if address == 0 || pages.clone().any(|page| loaded(VirtAddr::new(DIRECT_MAP + page)).is_some()) {
            return Err(NoMemory);
        }
        // SAFETY: the device says that its registers are there. Nothing is mapped there: it was looked at, and what maps in the
        // direct map otherwise is done before this runs.
        unsafe { kernel_space::tables().map_device(range, &mut TableFrames)? }
    }
    Ok(())
}
