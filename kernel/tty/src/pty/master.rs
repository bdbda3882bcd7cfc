//! The end of a pseudo-terminal that a program plays: a terminal emulator, a login over the network.

use alloc::sync::Arc;

use abi::{Errno, Result, ioctl};
use base::mm::fallible::try_zeroed;
use base::sched::waiting::{self, Source};
use lockorder::{Root, Task};

use super::Ptys;
use crate::buffers::{Destination, Origin, in_parts};
use crate::readiness::Readiness;
use crate::signal::Signal;
use crate::terminal::{CHUNK, Flags, Job, Outcome, Tty, count, give, set_foreground, take};

/// Most bytes of one read.
const MOST: usize = 4096;

/// The master of a pair.
#[derive(Debug)]
pub struct Master {
    slave: Arc<Tty>,
    number: u32,
    ptys: Arc<Ptys>,
}

impl Master {
    /// The master of that slave.
    pub(super) const fn new(slave: Arc<Tty>, number: u32, ptys: Arc<Ptys>) -> Self {
        Self { slave, number, ptys }
    }

    /// Its number under `/dev/pts`.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The slave.
    #[must_use]
    pub const fn slave(&self) -> &Arc<Tty> {
        &self.slave
    }

    /// Ends the pair: the slave is hung up, and the number free.
    pub fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        self.ptys.remove(held, self.number);
        self.slave.hang_up(held);
    }

    /// Reads what was written at the slave, and the echo of what was typed.
    ///
    /// # Errors
    ///
    /// `EIO` when nothing is left and nobody has the slave open any more; `EAGAIN`, `EINTR`, `EFAULT`, `ENOMEM`.
    pub fn read(
        &self,
        held: &mut Root<'_, Task>,
        to: &mut (impl Destination + ?Sized),
        nonblocking: bool,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<usize> {
        if to.size() == 0 {
            return Ok(0);
        }
        let mut buffer = try_zeroed(to.size().min(MOST)).map_err(|_| Errno::ENOMEM)?;
        let line = &self.slave.line;
        loop {
            // Before the look: what was written before the slave was closed is read.
            let closed = self.slave.is_closed();
            let count = line.with(held, |line| line.discipline.transmit(&mut buffer));
            if count > 0 {
                line.programs.wake();
                let bytes = buffer.get(..count).unwrap_or_default();
                return to.put(held, 0, bytes).map(|()| count);
            }
            if closed {
                return Err(Errno::EIO);
            }
            if nonblocking {
                return Err(Errno::EAGAIN);
            }
            if interrupted() {
                return Err(Errno::EINTR);
            }
            let look = || line.flags().contains(Flags::OUTPUT) || self.slave.is_closed() || interrupted();
            waiting::wait(held, &[&line.other_end], None, |_| look().then_some(()))
                .map_err(|_| Errno::ENOMEM)?;
        }
    }

    /// Types at the slave. Gives how many bytes were typed: all, unless it must not wait or is interrupted.
    ///
    /// # Errors
    ///
    /// Where none was: `EAGAIN`, `EINTR`, `EFAULT`, `ENOMEM`.
    pub fn write(
        &self,
        held: &mut Root<'_, Task>,
        from: &(impl Origin + ?Sized),
        nonblocking: bool,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<usize> {
        in_parts(held, from, &mut [0; CHUNK], |held, bytes| {
            self.type_all(held, bytes, nonblocking, interrupted)
        })
    }

    /// Types bytes, waiting for room; gives how many have been, and why not all.
    fn type_all(
        &self,
        held: &mut Root<'_, Task>,
        bytes: &[u8],
        nonblocking: bool,
        interrupted: &dyn Fn() -> bool,
    ) -> (usize, Option<Errno>) {
        let line = &self.slave.line;
        let mut done = 0;
        loop {
            done += self.slave.receive(held, bytes.get(done..).unwrap_or_default());
            if done >= bytes.len() {
                return (done, None);
            }
            if nonblocking {
                return (done, Some(Errno::EAGAIN));
            }
            if interrupted() {
                return (done, Some(Errno::EINTR));
            }
            let look = || line.flags().contains(Flags::ACCEPTS) || interrupted();
            if waiting::wait(held, &[&line.other_end], None, |_| look().then_some(())).is_err() {
                return (done, Some(Errno::ENOMEM));
            }
        }
    }

    /// Does what the command says, for a caller of this job.
    ///
    /// # Errors
    ///
    /// As [`Tty::ioctl`].
    pub fn ioctl(
        &self,
        held: &mut Root<'_, Task>,
        job: Job,
        command: u32,
        argument: u64,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Outcome> {
        let slave = &self.slave;
        match command {
            ioctl::TIOCGPTN => give(held, argument, &self.number.to_le_bytes()),
            ioctl::TIOCSPTLCK => {
                let locked = i32::from_le_bytes(take(held, argument)?) != 0;
                slave.set_locked(locked);
                Ok(Outcome::Done)
            }
            ioctl::TIOCGPTLCK => give(held, argument, &u32::from(slave.is_locked()).to_le_bytes()),
            ioctl::TIOCSIG => {
                let signal = Signal::from_number(argument).ok_or(Errno::EINVAL)?;
                slave.signal_foreground(held, signal);
                Ok(Outcome::Done)
            }
            ioctl::TIOCGPGRP => give(held, argument, &slave.foreground().to_le_bytes()),
            ioctl::TIOCGSID if slave.session() == 0 => Err(Errno::ENOTTY),
            ioctl::TIOCGSID => give(held, argument, &slave.session().to_le_bytes()),
            ioctl::TIOCSPGRP if job.session == 0 || slave.session() != job.session => Err(Errno::ENOTTY),
            ioctl::TIOCSPGRP => set_foreground(held, argument),
            ioctl::FIONREAD => {
                let readable = slave.line.with(held, |line| line.discipline.sendable());
                give(held, argument, &count(readable))
            }
            // What is typed is there at once.
            ioctl::TIOCOUTQ => give(held, argument, &[0; 4]),
            ioctl::TCFLSH if argument > 2 => Err(Errno::EINVAL),
            // What it has written was typed at once: only what it has not read can be thrown away.
            ioctl::TCFLSH => {
                if argument != 1 {
                    slave.line.change(held, |line| line.discipline.flush_sent());
                }
                Ok(Outcome::Done)
            }
            _ => slave.shared_control(held, command, argument, interrupted),
        }
    }

    /// What it is ready for. Takes no lock.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let flags = self.slave.line.flags();
        let closed = self.slave.is_closed();
        let mut readiness = Readiness::empty();
        readiness.set(Readiness::READ, closed || flags.contains(Flags::OUTPUT));
        readiness.set(Readiness::WRITE, flags.contains(Flags::ACCEPTS));
        readiness.set(Readiness::HANG_UP, closed);
        readiness
    }

    /// What is woken when [`readiness`](Self::readiness) may have changed.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.slave.line.other_end
    }
}
