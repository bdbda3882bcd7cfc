//! What is in files: reading, writing, cutting; where symbolic links lead.

use alloc::vec::Vec;

use journal::{Blocks, Device, Handle, zeroed};

use crate::error::Error;
use crate::inode::{FAST_LINK, Inode, Kind, Number};
use crate::superblock;
use crate::volume::Volume;

/// Files of so many bytes need a feature.
const LARGE: u64 = 1 << 31;

impl Volume {
    /// A byte of a file: its block, where in it, and how many bytes of `length` are in the same block.
    fn within(&self, offset: u64, length: usize) -> Result<(u32, usize, usize), Error> {
        let size = u64::from(self.block_size());
        let index = u32::try_from(offset / size).map_err(|_| Error::TooLarge)?;
        let at = usize::try_from(offset % size).map_err(|_| Error::TooLarge)?;
        Ok((index, at, length.min(self.block_size() as usize - at)))
    }

    fn regular_inode<B: Blocks>(&self, blocks: &mut B, number: Number) -> Result<Inode, Error> {
        let inode = self.inode(blocks, number)?;
        match inode.kind() {
            Some(Kind::Regular) => Ok(inode),
            Some(Kind::Directory) => Err(Error::IsDirectory),
            _ => Err(Error::NotRegular),
        }
    }

    /// Reads from a file; gives how many bytes there were before its end. Holes are zeros.
    ///
    /// # Errors
    ///
    /// If it is no regular file or cannot be read.
    pub fn read_file<B: Blocks>(
        &self,
        blocks: &mut B,
        number: Number,
        offset: u64,
        into: &mut [u8],
    ) -> Result<usize, Error> {
        let inode = self.regular_inode(blocks, number)?;
        let rest = usize::try_from(inode.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = rest.min(into.len());
        let mut done = 0;
        while done < count {
            let (index, at, part) = self.within(offset + done as u64, count - done)?;
            let target = &mut into[done..done + part];
            match self.map(blocks, &inode, index)? {
                Some(block) => blocks.read(block, |bytes| target.copy_from_slice(&bytes[at..at + part]))?,
                None => target.fill(0),
            }
            done += part;
        }
        Ok(count)
    }

    /// Writes to a file, of `from` what goes to the first block; gives how much that is.
    pub(crate) fn write_file<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
        offset: u64,
        from: &[u8],
        now: u32,
    ) -> Result<usize, Error> {
        let mut inode = self.regular_inode(handle, number)?;
        let (index, at, part) = self.within(offset, from.len())?;
        let (block, filled) = self.map_or_fill(handle, number, &mut inode, index)?;
        let mut bytes = zeroed(self.block_size() as usize)?;
        if !filled && part < bytes.len() {
            handle.read(block, |old| bytes.copy_from_slice(old))?;
        }
        bytes[at..at + part].copy_from_slice(&from[..part]);
        let end = offset + part as u64;
        if end > inode.size {
            self.set_size(handle, &mut inode, end)?;
        }
        (inode.modified, inode.changed) = (now, now);
        self.write_inode(handle, number, &inode)?;
        handle.write_data(block, &bytes)?;
        Ok(part)
    }

    /// Sets a file's size, and says in the superblock that there is a large file.
    fn set_size<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        inode: &mut Inode,
        size: u64,
    ) -> Result<(), Error> {
        if size > self.largest_file() {
            return Err(Error::TooLarge);
        }
        if size >= LARGE && inode.size < LARGE {
            self.change_superblock(handle, superblock::set_large_files)?;
        }
        inode.size = size;
        Ok(())
    }

    /// Begins to give a file another size. If it becomes shorter, its blocks are still to be freed, and it is an orphan until they are;
    /// the result says so.
    pub(crate) fn begin_truncate<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
        size: u64,
        now: u32,
    ) -> Result<bool, Error> {
        let mut inode = self.regular_inode(handle, number)?;
        let shorter = size < inode.size;
        let (index, at, _) = self.within(size.min(self.largest_file()), 0)?;
        if shorter && at != 0 {
            // What is behind the end reads as zeros when the file grows again.
            if let Some(block) = self.map(handle, &inode, index)? {
                let mut bytes = zeroed(self.block_size() as usize)?;
                handle.read(block, |old| bytes[..at].copy_from_slice(&old[..at]))?;
                handle.write_data(block, &bytes)?;
            }
        }
        self.set_size(handle, &mut inode, size)?;
        (inode.modified, inode.changed) = (now, now);
        self.write_inode(handle, number, &inode)?;
        if shorter && inode.links > 0 {
            self.add_orphan(handle, number)?;
        }
        Ok(shorter)
    }

    /// Frees some of the blocks behind a file's end; says whether all are freed.
    pub(crate) fn continue_truncate<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
    ) -> Result<bool, Error> {
        let mut inode = self.inode(handle, number)?;
        let keep = if inode.links == 0 { 0 } else { inode.size.div_ceil(self.block_size().into()) };
        let done = !inode.has_blocks(self.block_size()) || self.truncate_step(handle, &mut inode, keep)?;
        self.write_inode(handle, number, &inode)?;
        if done && inode.links > 0 {
            self.remove_orphan(handle, number)?;
        }
        Ok(done)
    }

    /// Where a symbolic link leads.
    ///
    /// # Errors
    ///
    /// If it is none, or cannot be read.
    pub fn read_link<B: Blocks>(&self, blocks: &mut B, number: Number) -> Result<Vec<u8>, Error> {
        let inode = self.inode(blocks, number)?;
        if inode.kind() != Some(Kind::Symlink) {
            return Err(Error::NotSymlink);
        }
        let fast = inode.is_fast_link(self.block_size());
        let room = if fast { FAST_LINK } else { self.block_size() as usize };
        let length = usize::try_from(inode.size).ok().filter(|length| (1..room).contains(length));
        let mut text = zeroed(length.ok_or(Error::Corrupt("the length of a symbolic link"))?)?;
        if fast {
            for (part, pointer) in text.chunks_mut(4).zip(inode.pointers) {
                part.copy_from_slice(&pointer.to_le_bytes()[..part.len()]);
            }
        } else {
            let block =
                self.map(blocks, &inode, 0)?.ok_or(Error::Corrupt("a symbolic link without its block"))?;
            blocks.read(block, |bytes| text.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from))?;
        }
        Ok(text)
    }

    /// Writes where a new symbolic link leads. The inode is changed, and not written.
    pub(crate) fn write_link<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
        inode: &mut Inode,
        text: &[u8],
    ) -> Result<(), Error> {
        if text.is_empty() {
            return Err(Error::NotFound);
        }
        if text.len() >= self.block_size() as usize {
            return Err(Error::NameTooLong);
        }
        inode.size = text.len() as u64;
        if text.len() < FAST_LINK {
            for (part, pointer) in text.chunks(4).zip(&mut inode.pointers) {
                let mut bytes = [0; 4];
                bytes[..part.len()].copy_from_slice(part);
                *pointer = u32::from_le_bytes(bytes);
            }
            return Ok(());
        }
        let (block, _) = self.map_or_fill(handle, number, inode, 0)?;
        let mut bytes = zeroed(self.block_size() as usize)?;
        bytes[..text.len()].copy_from_slice(text);
        Ok(handle.write_data(block, &bytes)?)
    }
}
