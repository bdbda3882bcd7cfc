//! The console: the terminal on the first serial port.
//!
//! The port's interrupt puts what is typed into a lock-free ring. A thread of its own takes it out at its root and gives it to the
//! terminal, which shows it, sends signals and wakes who reads. What finds no room there waits in the thread's own buffer until
//! somebody reads, so that nothing of a text is lost that is pasted or piped in; what finds no room there either is lost, as on every
//! line without flow control. What programs write goes to the port past the formatting of the kernel's own
//! messages, under the same leaf lock, a few bytes at a time.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use abi::{Errno, Result};
use base::keys::Typed;
use base::mm::fallible::try_arc;
use base::sched::{self, Placement, waiting};
use base::{console, keys};
use lockorder::{Root, Task};

use crate::signal::Signaller;
use crate::terminal::{Flags, OtherEnd, Tty};
use crate::termios::{InputFlags, Termios};

/// Bytes that are taken out of the ring at a time.
const AT_ONCE: usize = 64;
/// Bytes that can wait for the terminal to have room.
const WAITING: usize = 64 * 1024;

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
    let mut waiting = VecDeque::new();
    waiting.try_reserve_exact(WAITING).map_err(|_| Errno::ENOMEM)?;
    let mut typist =
        Typist { typed: keys::typed().ok_or(Errno::EBUSY)?, terminal: Arc::clone(&terminal), waiting };
    let thread = sched::try_spawn("console", Placement::default(), move |mut held| {
        loop {
            typist.wait(&mut held);
            typist.pass_on(&mut held);
        }
    });
    thread.map_err(|_| Errno::ENOMEM)?;
    Ok(terminal)
}

/// Who gives to the terminal what is typed.
struct Typist {
    typed: Typed,
    terminal: Arc<Tty>,
    /// What has been typed and had no room.
    waiting: VecDeque<u8>,
}

impl Typist {
    /// Waits until there is something to be done.
    fn wait(&self, held: &mut Root<'_, Task>) {
        let line = &self.terminal.line;
        let look = || {
            let goes_on = !self.waiting.is_empty() && line.flags().contains(Flags::ACCEPTS);
            (goes_on || !self.typed.is_empty()).then_some(())
        };
        // Two sources need no memory, and without a deadline the wait ends when it has found something.
        let _ = waiting::wait(held, &[self.typed.source(), &line.other_end], None, |_| look());
    }

    /// Takes what has been typed, and gives the terminal what it has room for.
    fn pass_on(&mut self, held: &mut Root<'_, Task>) {
        let mut bytes = [0; AT_ONCE];
        let count = self.typed.take(&mut bytes);
        let room = WAITING.saturating_sub(self.waiting.len());
        self.waiting.extend(bytes.iter().take(count.min(room)));
        loop {
            let (first, _) = self.waiting.as_slices();
            let taken = self.terminal.receive(held, first);
            if taken == 0 {
                break;
            }
            self.waiting.drain(..taken);
        }
    }
}
