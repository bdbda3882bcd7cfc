//! A descriptor that stands for a process: readable when that has ended, and never another one's, whoever gets the number.

use alloc::sync::Arc;
use core::any::Any;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting::Source;
use fs::{File, OpenFile, OpenFlags, Readiness, StreamFile};
use lockorder::{Root, Task};

use crate::process::{Process, State};
use crate::{procfs, tree};

/// The file that stands for a process.
struct ProcessFile(Arc<Process>);

impl StreamFile for ProcessFile {
    fn readiness(&self) -> Readiness {
        if self.0.state() == State::Ended { Readiness::READ } else { Readiness::empty() }
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(&self.0.changes);
    }

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Gives `owner` a descriptor that stands for a process, closed by an execution; gives its number.
///
/// # Errors
///
/// [`Errno::EMFILE`]; [`Errno::ENOMEM`].
pub fn open(
    held: &mut Root<'_, Task>,
    owner: &Process,
    process: &Arc<Process>,
    nonblocking: bool,
) -> Result<u64> {
    let file = try_arc(ProcessFile(Arc::clone(process))).map_err(|_| Errno::ENOMEM)?;
    let flags = if nonblocking { OpenFlags::NONBLOCKING } else { OpenFlags::empty() };
    let file = OpenFile::new(File::Stream(file), flags | OpenFlags::READ_WRITE)?;
    owner.descriptors(held)?.insert(held, file, 0, true)
}

/// The process that a file stands for, if it stands for one.
#[must_use]
pub fn process_of(file: &File) -> Option<&Arc<Process>> {
    file.stream::<ProcessFile>().map(|file| &file.0)
}

/// The process that a file stands for, or whose directory in `/proc` it is: by either a signal can be sent.
#[must_use]
pub fn signalled_by(file: &File) -> Option<&Arc<Process>> {
    process_of(file).or_else(|| procfs::process_of(file.inode()?.as_ref()))
}

/// Whether a process is still known: it runs, or its parent has not been told of its end.
pub fn is_known(held: &mut Root<'_, Task>, process: &Arc<Process>) -> bool {
    tree::find(held, process.id()).is_ok_and(|found| Arc::ptr_eq(&found, process))
}
