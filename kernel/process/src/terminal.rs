//! The console, as a file; and what processes have to do with terminals.
//!
//! A terminal knows the numbers of a session and of a group, and not who is in them: signals go out through `Groups`, at the root.
//! Who reads or changes a terminal from the background is stopped; that is asked before, since a stream does not know who reads it.

use alloc::sync::Arc;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting::Source;
use base::user::UserSlice;
use fs::attributes::device_number;
use fs::{File, Inode, Kind, Readiness, StreamFile, Waits};
use lockorder::{Root, Task};
use tty::terminal::changes;
use tty::{Access, Job, Outcome, Signaller, Tty};

use crate::life::Current;
use crate::process::Process;
use crate::signal::number::Signal;
use crate::signal::posting::{hang_up, post_to_group};
use crate::system::System;
use crate::tree;

/// The major number of the slaves of pseudo-terminals.
pub const SLAVES: u32 = 136;
/// The number of the console, as a device.
const CONSOLE: u32 = 0x501;

/// Takes signals from terminals to groups.
#[derive(Debug)]
pub(crate) struct Groups;

impl Signaller for Groups {
    fn signal_group(&self, held: &mut Root<'_, Task>, group: u32, signal: tty::Signal) {
        if let Ok(signal) = Signal::new(u64::from(signal.number())) {
            post_to_group(held, group, signal);
        }
    }

    fn hang_up(&self, held: &mut Root<'_, Task>, session: u32, _group: u32) {
        if let Ok(leader) = tree::find(held, session) {
            leader.post(held, Signal::HUP, None);
            leader.post(held, Signal::CONT, None);
        }
    }
}

/// A terminal, as a file.
pub struct Terminal {
    inode: Arc<dyn Inode>,
    tty: Arc<Tty>,
}

impl core::fmt::Debug for Terminal {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.tty.fmt(formatter)
    }
}

/// Opens a terminal by a name of it.
///
/// # Errors
///
/// [`Errno::EIO`] where it is hung up; [`Errno::ENOMEM`].
pub(crate) fn open(tty: &Arc<Tty>, inode: Arc<dyn Inode>) -> Result<File> {
    tty.open()?;
    let terminal = Terminal { inode, tty: Arc::clone(tty) };
    Ok(File::Stream(try_arc(terminal).map_err(|_| Errno::ENOMEM)?))
}

/// The terminal that a file is, if it is one.
#[must_use]
pub fn of(file: &File) -> Option<&Terminal> {
    file.stream()
}

impl StreamFile for Terminal {
    fn inode(&self) -> Option<&Arc<dyn Inode>> {
        Some(&self.inode)
    }

    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize> {
        let mut to = to;
        self.tty.read(held, &mut to, waits.nonblocking, waits.interrupted)
    }

    fn write(&self, held: &mut Root<'_, Task>, from: UserSlice, waits: Waits<'_>) -> Result<usize> {
        self.tty.write(held, &from, waits.nonblocking, waits.interrupted)
    }

    fn write_kernel(&self, held: &mut Root<'_, Task>, from: &[u8], waits: Waits<'_>) -> Result<usize> {
        self.tty.write(held, from, waits.nonblocking, waits.interrupted)
    }

    fn readiness(&self) -> Readiness {
        Readiness::from_bits_truncate(self.tty.readiness().bits())
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(self.tty.source());
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        self.tty.close(held);
    }

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}

/// Whose job a process is.
pub(crate) fn job(process: &Process) -> Job {
    Job { session: process.session(), group: process.group() }
}

impl Terminal {
    /// Stops the caller where it does this from the background: it is to begin the call again.
    ///
    /// # Errors
    ///
    /// [`Errno::EINTR`] when it is stopped; [`Errno::EIO`] where it reads, and would not be.
    pub fn check(&self, current: &Current, held: &mut Root<'_, Task>, access: Access) -> Result<()> {
        let process = current.process();
        let Some(signal) = self.tty.background(job(process), access) else { return Ok(()) };
        let signal = Signal::new(u64::from(signal.number()))?;
        let is_blocked = current.thread.blocked() & signal.bit() != 0;
        if is_blocked || process.action(held, signal).ignores(signal) {
            return if access == Access::Read { Err(Errno::EIO) } else { Ok(()) };
        }
        if tree::is_orphaned(held, process.group(), process.session()) {
            return Err(Errno::EIO);
        }
        post_to_group(held, process.group(), signal);
        Err(Errno::EINTR)
    }

