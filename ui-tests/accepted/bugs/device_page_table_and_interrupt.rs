//! A device's page table is changed from threads and from its interrupt. Source: asterinas da5e7a21c.
//!
//! accepted: an interrupt-safe lock

use lockorder::{HardIrq, IrqSpinLock, Root, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// Device page table.
        class DevicePageTable = 2;
    }
}

static DEVICE_PAGE_TABLE: IrqSpinLock<DevicePageTable, u64> = IrqSpinLock::new(0);

fn map(mut held: Root<'_, Task>) {
    *held.lock(&DEVICE_PAGE_TABLE) += 1;
}

fn unmap_in_interrupt(mut held: Root<'_, HardIrq>) {
    *held.lock(&DEVICE_PAGE_TABLE) -= 1;
}

fn main() {
    with_root(map);
    let _: fn(Root<'_, HardIrq>) = unmap_in_interrupt;
}
