//! The two serial ports: the console, and records for the host.
//!
//! A 16550, polled. It has no lock: whoever writes owns the port, through the console's leaf lock or because
//! every other CPU has been stopped.

use core::fmt;

use x86_64::instructions::port::Port;

/// First port of the console.
pub const CONSOLE: u16 = 0x3f8;
/// Line of the console's port at the old interrupt controllers.
pub const CONSOLE_LINE: u8 = 4;
/// First port of the record channel.
pub const RECORDS: u16 = 0x2f8;

/// How often the transmitter is asked before the port counts as stuck: one that nobody reads must not stop the kernel. In
/// QEMU that is about a tenth of a second; a byte takes 87 microseconds.
const PATIENCE: u32 = 1_000_000;

/// One serial port.
#[derive(Debug)]
pub struct SerialPort {
    base: u16,
    /// Whether the last byte found no room in time. Then the next ones are dropped at one look each, until there is room:
    /// a line waits for [`PATIENCE`] looks once and not for each of its bytes.
    stuck: bool,
}

impl SerialPort {
    /// The port at `base`, as the firmware left it.
    ///
    /// # Safety
    ///
    /// A 16550 stands at `base`, and nobody else writes to it meanwhile.
    #[must_use]
    pub const unsafe fn at(base: u16) -> Self {
        Self { base, stuck: false }
    }

    /// Waits until `ready` says yes, for a bounded time; says whether it did.
    fn wait(&mut self, mut ready: impl FnMut() -> bool) -> bool {
        let looks = if self.stuck { 1 } else { PATIENCE };
        self.stuck = !(0..looks).any(|_| {
            let ready = ready();
            if !ready {
                core::hint::spin_loop();
            }
            ready
        });
        !self.stuck
    }

    /// Sets 115,200 baud, eight bits, no parity, one stop bit, no interrupts yet; the line through which a port
    /// interrupts is connected.
    pub fn configure(&mut self) {
        for (register, value) in [(1, 0x00), (3, 0x80), (0, 0x01), (1, 0x00), (3, 0x03), (2, 0xc7), (4, 0x0b)]
        {
            // SAFETY: whoever made this value vouched for the port; these are a 16550's registers.
            unsafe { Port::<u8>::new(self.base + register).write(value) }
        }
    }

    /// Sends one byte, or drops it where the port is stuck.
    pub fn send(&mut self, byte: u8) {
        let mut status = Port::<u8>::new(self.base + 5);
        // SAFETY: as in `configure`; reading the line status has no effect.
        if self.wait(|| unsafe { status.read() } & 0x20 != 0) {
            // SAFETY: as in `configure`.
            unsafe { Port::<u8>::new(self.base).write(byte) }
        }
    }
}

/// The receiving side of a port: registers of its own, so that it needs nothing of the sending side.
#[derive(Debug)]
pub struct Receiver {
    base: u16,
}

impl Receiver {
    /// The receiving side of the port at `base`.
    ///
    /// # Safety
    ///
    /// A 16550 stands at `base`, and nobody else receives from it.
    #[must_use]
    pub const unsafe fn at(base: u16) -> Self {
        Self { base }
    }

    /// Has the port interrupt when something has come.
    pub fn interrupt(&self) {
        // SAFETY: whoever made this value vouched for the port; the interrupt enable register of a 16550.
        unsafe { Port::<u8>::new(self.base + 1).write(1) }
    }

    /// The next byte that has come, if there is one.
    #[must_use]
    pub fn receive(&self) -> Option<u8> {
        // SAFETY: as above; reading the status has no effect on the sender, and the byte is ours to take.
        unsafe {
            let ready = Port::<u8>::new(self.base + 5).read() & 1 != 0;
            ready.then(|| Port::<u8>::new(self.base).read())
        }
    }
}

impl fmt::Write for SerialPort {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.send(byte));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{CONSOLE, PATIENCE, SerialPort};

    #[test]
    fn a_line_waits_once_for_a_port_that_nobody_reads() {
        // SAFETY: nothing is sent: the port is asked through closures only.
        let mut port = unsafe { SerialPort::at(CONSOLE) };
        let mut looks = 0;
        for _ in 0..1024 {
            assert!(!port.wait(|| {
                looks += 1;
                false
            }));
        }
        assert_eq!(looks, PATIENCE + 1023);
        // Once there is room it is as patient as before.
        assert!(port.wait(|| true));
        let mut late = 0;
        assert!(port.wait(|| {
            late += 1;
            late == 1000
        }));
    }
}
