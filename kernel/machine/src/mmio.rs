//! Registers of devices that stand in physical memory.

use x86_64::PhysAddr;

use super::direct_map::direct;

/// A device's registers of 32 bits, from an address on. Whoever has this value is the device's driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers(PhysAddr);

impl Registers {
    /// The registers from `base` on.
    ///
    /// # Safety
    ///
    /// A device has its registers there, the direct map has their page, uncached, as long as this value is used, and what the
    /// values do that are written to them harms no memory.
    #[must_use]
    pub const unsafe fn at(base: PhysAddr) -> Self {
        Self(base)
    }

    /// Reads the register at a byte offset, in the device's page.
    #[must_use]
    pub fn read(self, offset: u64) -> u32 {
        debug_assert!(offset < 4096 && offset.is_multiple_of(4), "a register stands in its device's page");
        // SAFETY: a register of the device's, by the contract of `at`.
        unsafe { direct::<u32>(self.0 + offset).read_volatile() }
    }

    /// Writes the register at a byte offset, in the device's page.
    pub fn write(self, offset: u64, value: u32) {
        debug_assert!(offset < 4096 && offset.is_multiple_of(4), "a register stands in its device's page");
        // SAFETY: a register of the device's, and its driver answers for what the value does, by the contract of `at`.
        unsafe { direct::<u32>(self.0 + offset).write_volatile(value) }
    }
}
