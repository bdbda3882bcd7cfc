//! What all processes have in common.

use alloc::sync::Arc;

use fs::{Inode, Namespace};
use socket::Families;
use sysv::Objects;
use tty::{Ptys, Tty};

use crate::vdso::Vdso;

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
    /// Semaphores, queues of messages and shared memory that stay when processes end.
    pub objects: Objects,
    /// The pages that every program has.
    pub vdso: Vdso,
}

impl core::fmt::Debug for System {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("System").finish_non_exhaustive()
    }
}
