//! What an inode is to a process that opens it: a device is what its number says.

use alloc::sync::Arc;

use abi::{Errno, Result};
use fs::devices::{Devices, MEMORY};
use fs::{File, Inode, Kind};
use lockorder::{Root, Task};

use crate::process::Process;
use crate::system::System;
use crate::{pseudo_terminal, terminal};

/// The major number of terminals that are not one in particular: the process's own, the console.
const TERMINALS: u32 = 5;

impl System {
    /// Opens an inode for a process: a device is what its number says.
    ///
    /// # Errors
    ///
    /// [`Errno::ENXIO`] where there is nothing to open.
    pub fn open(&self, held: &mut Root<'_, Task>, process: &Process, inode: Arc<dyn Inode>) -> Result<File> {
        match inode.kind() {
            // The process's own terminal; the console; a new pair.
            Kind::Character(TERMINALS, 0) => {
                let (own, _) = terminal::of_session(held, self, process.session()).ok_or(Errno::ENXIO)?;
                terminal::open(&own, inode)
            }
            Kind::Character(TERMINALS, 1) => terminal::open(&self.console, inode),
            Kind::Character(TERMINALS, 2) => pseudo_terminal::open(held, &self.ptys, process, inode),
            Kind::Character(terminal::SLAVES, number) => {
                let slave = self.ptys.slave(held, number).map_err(|_| Errno::EIO)?;
                terminal::open(&slave, inode)
            }
            Kind::Character(..) => Devices(&[(MEMORY, crypto::user::open)]).open(held, inode),
            _ => inode.open(held),
        }
    }
}
