//! A file's pages, as address spaces see them.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::Ordering;

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_copy};
use base::mm::page::{PAGE_SIZE, Page};
use base::user::AddressSpace;
use lockorder::{Held, Root, Task};
use memory::{Backing, Description, Mappers};

use super::bytes::Bytes;
use super::node::Node;

/// What is said of a file whose last name was taken away.
const DELETED: &[u8] = b" (deleted)";

/// A file's pages, as address spaces see them: those of the file itself, so that who maps it sees what others write.
pub(super) struct Mapped {
    node: Arc<Node>,
}

impl Mapped {
    /// Those of a file.
    pub(super) fn new(node: &Arc<Node>) -> Result<Arc<Self>> {
        node.bytes()?.mapped.fetch_add(1, Ordering::AcqRel);
        // Where it fails it is dropped, and counted no more.
        try_arc(Self { node: Arc::clone(node) }).map_err(|_| Errno::ENOMEM)
    }

    fn bytes(&self) -> Result<&Bytes> {
        self.node.bytes()
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        if let Ok(bytes) = self.bytes() {
            bytes.mapped.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Backing for Mapped {
    fn page(&self, held: &mut Held<'_, AddressSpace, Task>, index: u64, _write: bool) -> Result<Page> {
        let bytes = self.bytes()?;
        let beyond = index.checked_mul(PAGE_SIZE as u64).is_none_or(|start| start >= bytes.size());
        if beyond {
            return Err(Errno::EFAULT);
        }
        bytes.page_to_write(held, &self.node.filesystem, index)
    }

    fn cached(
        &self,
        held: &mut Held<'_, AddressSpace, Task>,
        pages: Range<u64>,
        give: &mut dyn FnMut(u64, Page),
    ) {
        let Ok(bytes) = self.bytes() else { return };
        let end = bytes.size().div_ceil(PAGE_SIZE as u64).min(pages.end);
        for number in pages.start..end {
            if let Some(page) = bytes.page(held, number) {
                give(number, page);
            }
        }
    }

    fn describe(&self, held: &mut Held<'_, AddressSpace, Task>) -> Result<Description> {
        let (device, inode) = (self.node.filesystem.device, self.node.number);
        let minor = u32::try_from(device).unwrap_or(u32::MAX);
        Ok(Description { device: (0, minor), inode, name: path(held, &self.node)? })
    }

    fn identity(&self) -> u64 {
        self.node.mapped_as()
    }

    fn mappers(&self) -> Option<&Mappers> {
        self.bytes().ok().map(|bytes| &bytes.mappers)
    }

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}
}

/// The path of a file from its filesystem's root, or what else is shown of it.
fn path(held: &mut Held<'_, AddressSpace, Task>, node: &Arc<Node>) -> Result<Vec<u8>> {
    let (home, label) = node.with_facts(held, |facts| {
        let label = facts.label.as_ref().filter(|_| facts.links == 0).and_then(|label| try_copy(label).ok());
        (facts.home.as_ref().and_then(Weak::upgrade), label)
    });
    let is_lost = label.is_some();
    let mut path = Vec::new();
    let Some(home) = home else { return Ok(label.unwrap_or(path)) };
    let mut before = |name: &[u8]| {
        path.try_reserve(name.len() + 1).map_err(|_| Errno::ENOMEM)?;
        path.splice(0..0, [b"/", name].concat());
        Ok::<(), Errno>(())
    };
    let (mut here, mut child) = (home, Arc::clone(node));
    if let Some(name) = label {
        before(&name)?;
    } else {
        let name =
            held.with(here.directory()?, |entries, _| entries.name_of(|other| other.number == child.number));
        before(&name.unwrap_or_default())?;
    }
    loop {
        let above = held.with(here.directory()?, |entries, _| entries.parent());
        child = here;
        let Some(above) = above.as_ref().and_then(Weak::upgrade) else { break };
        let name =
            held.with(above.directory()?, |entries, _| entries.name_of(|other| other.number == child.number));
        before(&name.unwrap_or_default())?;
        here = above;
    }
    if is_lost {
        path.try_reserve(DELETED.len()).map_err(|_| Errno::ENOMEM)?;
        path.extend_from_slice(DELETED);
    }
    Ok(path)
}
