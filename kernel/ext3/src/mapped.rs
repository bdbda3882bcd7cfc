//! A file on a disk as address spaces see it.
//!
//! Who has mapped it shared cannot write to it yet: that is a bus error, for what would be written would be lost. Private copies are
//! written as always.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use abi::{Errno, Result};
use base::mm::page::{PAGE_SIZE, Page};
use base::user::AddressSpace;
use lockorder::{Held, Root, Task};
use memory::{Backing, Description, Mappers};

use crate::mounted::Node;

/// One reference to a file's pages.
pub(crate) struct Mapped(pub(crate) Arc<Node>);

impl Backing for Mapped {
    fn page(&self, held: &mut Held<'_, AddressSpace, Task>, index: u64, write: bool) -> Result<Page> {
        if write {
            return Err(Errno::EACCES);
        }
        let node = &self.0;
        if let Some(page) = node.pages.get(held, index) {
            return Ok(page);
        }
        let start = index.checked_mul(PAGE_SIZE as u64).ok_or(Errno::EFAULT)?;
        let mut bytes = journal::zeroed(PAGE_SIZE).map_err(|_| Errno::ENOMEM)?;
        node.mounted.with(held, |filesystem, held| {
            // Somebody may have come first.
            if let Some(page) = node.pages.get(held, index) {
                return Ok(page);
            }
            let count =
                node.mounted.over(filesystem, held, |over| over.read(node.number, start, &mut bytes))?;
            if count == 0 {
                return Err(Errno::EFAULT);
            }
            let page = Page::zeroed().map_err(|_| Errno::ENOMEM)?;
            page.write(0, &bytes);
            page.mark_as_cache();
            node.pages.insert(held, index, page.clone());
            Ok(page)
        })
    }

    fn cached(
        &self,
        held: &mut Held<'_, AddressSpace, Task>,
        pages: Range<u64>,
        give: &mut dyn FnMut(u64, Page),
    ) {
        for index in pages {
            if let Some(page) = self.0.pages.get(held, index) {
                give(index, page);
            }
        }
    }

    fn describe(&self, _held: &mut Held<'_, AddressSpace, Task>) -> Result<Description> {
        let minor = u32::try_from(self.0.mounted.device()).unwrap_or(u32::MAX);
        Ok(Description { device: (0, minor), inode: self.0.number.0.into(), name: Vec::new() })
    }

    fn identity(&self) -> u64 {
        self.0.page_identity()
    }

    fn mappers(&self) -> Option<&Mappers> {
        Some(&self.0.pages.mappers)
    }

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}
}
