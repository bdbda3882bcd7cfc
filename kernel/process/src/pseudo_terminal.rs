//! Pseudo-terminals, as files: `/dev/ptmx`, of which each opening makes a pair, and the slaves under `/dev/pts`.
//!
//! A slave is a terminal like the console, and is opened as one. Its name is there as long as its master is open: `/dev/pts` is made when
//! it is looked at, of the table that [`tty::Ptys`] has. Who opens a master owns the slave.

use alloc::format;
use alloc::sync::Arc;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting::Source;
use base::user::UserSlice;
use fs::file::FilePosition;
use fs::pseudo::{Access, Device, Directory, Item};
use fs::{File, Inode, Kind, Readiness, StreamFile, Waits};
use lockorder::{Held, Root, Task};
use tty::{Master, Outcome, Ptys, Tty};

use crate::life::Current;
use crate::process::Process;
use crate::terminal::{SLAVES, job, set_foreground};

/// The first number of an inode of a slave.
const NUMBERS: u64 = 3;

/// A master, as a file.
pub struct MasterFile {
    inode: Arc<dyn Inode>,
    master: Arc<Master>,
}

impl core::fmt::Debug for MasterFile {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.master.fmt(formatter)
    }
}

/// Makes a pair for a process; gives its master.
///
/// # Errors
///
/// [`Errno::ENOSPC`] where there are as many as there may be; [`Errno::ENOMEM`].
pub(crate) fn open(
    held: &mut Root<'_, Task>,
    ptys: &Arc<Ptys>,
    process: &Process,
    inode: Arc<dyn Inode>,
) -> Result<File> {
    let owner = process.program(held).credentials;
    let master = ptys.open(held)?;
    let (_, _, permissions) = master.slave().owner();
    master.slave().set_owner(owner.uids[1], owner.gids[1], permissions);
    if let Ok(file) = try_arc(MasterFile { inode, master: Arc::clone(&master) }) {
        return Ok(File::Stream(file));
    }
    master.close(held);
    Err(Errno::ENOMEM)
}

/// The master that a file is, if it is one.
#[must_use]
pub fn of(file: &File) -> Option<&MasterFile> {
    file.stream()
}

impl MasterFile {
    /// The slave's number under `/dev/pts`.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.master.number()
    }

    /// Does what a program asks of the master.
    ///
    /// # Errors
    ///
    /// As for [`Master::ioctl`].
    pub fn control(
        &self,
        current: &Current,
        held: &mut Root<'_, Task>,
        request: u32,
        argument: u64,
    ) -> Result<u64> {
        let own = job(current.process());
        let interrupted = || current.thread.is_interrupted();
        match self.master.ioctl(held, own, request, argument, &interrupted)? {
            Outcome::Done => Ok(0),
            Outcome::SetForeground(group) => set_foreground(held, self.master.slave(), own, group),
            // A master is nobody's terminal.
            Outcome::Claim { .. } | Outcome::Release => Err(Errno::ENOTTY),
        }
    }
}

impl StreamFile for MasterFile {
    fn inode(&self) -> Option<&Arc<dyn Inode>> {
        Some(&self.inode)
    }

    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize> {
        let mut to = to;
        self.master.read(held, &mut to, waits.nonblocking, waits.interrupted)
    }

    fn write(&self, held: &mut Root<'_, Task>, from: UserSlice, waits: Waits<'_>) -> Result<usize> {
        self.master.write(held, &from, waits.nonblocking, waits.interrupted)
    }

    fn write_kernel(&self, held: &mut Root<'_, Task>, from: &[u8], waits: Waits<'_>) -> Result<usize> {
        self.master.write(held, from, waits.nonblocking, waits.interrupted)
    }

    fn readiness(&self) -> Readiness {
        Readiness::from_bits_truncate(self.master.readiness().bits())
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(self.master.source());
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        Arc::clone(&self.master).close(held);
    }

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}

/// `/dev/pts`.
pub(crate) struct Slaves(pub(crate) Arc<Ptys>);

/// One slave's name.
struct Slave {
    number: u32,
    tty: Arc<Tty>,
}

impl Device for Slave {
    fn number(&self) -> (u32, u32) {
        (SLAVES, self.number)
    }

    fn access(&self, _held: &mut Root<'_, Task>) -> Access {
        let (uid, gid, permissions) = self.tty.owner();
        Access { permissions, uid, gid }
    }

    fn set_access(&self, _held: &mut Root<'_, Task>, access: Access) -> Result<()> {
        self.tty.set_owner(access.uid, access.gid, access.permissions);
        Ok(())
    }
}

impl Directory for Slaves {
    fn get(&self, held: &mut Root<'_, Task>, name: &[u8]) -> Result<(u64, Item)> {
        let name = core::str::from_utf8(name).map_err(|_| Errno::ENOENT)?;
        let number = name.parse().ok().filter(|number: &u32| format!("{number}") == name);
        let number = number.ok_or(Errno::ENOENT)?;
        let slave = Slave { number, tty: self.0.slave(held, number)? };
        let slave = try_arc(slave).map_err(|_| Errno::ENOMEM)?;
        Ok((NUMBERS + u64::from(number), Item::Device(slave)))
    }

    fn list(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        skip: u64,
        each: &mut dyn FnMut(&[u8], u64, Kind) -> bool,
    ) {
        let (mut number, mut place) = (0, 0);
        while let Some(next) = self.0.next(held, number) {
            number = next + 1;
            place += 1;
            let kind = Kind::Character(SLAVES, next);
            if place > skip && !each(format!("{next}").as_bytes(), NUMBERS + u64::from(next), kind) {
                return;
            }
        }
    }

    fn access(&self, _held: &mut Root<'_, Task>) -> Access {
        Access::root(0o755)
    }
}
