//! Records for the host: status and markers, one line each, over the second serial port.
//!
//! The console is the guest's own and may print anything; what the host decides by travels here:
//!
//! | record | meaning |
//! |---|---|
//! | `@marker TEXT` | something that a test waits for has happened |
//! | `@panic TEXT` | the kernel gave up, and why |
//! | `@status N` | the exit status, 0 to 255; the last record |

use core::fmt::{self, Write};

use crate::arch::power;
use crate::arch::serial::{self, SerialPort};
use crate::leaf::{Leaf, LeafLock};

// SAFETY: the second port of every PC; this channel is its only user.
static RECORDS: LeafLock<SerialPort> =
    LeafLock::new(Leaf::Records, unsafe { SerialPort::at(serial::RECORDS) });

/// Sets the port up. Once, at boot.
pub fn configure() {
    RECORDS.with(SerialPort::configure);
}

/// Tells the host that something has happened.
pub fn marker(text: &str) {
    RECORDS.with(|port| {
        // A serial port takes every byte.
        let _ = port.write_str("@marker ");
        let _ = port.write_str(text);
        let _ = port.write_str("\n");
    });
}

/// Ends the machine with a status.
pub fn exit(status: u8) -> ! {
    RECORDS.with(|port| {
        let _ = writeln!(port, "@status {status}");
    });
    power::off()
}

/// Ends the machine after a panic, past the lock: every other CPU has been stopped.
pub(crate) fn exit_after_panic(why: fmt::Arguments<'_>, status: u8) -> ! {
    // SAFETY: the caller has stopped the others, so nobody else writes to the port.
    let mut port = unsafe { SerialPort::at(serial::RECORDS) };
    let _ = writeln!(port, "\n@panic {why}\n@status {status}");
    power::off()
}