    /// Does what a program asks of its terminal.
    ///
    /// # Errors
    ///
    /// As for [`Tty::ioctl`]; [`Errno::EPERM`] for who may not have a terminal, or not that group.
    pub fn control(
        &self,
        current: &Current,
        held: &mut Root<'_, Task>,
        request: u32,
        argument: u64,
    ) -> Result<u64> {
        if changes(request) {
            self.check(current, held, Access::Change)?;
        }
        let process = current.process();
        let own = job(process);
        let interrupted = || current.thread.is_interrupted();
        match self.tty.ioctl(held, own, request, argument, &interrupted)? {
            Outcome::Done => {}
            Outcome::SetForeground(group) => return set_foreground(held, &self.tty, own, group),
            Outcome::Claim { steal } => {
                let has_other = of_session(held, process.system(), own.session)
                    .is_some_and(|(other, _)| !Arc::ptr_eq(&other, &self.tty));
                if own.session != process.id() || has_other {
                    return Err(Errno::EPERM);
                }
                if steal {
                    self.tty.steal(own);
                } else if !self.tty.claim(own) {
                    return Err(Errno::EPERM);
                }
            }
            Outcome::Release => session_ends(held, process),
        }
        Ok(0)
    }
}

/// Puts a group of the caller's session in the foreground of a terminal.
///
/// # Errors
///
/// [`Errno::ESRCH`] where there is no such group; [`Errno::EPERM`] where it is another session's.
pub(crate) fn set_foreground(held: &mut Root<'_, Task>, tty: &Tty, own: Job, group: u32) -> Result<u64> {
    let session = own.session;
    if !tree::any(held, |other| other.group() == group) {
        return Err(Errno::ESRCH);
    }
    let is_own = tree::any(held, |other| other.group() == group && other.session() == session);
    if is_own && tty.set_foreground(Job { session, group }) { Ok(0) } else { Err(Errno::EPERM) }
}

/// The terminal of a session, and its number as a device.
pub(crate) fn of_session(
    held: &mut Root<'_, Task>,
    system: &System,
    session: u32,
) -> Option<(Arc<Tty>, u32)> {
    if session == 0 {
        return None;
    }
    if system.console.session() == session {
        return Some((Arc::clone(&system.console), CONSOLE));
    }
    let mut from = 0;
    while let Some(number) = system.ptys.next(held, from) {
        from = number + 1;
        if let Ok(slave) = system.ptys.slave(held, number)
            && slave.session() == session
        {
            let device = device_number(SLAVES, number);
            return Some((slave, u32::try_from(device).unwrap_or(0)));
        }
    }
    None
}

/// The number of a process's terminal, as a device, and the group in its foreground; 0 and -1 where it has none.
pub(crate) fn number_of(held: &mut Root<'_, Task>, process: &Process) -> (u32, i64) {
    let found = of_session(held, process.system(), process.session());
    found.map_or((0, -1), |(tty, device)| (device, i64::from(tty.foreground())))
}

/// A process has opened a slave, and has not said that it is not to become its terminal: where it leads a session without one, it does.
pub fn becomes_own(held: &mut Root<'_, Task>, process: &Process, terminal: &Terminal) {
    let is_slave = matches!(terminal.inode.kind(), Kind::Character(SLAVES, _));
    let own = job(process);
    let leads = own.session == process.id();
    if is_slave && leads && of_session(held, process.system(), own.session).is_none() {
        // Where it is another session's already it stays that one's.
        let _ = terminal.tty.claim(own);
    }
}

/// A session's leader has ended, or gives its terminal up: those in the foreground are told, and nobody of it has one.
pub(crate) fn session_ends(held: &mut Root<'_, Task>, leader: &Process) {
    let session = leader.session();
    if let Some((tty, _)) = of_session(held, leader.system(), session) {
        let group = tty.foreground();
        tty.release(session);
        if group != 0 {
            hang_up(held, group);
        }
    }
}
