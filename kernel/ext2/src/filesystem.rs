//! A mounted filesystem: every operation as one change of its journal, or several that a mount can finish.
//!
//! A [`Filesystem`] does not have its disk: [`Filesystem::over`] lends it one for some operations, so that whoever shares a filesystem
//! can make the disk of what it holds (locks, tokens). Whoever shares it holds a lock over that time.
//!
//! Operations that fail have changed nothing. A disk found damaged by a change is not changed any more ([`Error::ReadOnly`]), nor
//! one whose journal has stopped.
//!
//! **What survives a cut of the power**: what was done before the last [`Operations::commit`], and of what was done since a first part,
//! whole operations only. Writing and cutting a long file are several.

use alloc::vec::Vec;

use journal::{Area, Device, Handle, Journal, Reading, Recovered, recover, zeroed};

use crate::directory::Entry;
use crate::error::Error;
use crate::inode::{Inode, Kind, Number};
use crate::names::New;
use crate::superblock;
use crate::volume::{Free, Volume};

/// Blocks of metadata that an operation changes at most: rename, with a new block of a directory behind three levels of
/// pointers, each of a group of its own.
const CREDITS: usize = 40;

/// What a filesystem is mounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing is changed.
    ReadOnly,
    /// It is changed.
    ReadWrite,
}

/// What can be changed of an inode; `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes {
    /// Permissions.
    pub permissions: Option<u16>,
    /// The owner.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
    /// When it was read.
    pub accessed: Option<u32>,
    /// When its data were changed.
    pub modified: Option<u32>,
}

/// A mounted filesystem, without its disk.
#[derive(Debug)]
pub struct Filesystem {
    volume: Volume,
    journal: Journal,
    access: Access,
    /// Whether it was unmounted cleanly before.
    valid: bool,
    /// Whether a change has met what cannot be.
    damaged: bool,
    recovered: Recovered,
}

/// The journal's blocks: those of its file.
fn journal_area<D: Device>(volume: &Volume, reading: &mut Reading<'_, D>) -> Result<Area, Error> {
    let layout = &volume.superblock;
    let inode = volume.raw_inode(reading, Number(layout.journal))?;
    let size = u64::from(layout.block_size);
    let count = u32::try_from(inode.size / size).unwrap_or(u32::MAX);
    if inode.kind() != Some(Kind::Regular) || inode.links == 0 || count > layout.blocks {
        return Err(Error::Corrupt("the journal's inode"));
    }
    let mut area = Area::new();
    for index in 0..count {
        let block = volume.map(reading, &inode, index)?;
        area.push(block.ok_or(Error::Corrupt("a hole in the journal"))?)?;
    }
    Ok(area)
}

/// Changes the superblock on the disk, past the journal, and makes that durable.
fn change_superblock<D: Device>(
    device: &mut D,
    volume: &Volume,
    with: impl FnOnce(&mut [u8]),
) -> Result<(), Error> {
    let (block, at) = volume.superblock.place();
    let mut bytes = zeroed(volume.block_size() as usize)?;
    device.read(block, &mut bytes)?;
    with(&mut bytes[at..]);
    device.write(block, &bytes)?;
    Ok(device.flush()?)
}

