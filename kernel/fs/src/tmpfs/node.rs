//! One inode of a filesystem in memory.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_copy};
use base::sched::{Mutex, SleepLock};
use lockorder::{Before, Held, Root, Task};

use super::directory::{Entries, Listing};
use super::regular::{Bytes, Reader, identity};
use super::{Directory, Filesystem, Inode};
use crate::attributes::{Attributes, Change, Kind, Timestamp};
use crate::file::File;
use crate::inode::{Inode as AnyInode, New, Renaming};

/// What of its attributes changes.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    permissions: u32,
    uid: u32,
    gid: u32,
    pub(super) links: u32,
    accessed: Timestamp,
    modified: Timestamp,
    changed: Timestamp,
}

/// What it has, by its kind.
pub(super) enum Content {
    /// Protects the entries; class `Directory`.
    Directory(SleepLock<Directory, Entries>),
    Regular(Bytes),
    Symlink(Box<[u8]>),
    /// Others know what it leads to.
    Special,
}

/// One inode.
pub(super) struct Node {
    pub(super) filesystem: Arc<Filesystem>,
    pub(super) number: u64,
    kind: Kind,
    /// Protects what changes of the attributes; class `Inode`.
    facts: Mutex<Inode, Facts>,
    pub(super) content: Content,
}

/// The node behind an inode, if it is of a filesystem in memory.
pub(super) fn node(inode: &dyn AnyInode) -> Option<&Node> {
    inode.as_any().downcast_ref::<Node>()
}

impl Node {
    /// A new inode, in a directory, or a root.
    pub(super) fn new(
        filesystem: &Arc<Filesystem>,
        parent: Option<Weak<Self>>,
        new: New<'_>,
    ) -> Result<Arc<Self>> {
        let now = Timestamp::now();
        let content = match new.kind {
            Kind::Directory => Content::Directory(SleepLock::new(Entries::new(parent))),
            Kind::Regular => Content::Regular(Bytes::new()),
            Kind::Symlink => {
                let target = try_copy(new.target).map_err(|_| Errno::ENOMEM)?;
                Content::Symlink(target.into_boxed_slice())
            }
            Kind::Character(..) | Kind::Block(..) | Kind::Fifo | Kind::Socket => Content::Special,
        };
        let facts = Facts {
            permissions: new.permissions,
            uid: new.uid,
            gid: new.gid,
            links: if new.kind == Kind::Directory { 2 } else { 1 },
            accessed: now,
            modified: now,
            changed: now,
        };
        let filesystem = Arc::clone(filesystem);
        let number = filesystem.next_number();
        try_arc(Self { filesystem, number, kind: new.kind, facts: Mutex::new(facts), content })
            .map_err(|_| Errno::ENOMEM)
    }

    /// Its entries.
    pub(super) fn directory(&self) -> Result<&SleepLock<Directory, Entries>> {
        match &self.content {
            Content::Directory(entries) => Ok(entries),
            _ => Err(Errno::ENOTDIR),
        }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> Result<&Bytes> {
        match &self.content {
            Content::Regular(bytes) => Ok(bytes),
            Content::Directory(_) => Err(Errno::EISDIR),
            Content::Symlink(_) | Content::Special => Err(Errno::EINVAL),
        }
    }

    /// Changes its facts.
    pub(super) fn with_facts<H: Before<Inode>, O>(
        &self,
        held: &mut Held<'_, H, Task>,
        change: impl FnOnce(&mut Facts) -> O,
    ) -> O {
        held.below::<Inode>().with(&self.facts, |facts, _| change(facts))
    }

    /// Notes that its bytes or entries have changed.
    pub(super) fn touch<H: Before<Inode>>(&self, held: &mut Held<'_, H, Task>) {
        let now = Timestamp::now();
        self.with_facts(held, |facts| (facts.modified, facts.changed) = (now, now));
    }

    /// Changes the number of its names.
    pub(super) fn count_links<H: Before<Inode>>(&self, held: &mut Held<'_, H, Task>, by: i32) {
        let now = Timestamp::now();
        self.with_facts(held, |facts| {
            facts.links = facts.links.saturating_add_signed(by);
            facts.changed = now;
        });
    }
}

impl AnyInode for Node {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn identity(&self) -> (u64, u64) {
        (self.filesystem.device, self.number)
    }

    fn attributes(&self, held: &mut Root<'_, Task>) -> Attributes {
        let facts = self.with_facts(held, |facts| *facts);
        let (size, pages) = match &self.content {
            Content::Regular(bytes) => (bytes.size(), bytes.pages()),
            Content::Symlink(target) => (target.len() as u64, 0),
            Content::Directory(_) => (4096, 1),
            Content::Special => (0, 0),
        };
        Attributes {
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
        }
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
        self.bytes()?.truncate(held, &self.filesystem, identity(self), size)?;
        self.touch(held);
        Ok(())
    }

    fn open(self: Arc<Self>, _held: &mut Root<'_, Task>) -> Result<File> {
        match &self.content {
            Content::Regular(_) => Ok(File::Seekable(Reader::open(self)?)),
            Content::Directory(_) => Ok(File::Seekable(Listing::open(self)?)),
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
        let parent = held.with(self.directory()?, |entries, _| entries.parent());
        match parent {
            Some(parent) => Ok(parent.upgrade().ok_or(Errno::ENOENT)?),
            None => Ok(self),
        }
    }

    fn name_of(&self, held: &mut Root<'_, Task>, child: &dyn AnyInode) -> Result<Vec<u8>> {
        let child = node(child).ok_or(Errno::ENOENT)?;
        held.with(self.directory()?, |entries, _| entries.name_of(child))
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

    fn link(&self, held: &mut Root<'_, Task>, name: &[u8], what: &Arc<dyn AnyInode>) -> Result<()> {
        let directory = self.directory()?;
        let what = Arc::clone(what).into_any().downcast::<Self>().map_err(|_| Errno::EXDEV)?;
        if what.filesystem.device != self.filesystem.device {
            return Err(Errno::EXDEV);
        }
        held.with(directory, |entries, mut held| {
            // What has lost its last name gets no other one.
            if what.with_facts(&mut held, |facts| facts.links) == 0 {
                return Err(Errno::ENOENT);
            }
            entries.insert(name, Arc::clone(&what))?;
            what.count_links(&mut held, 1);
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

impl Drop for Node {
    /// Gives the file's pages back to the account.
    fn drop(&mut self) {
        if let Content::Regular(bytes) = &self.content {
            self.filesystem.give_back(bytes.pages());
        }
    }
}
