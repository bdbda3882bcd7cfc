//! Directories as a row of blocks of entries: looking up, listing, adding, removing.

use alloc::vec::Vec;

use journal::{Block, Blocks, Device, Handle};

use crate::entries::{self, Entries, LONGEST_NAME};
use crate::error::Error;
use crate::features::Incompatible;
use crate::fields::put_u32;
use crate::inode::{INDEXED, Inode, Kind, Number};
use crate::volume::Volume;

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it leads to.
    pub number: Number,
    /// What that is, where entries say it.
    pub kind: Option<Kind>,
    /// The name.
    pub name: Vec<u8>,
    /// Where the next entry begins: where to go on listing.
    pub next: u64,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// What it leads to.
    pub(crate) number: Number,
    /// The block that it is in.
    pub(crate) block: Block,
    /// Where in that.
    pub(crate) at: usize,
}

/// Refuses what is no name of a new entry.
pub(crate) fn check_name(name: &[u8]) -> Result<(), Error> {
    if name.len() > LONGEST_NAME {
        return Err(Error::NameTooLong);
    }
    let bad =
        name.is_empty() || name == b"." || name == b".." || name.iter().any(|byte| matches!(byte, 0 | b'/'));
    if bad { Err(Error::BadName) } else { Ok(()) }
}

impl Volume {
    /// How many blocks a directory has.
    fn directory_blocks(&self, inode: &Inode) -> Result<u32, Error> {
        let size = u64::from(self.block_size());
        let count = u32::try_from(inode.size / size).unwrap_or(u32::MAX);
        if !inode.size.is_multiple_of(size) || count == 0 || count > self.superblock.blocks {
            return Err(Error::Corrupt("the size of a directory"));
        }
        Ok(count)
    }

    /// The block of a directory; it has no holes.
    fn directory_block<B: Blocks>(&self, blocks: &mut B, inode: &Inode, index: u32) -> Result<Block, Error> {
        self.map(blocks, inode, index)?.ok_or(Error::Corrupt("a hole in a directory"))
    }

    /// The byte of an entry that says what it leads to.
    pub(crate) const fn entry_type(&self, kind: Kind) -> u8 {
        if self.superblock.incompatible.contains(Incompatible::FILE_TYPES) { kind.entry_type() } else { 0 }
    }

    /// Looks for an entry.
    pub(crate) fn find<B: Blocks>(
        &self,
        blocks: &mut B,
        inode: &Inode,
        name: &[u8],
    ) -> Result<Option<Found>, Error> {
        for index in 0..self.directory_blocks(inode)? {
            let block = self.directory_block(blocks, inode, index)?;
            let found = blocks.read(block, |bytes| {
                for entry in Entries::new(bytes, 0) {
                    let entry = entry?;
                    if entry.inode != 0 && entry.name == name {
                        return Ok(Some((entry.inode, entry.at)));
                    }
                }
                Ok::<_, Error>(None)
            })??;
            if let Some((number, at)) = found {
                let number = self.number(number)?.ok_or(Error::NotFound)?;
                return Ok(Some(Found { number, block, at }));
            }
        }
        Ok(None)
    }

    /// What a name in a directory leads to.
    ///
    /// # Errors
    ///
    /// If there is no such name, no such directory, or it cannot be read.
    pub fn lookup<B: Blocks>(&self, blocks: &mut B, directory: Number, name: &[u8]) -> Result<Number, Error> {
        let inode = self.directory_inode(blocks, directory)?;
        self.find(blocks, &inode, name)?.map(|found| found.number).ok_or(Error::NotFound)
    }