impl Filesystem {
    /// Mounts the filesystem of a disk that is divided into blocks as the filesystem is: [`Superblock::read`](crate::Superblock::read)
    /// says how. The journal is recovered, even where nothing else is written; orphans are deleted or cut.
    ///
    /// # Errors
    ///
    /// If there is none, it is damaged, or has features that are not known. With features of which writers need to know,
    /// it is mounted read-only: [`Filesystem::access`] says so.
    pub fn mount<D: Device>(
        device: &mut D,
        block_size: u32,
        access: Access,
        now: u32,
    ) -> Result<Self, Error> {
        let available = device.blocks();
        let plain = Journal::without_log(block_size as usize);
        let mut volume = Volume::read(&mut plain.reading(device), block_size, available)?;
        let mut recovered = Recovered::default();
        let mut area = None;
        if volume.superblock.has_journal() {
            let found = journal_area(&volume, &mut plain.reading(device))?;
            if volume.superblock.incompatible.contains(crate::features::Incompatible::RECOVER) {
                recovered = recover(device, &found, block_size as usize)?;
                volume = Volume::read(&mut plain.reading(device), block_size, available)?;
            }
            area = Some(found);
        }
        let valid = volume.read_superblock(&mut plain.reading(device), superblock::is_valid)?;
        let access = if volume.superblock.read_only.are_known() { access } else { Access::ReadOnly };
        let journal = match area {
            Some(area) => Journal::open(device, area, block_size as usize)?,
            None => plain,
        };
        let mut mounted = Self { volume, journal, access, valid, damaged: false, recovered };
        if access == Access::ReadWrite {
            let journaled = mounted.volume.superblock.has_journal();
            // Before the log is written: an e2fsck that finds the mark goes through the log.
            change_superblock(device, &mounted.volume, |bytes| {
                superblock::set_mounted(bytes, journaled, now);
            })?;
            mounted.over(device).reap_orphans(now)?;
        }
        Ok(mounted)
    }

    /// Brings everything home, and says on the disk that it was unmounted. Nobody uses it any more: what has no name and is
    /// open still waits for the next mount.
    ///
    /// # Errors
    ///
    /// If the disk fails, or has failed before: then it is left as after a cut of the power.
    pub fn unmount<D: Device>(mut self, device: &mut D, now: u32) -> Result<(), Error> {
        if self.access == Access::ReadOnly {
            return Ok(());
        }
        self.journal.checkpoint(device)?;
        let valid = self.valid && !self.damaged;
        change_superblock(device, &self.volume, |bytes| superblock::set_unmounted(bytes, valid, now))
    }

    /// What it can be used for now.
    #[must_use]
    pub const fn access(&self) -> Access {
        if self.damaged || self.journal.is_aborted() { Access::ReadOnly } else { self.access }
    }

    /// Whether something waits for a commit.
    #[must_use]
    pub const fn has_changes(&self) -> bool {
        self.journal.has_changes()
    }

    /// Whether it was unmounted cleanly before, or has a journal.
    #[must_use]
    pub const fn was_clean(&self) -> bool {
        self.valid
    }

    /// What the journal's recovery has done.
    #[must_use]
    pub const fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// The layout.
    #[must_use]
    pub const fn volume(&self) -> &Volume {
        &self.volume
    }

    /// What can be done with it, over its disk.
    pub const fn over<'a, D: Device>(&'a mut self, device: &'a mut D) -> Operations<'a, D> {
        Operations { filesystem: self, device }
    }
}

/// What can be done with a mounted filesystem; made by [`Filesystem::over`].
#[derive(Debug)]
pub struct Operations<'a, D> {
    filesystem: &'a mut Filesystem,
    device: &'a mut D,
}

