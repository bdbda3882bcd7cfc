//! Writes, and how bytes come to a device.
//!
//! What a program writes goes through the discipline into the line's own buffer. To a device it is sent from there by whoever has put
//! something in, writer or echo, one at a time: [`TerminalWriter`] is held while bytes are taken out and sent, so that they arrive
//! in their order. A master takes them out itself.

use abi::{Errno, Result};
use base::mm::fallible::try_zeroed;
use base::sched::waiting;
use lockorder::{Held, Root, Task};

use super::line::Flags;
use super::{CHUNK, OtherEnd, Tty};
use crate::buffers::{Origin, in_parts};

lockorder::hierarchy! {
    /// Who writes to a terminal: the order in which bytes get to its device. Held over a chunk, never over a wait for room.
    pub class TerminalWriter in base::levels::Scheduler = 1;
}

/// Most bytes of a write that no other write comes in between.
const TOGETHER: usize = 1024;
/// Most bytes that are handed to a device at a time.
const SENT_AT_ONCE: usize = 64;

impl Tty {
    /// Writes. Gives how many bytes have been taken: all, unless it must not wait or is interrupted.
    ///
    /// Whether the caller may write from the background is asked before ([`background`](Self::background)). `interrupted` is as for
    /// [`read`](Self::read).
    ///
    /// # Errors
    ///
    /// Where nothing has been taken: `EAGAIN` when there is no room, or the output is stopped, and it must not wait; `EINTR`, `EIO`
    /// when the terminal is hung up, `EFAULT`, `ENOMEM`.
    pub fn write(
        &self,
        held: &mut Root<'_, Task>,
        from: &(impl Origin + ?Sized),
        nonblocking: bool,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<usize> {
        if self.is_hung_up() {
            return Err(Errno::EIO);
        }
        let mut buffer = try_zeroed(from.size().min(TOGETHER)).map_err(|_| Errno::ENOMEM)?;
        in_parts(held, from, &mut buffer, |held, bytes| {
            self.write_together(held, bytes, nonblocking, interrupted)
        })
    }

    /// Writes bytes, waiting for room; gives how many have been taken, and why not all.
    fn write_together(
        &self,
        held: &mut Root<'_, Task>,
        bytes: &[u8],
        nonblocking: bool,
        interrupted: &dyn Fn() -> bool,
    ) -> (usize, Option<Errno>) {
        let mut done = 0;
        loop {
            done += held.with(&self.writer, |(), mut held| {
                self.put(&mut held, bytes.get(done..).unwrap_or_default())
            });
            if done >= bytes.len() {
                return (done, None);
            }
            let refused = if self.is_hung_up() {
                Some(Errno::EIO)
            } else if nonblocking {
                Some(Errno::EAGAIN)
            } else if interrupted() {
                Some(Errno::EINTR)
            } else {
                self.wait_until(held, Flags::ROOM, interrupted).err()
            };
            if refused.is_some() {
                return (done, refused);
            }
        }
    }

    /// Puts bytes in as long as there is room, and sends them; says how many.
    fn put(&self, held: &mut Held<'_, TerminalWriter, Task>, bytes: &[u8]) -> usize {
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let chunk = rest.get(..CHUNK).unwrap_or(rest);
            let more = self.line.with(held, |line| line.discipline.write(chunk));
            self.send_in_turn(held);
            if more == 0 {
                break;
            }
            done += more;
        }
        done
    }

    /// Sends what is to be sent.
    pub(super) fn send(&self, held: &mut Root<'_, Task>) {
        if self.line.flags().contains(Flags::OUTPUT) {
            held.with(&self.writer, |(), mut held| self.send_in_turn(&mut held));
        }
    }

    /// Sends what is to be sent, or tells the master that there is something.
    fn send_in_turn(&self, held: &mut Held<'_, TerminalWriter, Task>) {
        let OtherEnd::Device(transmit) = self.other_end else {
            self.line.other_end.wake();
            return;
        };
        let mut bytes = [0; SENT_AT_ONCE];
        loop {
            let count = self.line.with(held, |line| line.discipline.transmit(&mut bytes));
            if count == 0 {
                break;
            }
            transmit(bytes.get(..count).unwrap_or_default());
        }
        // There is room now.
        self.line.programs.wake();
    }

    /// Waits until all that was written has gone out to the device. A master counts as one that has it.
    ///
    /// # Errors
    ///
    /// `EINTR`, `EIO` when the terminal is hung up, `ENOMEM`.
    pub fn drain(&self, held: &mut Root<'_, Task>, interrupted: &dyn Fn() -> bool) -> Result<()> {
        match self.other_end {
            OtherEnd::Master => Ok(()),
            OtherEnd::Device(_) => {
                self.wait_until(held, Flags::SENT, interrupted)?;
                // Who has taken the last bytes out may be sending them still.
                held.with(&self.writer, |(), _| ());
                if interrupted() && !self.line.flags().contains(Flags::SENT) {
                    return Err(Errno::EINTR);
                }
                if self.is_hung_up() { Err(Errno::EIO) } else { Ok(()) }
            }
        }
    }

    /// Waits for one of the line's flags, until the caller is interrupted or the terminal hung up.
    fn wait_until(
        &self,
        held: &mut Root<'_, Task>,
        flag: Flags,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<()> {
        let look = || self.line.flags().contains(flag) || self.is_hung_up() || interrupted();
        waiting::wait(held, &[&self.line.programs], None, |_| look().then_some(())).map_err(|_| Errno::ENOMEM)
    }
}
