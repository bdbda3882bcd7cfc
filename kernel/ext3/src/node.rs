//! An inode on a disk, as the kernel's paths and files see it. It is a number: what it says is read when it is asked for.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use ext2::Number;
use fs::attributes::{Attributes, Change, Kind};
use fs::inode::{New, Renaming, Usage};
use fs::{File, SeekableFile};
use lockorder::{Root, Task};

use crate::errors::{now, seconds, timestamp};
use crate::file::{Bytes, Listing};
use crate::mounted::{Node, Over};

impl Node {
    /// What is behind a number, which a directory has under the journal's lock.
    fn found(
        &self,
        held: &mut Root<'_, Task>,
        find: impl FnOnce(&mut Over<'_, '_, '_>) -> core::result::Result<Number, ext2::Error>,
    ) -> Result<Arc<dyn fs::Inode>> {
        self.mounted.with(held, |filesystem, held| {
            let (number, inode) = self.mounted.over(filesystem, held, |over| {
                let number = find(over)?;
                Ok((number, over.inode(number)?))
            })?;
            Ok(self.mounted.node(held, number, &inode)? as Arc<dyn fs::Inode>)
        })
    }

    /// The node behind an inode, if it is of the same filesystem.
    fn sibling(&self, other: &dyn fs::Inode) -> Result<Number> {
        let node = other.as_any().downcast_ref::<Self>().ok_or(Errno::EXDEV)?;
        if node.mounted.device() == self.mounted.device() { Ok(node.number) } else { Err(Errno::EXDEV) }
    }

    /// What somebody has no name for any more goes, unless a node says that it is in use: then with that.
    fn lost(&self, held: &mut Root<'_, Task>, number: Option<Number>) {
        if let Some(number) = number {
            self.mounted.let_go(held, number);
        }
    }
}

impl fs::Inode for Node {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn identity(&self) -> (u64, u64) {
        (self.mounted.device(), self.number.0.into())
    }

    fn attributes(&self, held: &mut Root<'_, Task>) -> Attributes {
        // A disk that fails leaves nothing to say but what it is.
        let inode = self.mounted.run(held, |over| over.inode(self.number)).unwrap_or_default();
        Attributes {
            kind: self.kind,
            permissions: u32::from(inode.mode & 0o7777),
            uid: inode.uid,
            gid: inode.gid,
            links: inode.links.into(),
            size: inode.size,
            blocks: inode.units.into(),
            device: self.mounted.device(),
            number: self.number.0.into(),
            accessed: timestamp(inode.accessed),
            modified: timestamp(inode.modified),
            changed: timestamp(inode.changed),
        }
    }

    fn change(&self, held: &mut Root<'_, Task>, change: Change) -> Result<()> {
        let to = ext2::Attributes {
            permissions: change.permissions.map(|bits| u16::try_from(bits & 0o7777).unwrap_or(0)),
            uid: change.uid,
            gid: change.gid,
            accessed: change.accessed.map(seconds),
            modified: change.modified.map(seconds),
        };
        self.mounted.run(held, |over| over.set_attributes(self.number, &to, now()))
    }

    fn truncate(&self, held: &mut Root<'_, Task>, size: u64) -> Result<()> {
        let first_gone = self.mounted.with(held, |filesystem, held| {
            self.mounted.over(filesystem, held, |over| over.truncate(self.number, size, now()))?;
            Ok(self.pages.cut(held, size))
        })?;
        self.pages.mappers.forget(held, self.page_identity(), first_gone);
        Ok(())
    }

    fn open(self: Arc<Self>, _held: &mut Root<'_, Task>) -> Result<File> {
        let file: Arc<dyn SeekableFile> = match self.kind {
            Kind::Regular => try_arc(Bytes::new(self)).map_err(|_| Errno::ENOMEM)?,
            Kind::Directory => try_arc(Listing::new(self)).map_err(|_| Errno::ENOMEM)?,
            Kind::Symlink => return Err(Errno::ELOOP),
            _ => return Err(Errno::ENXIO),
        };
        Ok(File::Seekable(file))
    }

    fn target(&self, held: &mut Root<'_, Task>) -> Result<Vec<u8>> {
        self.mounted.run(held, |over| over.read_link(self.number))
    }