impl<D: Device> Operations<'_, D> {
    /// Runs one change. What fails is undone; if a commit frees what was lacking, it is tried again.
    fn change<R>(
        &mut self,
        change: impl Fn(&Volume, &mut Handle<'_, D>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let Filesystem { volume, journal, .. } = &mut *self.filesystem;
        let mut again = true;
        loop {
            let mut handle = journal.begin(self.device, CREDITS)?;
            let failed = match change(volume, &mut handle) {
                Ok(result) => return Ok(result),
                Err(failed) => failed,
            };
            let gains = again && failed.may_pass() && handle.would_gain_by_commit();
            handle.cancel();
            if !gains {
                self.filesystem.damaged |= matches!(failed, Error::Corrupt(_));
                return Err(failed);
            }
            journal.commit(self.device)?;
            again = false;
        }
    }

    /// The disk.
    pub const fn device(&mut self) -> &mut D {
        self.device
    }

    const fn writable(&self) -> Result<(), Error> {
        match self.filesystem.access() {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(Error::ReadOnly),
        }
    }

    fn reading(&mut self) -> (&Volume, Reading<'_, D>) {
        (&self.filesystem.volume, self.filesystem.journal.reading(self.device))
    }

    /// What an inode says.
    ///
    /// # Errors
    ///
    /// If it is not in use, or cannot be read.
    pub fn inode(&mut self, number: Number) -> Result<Inode, Error> {
        let (volume, mut reading) = self.reading();
        volume.inode(&mut reading, number)
    }

    /// What a name in a directory leads to.
    ///
    /// # Errors
    ///
    /// If there is no such name, no such directory, or it cannot be read.
    pub fn lookup(&mut self, directory: Number, name: &[u8]) -> Result<Number, Error> {
        let (volume, mut reading) = self.reading();
        volume.lookup(&mut reading, directory, name)
    }

    /// The first entry of a directory at `from` or behind it: 0, or the [`next`](Entry::next) of another.
    ///
    /// # Errors
    ///
    /// If there is no such directory, or it cannot be read.
    pub fn next_entry(&mut self, directory: Number, from: u64) -> Result<Option<Entry>, Error> {
        let (volume, mut reading) = self.reading();
        volume.next_entry(&mut reading, directory, from)
    }

    /// Reads from a file; gives how many bytes there were before its end.
    ///
    /// # Errors
    ///
    /// If it is no regular file, or cannot be read.
    pub fn read(&mut self, number: Number, offset: u64, into: &mut [u8]) -> Result<usize, Error> {
        let (volume, mut reading) = self.reading();
        volume.read_file(&mut reading, number, offset, into)
    }

    /// Where a symbolic link leads.
    ///
    /// # Errors
    ///
    /// If it is none, or cannot be read.
    pub fn read_link(&mut self, number: Number) -> Result<Vec<u8>, Error> {
        let (volume, mut reading) = self.reading();
        volume.read_link(&mut reading, number)
    }

    /// How much is free.
    ///
    /// # Errors
    ///
    /// If the superblock cannot be read.
    pub fn free(&mut self) -> Result<Free, Error> {
        let (volume, mut reading) = self.reading();
        volume.free(&mut reading)
    }

    /// Writes to a file; gives how many bytes were written, which are fewer where the disk is full.
    ///
    /// # Errors
    ///
    /// If not a single byte was written.
    pub fn write(&mut self, number: Number, offset: u64, from: &[u8], now: u32) -> Result<usize, Error> {
        self.writable()?;
        let mut done = 0;
        while done < from.len() {
            let at = offset.checked_add(done as u64).ok_or(Error::TooLarge)?;
            match self.change(|volume, handle| volume.write_file(handle, number, at, &from[done..], now)) {
                Ok(part) => done += part,
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(done)
    }

    /// Gives a file another size.
    ///
    /// # Errors
    ///
    /// If it is no regular file, the size is too large, or the disk fails.
    pub fn truncate(&mut self, number: Number, size: u64, now: u32) -> Result<(), Error> {
        self.writable()?;
        if self.change(|volume, handle| volume.begin_truncate(handle, number, size, now))? {
            self.finish_truncate(number)?;
        }
        Ok(())
    }

    fn finish_truncate(&mut self, number: Number) -> Result<(), Error> {
        while !self.change(|volume, handle| volume.continue_truncate(handle, number))? {}
        Ok(())
    }

    /// Makes an inode and a name for it.
    ///
    /// # Errors
    ///
    /// If the name is there, no name, or there is no room.
    pub fn create(&mut self, directory: Number, name: &[u8], new: &New<'_>) -> Result<Number, Error> {
        self.writable()?;
        self.change(|volume, handle| volume.create(handle, directory, name, new))
    }

    /// Gives an inode that is no directory one more name.
    ///
    /// # Errors
    ///
    /// If the name is there, no name, or the inode has too many.
    pub fn link(&mut self, number: Number, directory: Number, name: &[u8], now: u32) -> Result<(), Error> {
        self.writable()?;
        self.change(|volume, handle| volume.link(handle, number, directory, name, now))
    }

    /// Takes a name away. If it was the last, the inode's number is given: once nobody uses it, [`Operations::reap`] deletes it.
    ///
    /// # Errors
    ///
    /// If the name is not there or leads to a directory.
    pub fn unlink(&mut self, directory: Number, name: &[u8], now: u32) -> Result<Option<Number>, Error> {
        self.writable()?;
        self.change(|volume, handle| volume.unlink(handle, directory, name, now))
    }

    /// Removes an empty directory. Its number is given: once nobody uses it, [`Operations::reap`] deletes it.
    ///
    /// # Errors
    ///
    /// If the name is not there, leads to something else, or the directory has entries.
    pub fn remove_directory(&mut self, directory: Number, name: &[u8], now: u32) -> Result<Number, Error> {
        self.writable()?;
        self.change(|volume, handle| volume.remove_directory(handle, directory, name, now))
    }

    /// Moves a name; what had the new one loses it. If that was its last, its number is given, as by [`Operations::unlink`].
    ///
    /// # Errors
    ///
    /// If the old name is not there, or what has the new one cannot be replaced.
    pub fn rename(
        &mut self,
        from: (Number, &[u8]),
        to: (Number, &[u8]),
        now: u32,
    ) -> Result<Option<Number>, Error> {
        self.writable()?;
        self.change(|volume, handle| volume.rename(handle, from, to, now))
    }

    /// Changes an inode's attributes.
    ///
    /// # Errors
    ///
    /// If it is not in use, or the disk fails.
    pub fn set_attributes(&mut self, number: Number, to: &Attributes, now: u32) -> Result<(), Error> {
        self.writable()?;
        self.change(|volume, handle| {
            let mut inode = volume.inode(handle, number)?;
            if let Some(permissions) = to.permissions {
                inode.mode = inode.mode & !0o7777 | permissions & 0o7777;
            }
            inode.uid = to.uid.unwrap_or(inode.uid);
            inode.gid = to.gid.unwrap_or(inode.gid);
            inode.accessed = to.accessed.unwrap_or(inode.accessed);
            inode.modified = to.modified.unwrap_or(inode.modified);
            inode.changed = now;
            volume.write_inode(handle, number, &inode)
        })
    }

    /// Deletes an inode without names, that nobody uses any more.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is deleted already. If it has names, or the disk fails: then the next mount deletes it.
    pub fn reap(&mut self, number: Number, now: u32) -> Result<(), Error> {
        self.writable()?;
        let (volume, mut reading) = self.reading();
        if !volume.has_inode(&mut reading, number)? {
            return Err(Error::NotFound);
        }
        if self.inode(number)?.links != 0 {
            return Err(Error::Corrupt("an inode with names is to be deleted"));
        }
        self.finish_truncate(number)?;
        self.change(|volume, handle| volume.delete(handle, number, now))
    }

    /// Deletes or cuts what waits for it: since before the mount, or because somebody had it. Nobody uses it any more.
    ///
    /// # Errors
    ///
    /// If the list is damaged, or the disk fails.
    pub fn reap_orphans(&mut self, now: u32) -> Result<(), Error> {
        if self.writable().is_err() {
            return Ok(());
        }
        // As many as there are inodes: a damaged list may be a circle.
        for _ in 0..self.filesystem.volume.superblock.inodes {
            let (volume, mut reading) = self.reading();
            let Some(number) = volume.first_orphan(&mut reading)? else { return Ok(()) };
            if volume.inode(&mut reading, number)?.links == 0 {
                self.reap(number, now).map_err(|error| match error {
                    Error::NotFound => Error::Corrupt("the list of orphans"),
                    error => error,
                })?;
            } else {
                self.finish_truncate(number)?;
            }
        }
        Err(Error::Corrupt("the list of orphans"))
    }

    /// What was done so far becomes durable.
    ///
    /// # Errors
    ///
    /// If the disk fails, or has failed: then nothing is changed any more.
    pub fn commit(&mut self) -> Result<(), Error> {
        match self.filesystem.access {
            Access::ReadOnly => Ok(()),
            Access::ReadWrite => Ok(self.filesystem.journal.commit(self.device)?),
        }
    }
}
