//! Records for the host: status and markers, one line each, over the second serial port.
//!
//! The console is the guest's own and may print anything; what the host decides by travels here:
//!
//! | record | meaning |
//! |---|---|
//! | `@marker TEXT` | something that a test waits for has happened |
//! | `@figure N TEXT` | something was measured |
//! | `@panic TEXT` | the kernel gave up, and why |
//! | `@status N` | the exit status, 0 to 255; the last record |

use core::fmt::{self, Write};

use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use machine::power;
use machine::serial::{self, SerialPort};

// SAFETY: the second port of every PC; this channel is its only user.
static RECORDS: LeafLock<SerialPort> =
    LeafLock::new(Leaf::Records, unsafe { SerialPort::at(serial::RECORDS) });

/// Runs an operation of this module on the port.
fn with_records<O>(operation: impl FnOnce(&mut SerialPort) -> O) -> O {
    // SAFETY: the operations send texts and numbers, each byte within a bounded time; what they format is `str` and integers.
    unsafe { RECORDS.with(operation) }
}

/// Sets the port up. Once, at boot.
pub(crate) fn configure() {
    with_records(|port| {
        port.configure();
        // Firmware may have left a line unfinished.
        port.send(b'\n');
    });
}

/// Tells the host that something has happened.
pub fn marker(text: &str) {
    with_records(|port| {
        // A serial port takes every byte.
        let _ = port.write_str("@marker ");
        let _ = OneLine(port).write_str(text);
        let _ = port.write_str("\n");
    });
}

/// Tells the host what was measured.
pub fn figure(what: &str, value: u64) {
    with_records(|port| {
        // A serial port takes every byte.
        let _ = write!(port, "@figure {value} ");
        let _ = OneLine(port).write_str(what);
        let _ = port.write_str("\n");
    });
}

/// Ends the machine with a status.
pub fn exit(status: u8) -> ! {
    with_records(|port| {
        let _ = writeln!(port, "@status {status}");
        // With the lock held, so that nobody writes after the status.
        power::off()
    })
}

/// A record's text on one line: what breaks the line becomes a space, so that no text forges a record.
struct OneLine<'a>(&'a mut SerialPort);

impl Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.0.send(if byte.is_ascii_control() { b' ' } else { byte }));
        Ok(())
    }
}

/// Ends the machine after a panic, past the lock: every other CPU has been stopped.
pub(crate) fn exit_after_panic(why: fmt::Arguments<'_>, status: u8) -> ! {
    // SAFETY: the caller has stopped the others, so nobody else writes to the port.
    let mut port = unsafe { SerialPort::at(serial::RECORDS) };
    let _ = port.write_str("\n@panic ");
    let _ = OneLine(&mut port).write_fmt(why);
    let _ = writeln!(port, "\n@status {status}");
    power::off()
}
