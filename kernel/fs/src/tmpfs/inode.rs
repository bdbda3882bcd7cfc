//! A node, as an inode.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use abi::{Errno, Result};
use base::mm::fallible::try_copy;
use lockorder::{Root, Task};

use super::directory::Listing;
use super::node::{Content, Node, node};
use super::reader::Reader;
use crate::attributes::{Attributes, Change, Kind, Timestamp};
use crate::filesystem::{File, Inode as AnyInode, Label};
use crate::inode::{Allocation, New, Renaming};

impl AnyInode for Node {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn identity(&self) -> (u64, u64) {
        (self.filesystem.device, self.number)
    }

    fn attributes(&self, held: &mut Root<'_, Task>) -> Attributes {
        let (size, pages) = match &self.content {
            Content::Regular(bytes) => (bytes.size(), bytes.pages()),
            Content::Symlink(target) => (target.len() as u64, 0),
            Content::Directory(_) => (4096, 1),
            Content::Special => (0, 0),
        };
        self.with_facts(held, |facts| Attributes {
            kind: self.kind,
            permissions: facts.permissions,
            uid: facts.uid,
            gid: facts.gid,
            links: facts.links,
            size,
            blocks: pages * 8,
            device: self.filesystem.device,
            number: self.number,
            accessed: facts.accessed,
            modified: facts.modified,
            changed: facts.changed,
        })
    }

    fn change(&self, held: &mut Root<'_, Task>, change: Change) -> Result<()> {
        let now = Timestamp::now();
        self.with_facts(held, |facts| {
            facts.permissions = change.permissions.map_or(facts.permissions, |bits| bits & 0o7777);
            facts.uid = change.uid.unwrap_or(facts.uid);
            facts.gid = change.gid.unwrap_or(facts.gid);
            facts.accessed = change.accessed.unwrap_or(facts.accessed);
            facts.modified = change.modified.unwrap_or(facts.modified);
            facts.changed = now;
        });
        Ok(())
    }

    fn truncate(&self, held: &mut Root<'_, Task>, size: u64) -> Result<()> {
        self.bytes()?.truncate(held, &self.filesystem, self.mapped_as(), size)?;
        self.touch(held);
        Ok(())
    }

    fn open(self: Arc<Self>, _held: &mut Root<'_, Task>) -> Result<File> {
        match &self.content {
            Content::Regular(_) => {
                let inode = Arc::clone(&self) as Arc<dyn AnyInode>;
                Ok(File::Seekable(Reader::open(self, inode)?))
            }
            Content::Directory(_) => {
                let inode = Arc::clone(&self) as Arc<dyn AnyInode>;
                Ok(File::Seekable(Listing::open(self, inode)?))
            }
            Content::Symlink(_) => Err(Errno::ELOOP),
            Content::Special => Err(Errno::ENXIO),
        }
    }

    fn target(&self, _held: &mut Root<'_, Task>) -> Result<Vec<u8>> {
        let Content::Symlink(target) = &self.content else { return Err(Errno::EINVAL) };
        try_copy(target).map_err(|_| Errno::ENOMEM)
    }

    fn look_up(&self, held: &mut Root<'_, Task>, name: &[u8]) -> Result<Arc<dyn AnyInode>> {
        let child = held.with(self.directory()?, |entries, _| entries.get(name));
        child.map(|child| child as Arc<dyn AnyInode>).ok_or(Errno::ENOENT)
    }

    fn parent(self: Arc<Self>, held: &mut Root<'_, Task>) -> Result<Arc<dyn AnyInode>> {
        let Content::Directory(directory) = &self.content else {
            let home = self.with_facts(held, |facts| facts.home.clone());
            return Ok(home.and_then(|home| home.upgrade()).ok_or(Errno::ENOENT)?);
        };
        match held.with(directory, |entries, _| entries.parent()) {
            Some(parent) => Ok(parent.upgrade().ok_or(Errno::ENOENT)?),
            None => Ok(self),
        }
    }