    /// The first entry at byte `from` of a directory or behind it; `None` behind the last. `from` is 0, or what an entry
    /// has as its [`next`](Entry::next).
    ///
    /// # Errors
    ///
    /// If there is no such directory, it cannot be read, or there is no memory.
    pub fn next_entry<B: Blocks>(
        &self,
        blocks: &mut B,
        directory: Number,
        from: u64,
    ) -> Result<Option<Entry>, Error> {
        let inode = self.directory_inode(blocks, directory)?;
        let count = self.directory_blocks(&inode)?;
        let size = u64::from(self.block_size());
        let first = u32::try_from(from / size).unwrap_or(u32::MAX);
        let mut within = usize::try_from(from % size).unwrap_or(0);
        for index in first..count {
            let block = self.directory_block(blocks, &inode, index)?;
            let start = u64::from(index) * size;
            let found = blocks.read(block, |bytes| {
                // From the start: the directory may have changed, and `from` be in the middle of an entry.
                for entry in Entries::new(bytes, 0) {
                    let entry = entry?;
                    if entry.inode != 0 && entry.at >= within {
                        let mut name = Vec::new();
                        name.try_reserve_exact(entry.name.len())?;
                        name.extend_from_slice(entry.name);
                        let next = start + (entry.at + entry.length) as u64;
                        return Ok(Some((entry.inode, entry.entry_type, name, next)));
                    }
                }
                Ok::<_, Error>(None)
            })??;
            if let Some((number, entry_type, name, next)) = found {
                let number = self.number(number)?.ok_or(Error::NotFound)?;
                return Ok(Some(Entry { number, kind: Kind::of_entry_type(entry_type), name, next }));
            }
            within = 0;
        }
        Ok(None)
    }

    /// Whether a directory has `.` and `..` only.
    pub(crate) fn is_empty<B: Blocks>(&self, blocks: &mut B, inode: &Inode) -> Result<bool, Error> {
        for index in 0..self.directory_blocks(inode)? {
            let block = self.directory_block(blocks, inode, index)?;
            let used = blocks.read(block, |bytes| {
                for entry in Entries::new(bytes, 0) {
                    let entry = entry?;
                    if entry.inode != 0 && entry.name != b"." && entry.name != b".." {
                        return Ok(true);
                    }
                }
                Ok::<_, Error>(false)
            })??;
            if used {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Adds an entry to a directory, which has none of this name. The directory's inode is changed, and not written.
    pub(crate) fn add_entry<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        directory: Number,
        inode: &mut Inode,
        name: &[u8],
        (number, kind): (Number, Kind),
    ) -> Result<(), Error> {
        let entry_type = self.entry_type(kind);
        let count = self.directory_blocks(inode)?;
        // The index does not know the new entry.
        inode.flags &= !INDEXED;
        for index in 0..count {
            let block = self.directory_block(handle, inode, index)?;
            if let Some(room) = handle.read(block, |bytes| entries::room(bytes, name.len()))?? {
                handle.change(block, |bytes| entries::insert(bytes, room, number.0, entry_type, name))?;
                return Ok(());
            }
        }
        let (block, filled) = self.map_or_fill(handle, directory, inode, count)?;
        if !filled {
            return Err(Error::Corrupt("a directory has blocks behind its end"));
        }
        handle.fresh(block, |bytes| entries::put_entry(bytes, 0, bytes.len(), number.0, entry_type, name))?;
        inode.size += u64::from(self.block_size());
        Ok(())
    }

    /// Makes an entry lead elsewhere.
    pub(crate) fn redirect<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        found: Found,
        number: Number,
        kind: Kind,
    ) -> Result<(), Error> {
        let entry_type = self.entry_type(kind);
        Ok(handle.change(found.block, |bytes| {
            put_u32(bytes, found.at, number.0);
            crate::fields::put(bytes, found.at + 7, &[entry_type]);
        })?)
    }

    /// Gives a new directory its first block: `.` and `..`.
    pub(crate) fn first_block<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        directory: Number,
        inode: &mut Inode,
        parent: Number,
    ) -> Result<(), Error> {
        /// Bytes of the entry `.`.
        const OWN: usize = 12;
        let (block, _) = self.map_or_fill(handle, directory, inode, 0)?;
        let entry_type = self.entry_type(Kind::Directory);
        handle.fresh(block, |bytes| {
            entries::put_entry(bytes, 0, OWN, directory.0, entry_type, b".");
            entries::put_entry(bytes, OWN, bytes.len() - OWN, parent.0, entry_type, b"..");
        })?;
        inode.size = self.block_size().into();
        Ok(())
    }
}

/// Removes an entry.
pub(crate) fn remove_entry<D: Device>(handle: &mut Handle<'_, D>, found: Found) -> Result<(), Error> {
    handle.change(found.block, |bytes| entries::remove(bytes, found.at))?
}
