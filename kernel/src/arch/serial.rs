//! The two serial ports: the console, and records for the host.
//!
//! A 16550, polled. It has no lock: whoever writes owns the port, through the console's leaf lock or because
//! every other CPU has been stopped.

use core::fmt;

use x86_64::instructions::port::Port;

/// First port of the console.
pub const CONSOLE: u16 = 0x3f8;
/// First port of the record channel.
pub const RECORDS: u16 = 0x2f8;

/// How often the transmitter is asked before a byte is dropped: a port nobody reads must not stop the kernel.
const PATIENCE: u32 = 1_000_000;

/// One serial port.
#[derive(Debug)]
pub struct SerialPort {
    base: u16,
}

impl SerialPort {
    /// The port at `base`, as the firmware left it.
    ///
    /// # Safety
    ///
    /// A 16550 stands at `base`, and nobody else writes to it meanwhile.
    #[must_use]
    pub const unsafe fn at(base: u16) -> Self {
        Self { base }
    }

    /// Sets 115,200 baud, eight bits, no parity, one stop bit, no interrupts.
    pub fn configure(&mut self) {
        for (register, value) in [(1, 0x00), (3, 0x80), (0, 0x01), (1, 0x00), (3, 0x03), (2, 0xc7), (4, 0x03)]
        {
            // SAFETY: whoever made this value vouched for the port; these are a 16550's registers.
            unsafe { Port::<u8>::new(self.base + register).write(value) }
        }
    }

    /// Sends one byte.
    pub fn send(&mut self, byte: u8) {
        // SAFETY: as in `configure`; reading the line status has no effect.
        let ready = |base| unsafe { Port::<u8>::new(base + 5).read() } & 0x20 != 0;
        for _ in 0..PATIENCE {
            if ready(self.base) {
                // SAFETY: as in `configure`.
                unsafe { Port::<u8>::new(self.base).write(byte) }
                return;
            }
            core::hint::spin_loop();
        }
    }
}

impl fmt::Write for SerialPort {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.send(byte));
        Ok(())
    }
}
