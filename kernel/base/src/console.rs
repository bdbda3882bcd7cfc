//! The diagnostics console.
//!
//! `print!` may be called anywhere. A line is formatted into a buffer first and sent under the leaf lock
//! after, so that no `Display` of anybody's runs while the lock is held, and no line is torn.

use core::fmt::{self, Write};

use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use machine::serial::{self, SerialPort};

// SAFETY: the first port of every PC; the console is its only user.
static CONSOLE: LeafLock<SerialPort> =
    LeafLock::new(Leaf::Console, unsafe { SerialPort::at(serial::CONSOLE) });

/// Runs an operation of this module on the port.
fn with_console<O>(operation: impl FnOnce(&mut SerialPort) -> O) -> O {
    // SAFETY: the operations send bytes that are formatted already, each within a bounded time.
    unsafe { CONSOLE.with(operation) }
}

/// Longest text of one call; what is longer is cut, and says so.
const LONGEST: usize = 1024;
/// What a cut text ends with.
const CUT: &str = "…\n";

/// Text being formatted.
struct Line {
    bytes: [u8; LONGEST],
    length: usize,
    cut: bool,
}

impl Line {
    const fn new() -> Self {
        Self { bytes: [0; LONGEST], length: 0, cut: false }
    }

    /// The text so far; only whole characters are ever put in.
    fn text(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut room = LONGEST - self.length;
        if text.len() <= room {
            room = text.len();
        } else {
            self.cut = true;
            while !text.is_char_boundary(room) {
                room -= 1;
            }
        }
        self.bytes[self.length..self.length + room].copy_from_slice(&text.as_bytes()[..room]);
        self.length += room;
        Ok(())
    }
}

/// Sets the port up. Once, at boot.
pub(crate) fn configure() {
    with_console(SerialPort::configure);
}

/// Prints; use [`println!`](crate::println).
pub fn print(text: fmt::Arguments<'_>) {
    let mut line = Line::new();
    // Formatting into the buffer fails only if a `Display` of the caller's does; what it wrote is shown.
    let _ = line.write_fmt(text);
    with_console(|port| {
        // A serial port takes every byte.
        let _ = port.write_str(line.text());
        if line.cut {
            let _ = port.write_str(CUT);
        }
    });
}

/// Most bytes that [`write`] sends while it holds the lock, interrupts off.
const PIECE: usize = 64;

/// Sends bytes as they are, for whoever has formatted them: a terminal's. The lock is released in between, so what the kernel prints
/// may come between two pieces.
pub fn write(bytes: &[u8]) {
    for piece in bytes.chunks(PIECE) {
        with_console(|port| piece.iter().for_each(|&byte| port.send(byte)));
    }
}

/// Prints past the lock: every other CPU has been stopped, perhaps while it held it.
pub(crate) fn print_bypassing(text: fmt::Arguments<'_>) {
    // SAFETY: the caller has stopped the others, so nobody else writes to the port.
    let mut port = unsafe { SerialPort::at(serial::CONSOLE) };
    let _ = port.write_fmt(text);
}

/// Prints a line on the console.
#[macro_export]
macro_rules! println {
    ($($argument:tt)*) => {
        $crate::console::print(::core::format_args!("{}\n", ::core::format_args!($($argument)*)))
    };
}

#[cfg(test)]
mod tests {
    use core::fmt::Write;

    use super::{LONGEST, Line};

    #[test]
    fn a_long_text_is_cut_at_a_whole_character() {
        let mut line = Line::new();
        for _ in 0..LONGEST - 1 {
            line.write_char('x').unwrap();
        }
        line.write_str("é").unwrap();
        assert!(line.cut);
        assert_eq!(line.text().len(), LONGEST - 1);
    }
}