    fn name_of(&self, held: &mut Root<'_, Task>, child: &dyn AnyInode) -> Result<Vec<u8>> {
        let child = node(child).ok_or(Errno::ENOENT)?;
        held.with(self.directory()?, |entries, _| entries.name_of(|node| node.number == child.number))
    }

    fn create(
        self: Arc<Self>,
        held: &mut Root<'_, Task>,
        name: &[u8],
        new: New<'_>,
    ) -> Result<Arc<dyn AnyInode>> {
        let directory = self.directory()?;
        // Outside of the lock: it allocates, and most names are new.
        let child = Self::new(&self.filesystem, Some(Arc::downgrade(&self)), new)?;
        held.with(directory, |entries, mut held| {
            entries.insert(name, Arc::clone(&child))?;
            if new.kind == Kind::Directory {
                self.count_links(&mut held, 1);
            }
            self.touch(&mut held);
            Ok::<(), Errno>(())
        })?;
        Ok(child)
    }

    fn create_unnamed(
        self: Arc<Self>,
        _held: &mut Root<'_, Task>,
        new: New<'_>,
        linkable: bool,
    ) -> Result<Arc<dyn AnyInode>> {
        self.directory()?;
        if new.kind != Kind::Regular {
            return Err(Errno::EINVAL);
        }
        Ok(Self::unnamed(&self, new, linkable)?)
    }

    fn allocate(&self, held: &mut Root<'_, Task>, how: Allocation, part: Range<u64>) -> Result<()> {
        self.bytes()?.allocate(held, &self.filesystem, self.mapped_as(), how, part)?;
        self.touch(held);
        Ok(())
    }

    fn seal(&self, _held: &mut Root<'_, Task>, more: u32) -> Result<u32> {
        match &self.content {
            Content::Regular(bytes) => bytes.seal(more),
            _ => Err(Errno::EINVAL),
        }
    }

    fn label(&self, held: &mut Root<'_, Task>) -> Option<Label> {
        let label = self.with_facts(held, |facts| {
            let is_lost = facts.links == 0;
            facts.label.as_ref().filter(|_| is_lost).and_then(|label| try_copy(label).ok())
        })?;
        Some(if self.is_anonymous { Label::Whole(label) } else { Label::Lost(label) })
    }

    fn link(self: Arc<Self>, held: &mut Root<'_, Task>, name: &[u8], what: &Arc<dyn AnyInode>) -> Result<()> {
        let directory = self.directory()?;
        let what = Arc::clone(what).into_any().downcast::<Self>().map_err(|_| Errno::EXDEV)?;
        if what.filesystem.device != self.filesystem.device {
            return Err(Errno::EXDEV);
        }
        held.with(directory, |entries, mut held| {
            // What has lost its last name gets no other one.
            if what.with_facts(&mut held, |facts| facts.links == 0 && !facts.linkable) {
                return Err(Errno::ENOENT);
            }
            entries.insert(name, Arc::clone(&what))?;
            what.count_links(&mut held, 1);
            what.with_facts(&mut held, |facts| facts.linkable = false);
            what.settle_in(&mut held, &self);
            self.touch(&mut held);
            Ok(())
        })
    }

    fn unlink(&self, held: &mut Root<'_, Task>, name: &[u8], directory: bool) -> Result<()> {
        super::directory::unlink(held, self, name, directory)
    }

    fn rename(
        self: Arc<Self>,
        held: &mut Root<'_, Task>,
        name: &[u8],
        to: &Arc<dyn AnyInode>,
        new_name: &[u8],
        how: Renaming,
    ) -> Result<()> {
        let to = Arc::clone(to).into_any().downcast::<Self>().map_err(|_| Errno::EXDEV)?;
        if to.filesystem.device != self.filesystem.device {
            return Err(Errno::EXDEV);
        }
        super::rename::rename(held, (&self, name), (&to, new_name), how)
    }

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn core::any::Any + Send + Sync> {
        self
    }
}
