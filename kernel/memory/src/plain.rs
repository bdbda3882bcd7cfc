//! Pages that are handed in: the kernel's own, which every process has, as the vDSO and its data.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use abi::{Errno, Result};
use base::mm::page::Page;
use base::user::AddressSpace as Class;
use lockorder::{Held, Root, Task};

use crate::backing::{Backing, Description};

/// Some pages, with a name. A private area of them has them for reading; one who writes has a copy.
pub struct Plain {
    name: &'static str,
    pages: Vec<Page>,
}

impl fmt::Debug for Plain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Plain({}, {} pages)", self.name, self.pages.len())
    }
}

impl Plain {
    /// These pages, shown as `name`.
    #[must_use]
    pub const fn new(name: &'static str, pages: Vec<Page>) -> Self {
        Self { name, pages }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.pages.len()
    }

    /// The page with a number.
    fn get(&self, index: u64) -> Option<&Page> {
        usize::try_from(index).ok().and_then(|index| self.pages.get(index))
    }
}

impl Backing for Plain {
    fn page(&self, _held: &mut Held<'_, Class, Task>, index: u64, _write: bool) -> Result<Page> {
        self.get(index).cloned().ok_or(Errno::ENXIO)
    }

    fn cached(&self, _held: &mut Held<'_, Class, Task>, pages: Range<u64>, give: &mut dyn FnMut(u64, Page)) {
        for index in pages {
            let Some(page) = self.get(index) else { return };
            give(index, page.clone());
        }
    }

    fn describe(&self, _held: &mut Held<'_, Class, Task>) -> Result<Description> {
        Description::named(self.name)
    }

    fn identity(&self) -> u64 {
        core::ptr::from_ref(self).addr() as u64
    }

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}
}
