//! Blocks and inodes are taken and given back: a bit of a bitmap, and the numbers of what is free in the group and in all.

use journal::{Block, Blocks, Device, Error as JournalError, Handle};

use crate::error::Error;
use crate::fields::u32_at;
use crate::groups;
use crate::inode::Number;
use crate::superblock::{self, Step};
use crate::volume::Volume;

/// The first zero of `bits[from..to]`.
fn first_zero(bits: &[u8], from: u32, to: u32) -> Option<u32> {
    let mut at = from;
    while at < to {
        let byte = *bits.get((at / 8) as usize)?;
        if byte == u8::MAX {
            at = (at / 8 + 1) * 8;
        } else if byte & 1 << (at % 8) == 0 {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}

/// Sets or clears a bit; an error where it is so already.
fn set_bit(bits: &mut [u8], bit: u32, set: bool) -> Result<(), Error> {
    let byte = bits.get_mut((bit / 8) as usize).ok_or(Error::Corrupt("a bit outside of a bitmap"))?;
    let mask = 1 << (bit % 8);
    if (*byte & mask != 0) == set {
        return Err(Error::Corrupt("something is freed twice, or used twice"));
    }
    *byte ^= mask;
    Ok(())
}

impl Volume {
    /// What a group has free: blocks and inodes.
    fn free_of<B: Blocks>(&self, blocks: &mut B, group: u32) -> Result<(u32, u32), Error> {
        let (block, at) = self.descriptor(group);
        Ok(blocks.read(block, |bytes| groups::free(&bytes[at..]))?)
    }

    /// Takes a free block, `goal` or one near behind it. What it has is undefined.
    pub(crate) fn allocate_block<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        goal: Block,
    ) -> Result<Block, Error> {
        let (first, bit) = self.group_of(goal);
        let count = self.superblock.groups();
        let first = if first < count { first } else { 0 };
        // The goal's group comes twice: from the goal on, and from its start.
        for step in 0..=count {
            let group = (first + step) % count;
            let from = if step == 0 { bit } else { 0 };
            if self.free_of(handle, group)?.0 == 0 {
                continue;
            }
            if let Some(found) = self.free_block_of(handle, group, from)? {
                self.mark_block(handle, found, Step::Less)?;
                return Ok(found);
            }
        }
        Err(Error::NoSpace)
    }

    /// A block of a group that is free for good.
    fn free_block_of<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        group: u32,
        from: u32,
    ) -> Result<Option<Block>, Error> {
        let bitmap = Block(self.group(group)?.block_bitmap);
        let (first, count) = self.extent(group);
        let mut from = from;
        while let Some(bit) = handle.read(bitmap, |bits| first_zero(bits, from, count))? {
            let block = Block(first + bit);
            if !self.is_system(block) && handle.reusable(block) {
                return Ok(Some(block));
            }
            from = bit + 1;
        }
        Ok(None)
    }

    /// Sets or clears a block's bit, and counts.
    fn mark_block<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        block: Block,
        step: Step,
    ) -> Result<(), Error> {
        let (group, bit) = self.group_of(block);
        let bitmap = Block(self.group(group)?.block_bitmap);
        handle.change(bitmap, |bits| set_bit(bits, bit, step == Step::Less))??;
        let (descriptor, at) = self.descriptor(group);
        let most = self.superblock.blocks_per_group;
        handle.change(descriptor, |bytes| groups::count_block(&mut bytes[at..], step, most))??;
        let most = self.superblock.blocks;
        self.change_superblock(handle, |bytes| superblock::count_block(bytes, step, most))?
    }

    /// Gives back a block of a file.
    pub(crate) fn free_data<D: Device>(&self, handle: &mut Handle<'_, D>, block: Block) -> Result<(), Error> {
        self.mark_block(handle, block, Step::More)?;
        Ok(handle.free_data(block)?)
    }

    /// Gives back a block of metadata.
    pub(crate) fn free_metadata<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        block: Block,
    ) -> Result<(), Error> {
        self.mark_block(handle, block, Step::More)?;
        Ok(handle.free_metadata(block)?)
    }

    /// The group that a new inode is best in: a directory's in the emptiest one, a file's with its directory.
    fn group_for<B: Blocks>(&self, blocks: &mut B, parent: Number, directory: bool) -> Result<u32, Error> {
        let home = (parent.0 - 1) / self.superblock.inodes_per_group;
        if !directory {
            return Ok(home);
        }
        let mut best = (0, home);
        for group in 0..self.superblock.groups() {
            let (free, inodes) = self.free_of(blocks, group)?;
            if inodes > 0 && free > best.0 {
                best = (free, group);
            }
        }
        Ok(best.1)
    }

    /// Takes a free inode; its bytes are zeros.
    pub(crate) fn allocate_inode<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        parent: Number,
        directory: bool,
    ) -> Result<Number, Error> {
        let layout = &self.superblock;
        let first = self.group_for(handle, parent, directory)?;
        for step in 0..layout.groups() {
            let group = (first + step) % layout.groups();
            if self.free_of(handle, group)?.1 == 0 {
                continue;
            }
            let bitmap = Block(self.group(group)?.inode_bitmap);
            let start = layout.first_inode.saturating_sub(1 + group * layout.inodes_per_group);
            let found = handle.read(bitmap, |bits| first_zero(bits, start, layout.inodes_per_group))?;
            let Some(bit) = found else { continue };
            let number = Number(group * layout.inodes_per_group + bit + 1);
            self.mark_inode(handle, number, directory, Step::Less)?;
            let (block, at) = self.inode_place(number)?;
            let size = layout.inode_size as usize;
            handle.change(block, |bytes| bytes[at..at + size].fill(0))?;
            return Ok(number);
        }
        Err(Error::NoInodes)
    }

    /// Whether an inode is in use.
    pub(crate) fn has_inode<B: Blocks>(&self, blocks: &mut B, number: Number) -> Result<bool, Error> {
        let per_group = self.superblock.inodes_per_group;
        let behind = number.0.checked_sub(1).ok_or(Error::Corrupt("the number of an inode"))?;
        let bitmap = Block(self.group(behind / per_group)?.inode_bitmap);
        let bit = behind % per_group;
        Ok(blocks.read(bitmap, |bits| first_zero(bits, bit, bit + 1).is_none())?)
    }

    /// Sets or clears an inode's bit, and counts.
    pub(crate) fn mark_inode<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
        directory: bool,
        step: Step,
    ) -> Result<(), Error> {
        let most = self.superblock.inodes_per_group;
        let (group, bit) = ((number.0 - 1) / most, (number.0 - 1) % most);
        let bitmap = Block(self.group(group)?.inode_bitmap);
        handle.change(bitmap, |bits| set_bit(bits, bit, step == Step::Less))??;
        let (descriptor, at) = self.descriptor(group);
        handle.change(descriptor, |bytes| {
            groups::count_inode(&mut bytes[at..], step, most)?;
            if directory {
                let step = if step == Step::Less { Step::More } else { Step::Less };
                groups::count_directory(&mut bytes[at..], step, most)?;
            }
            Ok::<_, Error>(())
        })??;
        let most = self.superblock.inodes;
        self.change_superblock(handle, |bytes| superblock::count_inode(bytes, step, most))?
    }

    /// An inode with a block of extended attributes goes: the block goes with it, unless other inodes have it, too.
    pub(crate) fn release_attributes<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        block: u32,
    ) -> Result<(), Error> {
        /// What such a block begins with.
        const MAGIC: u32 = 0xEA02_0000;
        let block = self.block(block)?;
        let (magic, users) = handle.read(block, |bytes| (u32_at(bytes, 0), u32_at(bytes, 4)))?;
        match users {
            _ if magic != MAGIC => Err(Error::Corrupt("a block of extended attributes")),
            0 => Err(Error::Corrupt("the users of a block of extended attributes")),
            1 => self.free_metadata(handle, block),
            _ => Ok(handle.change(block, |bytes| crate::fields::put_u32(bytes, 4, users - 1))?),
        }
    }
}

impl Error {
    /// Whether a commit may help: what is freed becomes free with it.
    pub(crate) const fn may_pass(self) -> bool {
        matches!(self, Self::NoSpace | Self::Journal(JournalError::Credits))
    }
}
