//! Files that stand for devices.
//!
//! A device has a major and a minor number, and whoever knows how to open it registers for its major number, once, at boot. The few that
//! are nothing but rules are in here: `null`, `zero`, `full`.

use alloc::sync::Arc;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting::Source;
use base::user::{UserSlice, clear};
use lockorder::{Root, Task};

use crate::attributes::Kind;
use crate::file::{Readiness, Waits};
use crate::filesystem::{File, Inode, StreamFile};

/// Opens the device with a minor number, of which `inode` is the name.
pub type Open = fn(&mut Root<'_, Task>, inode: Arc<dyn Inode>, minor: u32) -> Result<File>;

/// Devices of memory: the major number of `null` and the like.
pub const MEMORY: u32 = 1;

/// The devices that there are: by major number.
#[derive(Clone, Copy, Debug)]
pub struct Devices<'a>(pub &'a [(u32, Open)]);

impl Devices<'_> {
    /// Opens what a name stands for.
    ///
    /// # Errors
    ///
    /// [`Errno::ENXIO`] where there is no such device.
    pub fn open(&self, held: &mut Root<'_, Task>, inode: Arc<dyn Inode>) -> Result<File> {
        let Kind::Character(major, minor) = inode.kind() else { return Err(Errno::ENXIO) };
        if major == MEMORY && Rule::of(minor).is_some() {
            return open_memory(inode, minor);
        }
        let found = self.0.iter().find(|(number, _)| *number == major);
        let (_, open) = found.ok_or(Errno::ENXIO)?;
        open(held, inode, minor)
    }
}

/// What a device of memory does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Null,
    Zero,
    Full,
}

impl Rule {
    /// The one with a minor number.
    const fn of(minor: u32) -> Option<Self> {
        match minor {
            3 => Some(Self::Null),
            5 => Some(Self::Zero),
            7 => Some(Self::Full),
            _ => None,
        }
    }
}

/// An open device of memory.
struct Memory {
    inode: Arc<dyn Inode>,
    rule: Rule,
}

fn open_memory(inode: Arc<dyn Inode>, minor: u32) -> Result<File> {
    let rule = Rule::of(minor).ok_or(Errno::ENXIO)?;
    Ok(File::Stream(try_arc(Memory { inode, rule }).map_err(|_| Errno::ENOMEM)?))
}

impl StreamFile for Memory {
    fn inode(&self) -> Option<&Arc<dyn Inode>> {
        Some(&self.inode)
    }

    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, _waits: Waits<'_>) -> Result<usize> {
        if self.rule == Rule::Null {
            return Ok(0);
        }
        clear(held, to).map_err(|_| Errno::EFAULT)?;
        Ok(to.len())
    }

    fn write(&self, _held: &mut Root<'_, Task>, from: UserSlice, _waits: Waits<'_>) -> Result<usize> {
        if self.rule == Rule::Full { Err(Errno::ENOSPC) } else { Ok(from.len()) }
    }

    fn write_kernel(&self, _held: &mut Root<'_, Task>, from: &[u8], _waits: Waits<'_>) -> Result<usize> {
        if self.rule == Rule::Full { Err(Errno::ENOSPC) } else { Ok(from.len()) }
    }

    fn readiness(&self) -> Readiness {
        Readiness::READ | Readiness::WRITE
    }

    fn sources<'a>(&'a self, _each: &mut dyn FnMut(&'a Source)) {}

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}
