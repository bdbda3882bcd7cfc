//! Configuration of PCI devices, by the pair of ports that every PC has: one says which register, the other is that register (PCI
//! Local Bus Specification 3.0, section 3.2.2.3.2).
//!
//! A pair is no place for two CPUs at once: it is used by the first CPU, at boot.

use x86_64::instructions::port::Port;

/// The port that says which register.
const ADDRESS: u16 = 0xCF8;
/// The port that is the register.
const DATA: u16 = 0xCFC;
/// In an address: the register is one of PCI.
const ENABLE: u32 = 1 << 31;

/// A device's function, by where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// The bus.
    pub bus: u8,
    /// The device on the bus, below 32.
    pub device: u8,
    /// The function of the device, below 8.
    pub function: u8,
}

impl Function {
    /// The address of a register, by its byte.
    fn address(self, register: u8) -> u32 {
        ENABLE
            | u32::from(self.bus) << 16
            | u32::from(self.device & 31) << 11
            | u32::from(self.function & 7) << 8
            | u32::from(register & !3)
    }

    /// Reads the register of 32 bits that has byte `register`; all ones where there is no such function.
    ///
    /// # Safety
    ///
    /// No other CPU uses the ports, and the register can be read without harm to memory.
    #[must_use]
    pub unsafe fn read(self, register: u8) -> u32 {
        // SAFETY: the ports select and read a register, which the caller vouches for.
        unsafe {
            Port::<u32>::new(ADDRESS).write(self.address(register));
            Port::<u32>::new(DATA).read()
        }
    }

    /// Writes the register of 32 bits that has byte `register`.
    ///
    /// # Safety
    ///
    /// No other CPU uses the ports, the caller is the function's driver, and answers for what the value does.
    pub unsafe fn write(self, register: u8, value: u32) {
        // SAFETY: the ports select and write a register, and the caller answers for what that does.
        unsafe {
            Port::<u32>::new(ADDRESS).write(self.address(register));
            Port::<u32>::new(DATA).write(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Function;

    #[test]
    fn a_register_has_its_address() {
        let function = Function { bus: 1, device: 31, function: 2 };
        assert_eq!(function.address(0x3D), 0x8001_FA3C);
    }
}
