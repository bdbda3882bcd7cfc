//! Where the pages of an area come from: what a file, or memory that processes share, is to an address space.
//!
//! An area that is not anonymous and private owns a reference to its [`Backing`]. **Each reference ends by
//! [`close`](Backing::close), with nothing held**, and none is dropped: an operation takes the references of the areas that it removes out
//! of them under the space's lock, and closes them when that is released. So whoever implements it may end a file there.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use base::mm::fallible::try_copy;
use base::mm::page::Page;
use base::user::AddressSpace as Class;
use lockorder::{Held, Root, Task};

use crate::areas::Handle;
use crate::mappers::Mappers;

/// What `/proc/PID/maps` shows of a backing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The number of the device, major and minor.
    pub device: (u32, u32),
    /// The number of the inode; 0 for none.
    pub inode: u64,
    /// The path, or a name in brackets.
    pub name: Vec<u8>,
}

impl Description {
    /// Of something that has a name and no more.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn named(name: &str) -> abi::Result<Self> {
        let name = try_copy(name.as_bytes()).map_err(|_| abi::Errno::ENOMEM)?;
        Ok(Self { name, ..Self::default() })
    }
}

/// The pages of a file, as address spaces see them.
pub trait Backing: Send + Sync {
    /// A page, read from where it is kept if it must be. `write` says that a shared area is about to be written to through it: it
    /// is noted as changed from here on, and has its place on the disk.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where there is no memory for it; anything else is a bus error to who touches it: it lies beyond the end of
    /// the file, or cannot be read.
    fn page(&self, held: &mut Held<'_, Class, Task>, index: u64, write: bool) -> abi::Result<Page>;

    /// Gives those of a few pages that are at hand, without waiting for anything: they are mapped around a fault. None by default.
    fn cached(&self, held: &mut Held<'_, Class, Task>, pages: Range<u64>, give: &mut dyn FnMut(u64, Page)) {
        let _ = (held, pages, give);
    }

    /// What it is, for people.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    fn describe(&self, held: &mut Held<'_, Class, Task>) -> abi::Result<Description>;

    /// A number: two backings with the same one have the same pages. Futexes of shared memory are told apart by it.
    fn identity(&self) -> u64;

    /// Where it is noted who maps it, if it may become shorter. Nowhere by default.
    fn mappers(&self) -> Option<&Mappers> {
        None
    }

    /// Writes what was changed in a range of pages to where it is kept, and waits for that. Nothing by default.
    ///
    /// # Errors
    ///
    /// What writing gives.
    fn sync(&self, held: &mut Root<'_, Task>, pages: Range<u64>) -> abi::Result<()> {
        let _ = (held, pages);
        Ok(())
    }

    /// Ends one reference.
    fn close(self: Arc<Self>, held: &mut Root<'_, Task>);
}

/// One reference to a backing.
#[derive(Clone)]
pub(crate) struct Reference(pub(crate) Arc<dyn Backing>);

impl Reference {
    /// Ends it.
    pub(crate) fn close(self, held: &mut Root<'_, Task>) {
        self.0.close(held);
    }
}

impl Handle for Reference {
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Backing({:#x})", self.0.identity())
    }
}
