//! The console: the terminal on the first serial port.
//!
//! The port's interrupt puts what is typed into a lock-free ring. A thread of its own takes it out at its root and gives it to the
//! terminal, which shows it, sends signals and wakes who reads. Bytes that find no room are lost, as on every line without flow
//! control; those that send signals always find some. What programs write goes to the port past the formatting of the kernel's own
//! messages, under the same leaf lock, a few bytes at a time.

use alloc::sync::Arc;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::{self, Placement};
use base::{console, keys};

use crate::signal::Signaller;
use crate::terminal::{OtherEnd, Tty};
use crate::termios::{InputFlags, Termios};

/// Bytes that are taken out of the ring at a time.
const AT_ONCE: usize = 64;

/// Starts the console; once. Signals go out through `signaller`.
///
/// # Errors
///
/// `EBUSY` when somebody takes what is typed already, `ENOMEM`.
pub fn start(signaller: Arc<dyn Signaller>) -> Result<Arc<Tty>> {
    let mut settings = Termios::default();
    // What stands behind the port speaks UTF-8.
    settings.input |= InputFlags::IUTF8;
    let terminal = Tty::try_new(settings, OtherEnd::Device(console::write), signaller)?;
    let terminal = try_arc(terminal).map_err(|_| Errno::ENOMEM)?;
    let typed = keys::typed().ok_or(Errno::EBUSY)?;
    let shared = Arc::clone(&terminal);
    let thread = sched::try_spawn("console", Placement::default(), move |mut held| {
        let mut typed = typed;
        let mut bytes = [0; AT_ONCE];
        loop {
            let count = typed.wait(&mut held, &mut bytes);
            shared.receive(&mut held, bytes.get(..count).unwrap_or_default(), true);
        }
    });
    thread.map_err(|_| Errno::ENOMEM)?;
    Ok(terminal)
}