    fn look_up(&self, held: &mut Root<'_, Task>, name: &[u8]) -> Result<Arc<dyn fs::Inode>> {
        self.found(held, |over| over.lookup(self.number, name))
    }

    fn parent(self: Arc<Self>, held: &mut Root<'_, Task>) -> Result<Arc<dyn fs::Inode>> {
        self.found(held, |over| over.lookup(self.number, b".."))
    }

    fn name_of(&self, held: &mut Root<'_, Task>, child: &dyn fs::Inode) -> Result<Vec<u8>> {
        let child = self.sibling(child).map_err(|_| Errno::ENOENT)?;
        self.mounted.run(held, |over| {
            let mut at = 0;
            while let Some(entry) = over.next_entry(self.number, at)? {
                if entry.number == child && entry.name != b"." && entry.name != b".." {
                    return Ok(entry.name);
                }
                at = entry.next;
            }
            Err(ext2::Error::NotFound)
        })
    }

    fn create(
        self: Arc<Self>,
        held: &mut Root<'_, Task>,
        name: &[u8],
        new: New<'_>,
    ) -> Result<Arc<dyn fs::Inode>> {
        let (kind, device) = match new.kind {
            Kind::Regular => (ext2::Kind::Regular, (0, 0)),
            Kind::Directory => (ext2::Kind::Directory, (0, 0)),
            Kind::Symlink => (ext2::Kind::Symlink, (0, 0)),
            Kind::Character(major, minor) => (ext2::Kind::CharacterDevice, (major, minor)),
            Kind::Block(major, minor) => (ext2::Kind::BlockDevice, (major, minor)),
            Kind::Fifo => (ext2::Kind::Fifo, (0, 0)),
            Kind::Socket => (ext2::Kind::Socket, (0, 0)),
        };
        let new = ext2::New {
            kind,
            permissions: u16::try_from(new.permissions & 0o7777).unwrap_or(0),
            uid: new.uid,
            gid: new.gid,
            now: now(),
            device,
            target: new.target,
        };
        self.found(held, |over| over.create(self.number, name, &new))
    }

    fn link(
        self: Arc<Self>,
        held: &mut Root<'_, Task>,
        name: &[u8],
        what: &Arc<dyn fs::Inode>,
    ) -> Result<()> {
        let what = self.sibling(&**what)?;
        self.mounted.run(held, |over| over.link(what, self.number, name, now()))
    }

    fn unlink(&self, held: &mut Root<'_, Task>, name: &[u8], directory: bool) -> Result<()> {
        let lost = self.mounted.run(held, |over| {
            if directory {
                over.remove_directory(self.number, name, now()).map(Some)
            } else {
                over.unlink(self.number, name, now())
            }
        })?;
        self.lost(held, lost);
        Ok(())
    }

    fn rename(
        self: Arc<Self>,
        held: &mut Root<'_, Task>,
        name: &[u8],
        to: &Arc<dyn fs::Inode>,
        new_name: &[u8],
        how: Renaming,
    ) -> Result<()> {
        let to = self.sibling(&**to)?;
        let lost = self.mounted.run(held, |over| match how {
            Renaming::Replace => over.rename((self.number, name), (to, new_name), now()),
            Renaming::NoReplace => match over.lookup(to, new_name) {
                Ok(_) => Err(ext2::Error::Exists),
                Err(ext2::Error::NotFound) => over.rename((self.number, name), (to, new_name), now()),
                Err(error) => Err(error),
            },
            // As filesystems of Linux that cannot do it.
            Renaming::Exchange => Err(ext2::Error::BadName),
        })?;
        self.lost(held, lost);
        Ok(())
    }

    fn sync(&self, held: &mut Root<'_, Task>) -> Result<()> {
        self.mounted.with(held, |filesystem, held| self.mounted.commit(filesystem, held))
    }

    fn usage(&self, held: &mut Root<'_, Task>) -> Option<Result<Usage>> {
        Some(self.mounted.usage(held))
    }

    fn unmount(&self, held: &mut Root<'_, Task>) -> Result<()> {
        self.mounted.unmount(held)
    }

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn core::any::Any + Send + Sync> {
        self
    }
}
