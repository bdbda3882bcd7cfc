//! What all processes have in common.

use alloc::sync::Arc;

use abi::{Errno, Result};
use fs::devices::{Devices, MEMORY};
use fs::{File, Inode, Kind, Namespace};
use lockorder::{Root, Task};
use socket::Families;
use tty::{Ptys, Tty};

use crate::process::Process;
use crate::vdso::Vdso;
use crate::{pseudo_terminal, terminal};

/// The major number of terminals that are not one in particular: the process's own, the console.
const TERMINALS: u32 = 5;

/// What the machine is called at first.
pub(crate) const NODE_NAME: &str = "lockorder";
/// The release of Linux whose calls these are.
pub(crate) const RELEASE: &str = "6.1.0";

/// All files, and the console.
pub struct System {
    /// Which filesystem is mounted where.
    pub namespace: Namespace,
    /// The terminal on the first serial port.
    pub console: Arc<Tty>,
    /// The pseudo-terminals.
    pub ptys: Arc<Ptys>,
    /// The root of a filesystem that nobody sees: files without names take their pages from it.
    pub nameless: Arc<dyn Inode>,
    /// What makes sockets.
    pub families: Families,
    /// The pages that every program has.
    pub vdso: Vdso,
}

impl core::fmt::Debug for System {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("System").finish_non_exhaustive()
    }
}

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
