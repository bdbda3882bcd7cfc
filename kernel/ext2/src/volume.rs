//! Where a filesystem has its groups and inodes: what does not change while it is mounted.

use alloc::vec::Vec;

use journal::{Block, Blocks, Device, Handle};

use crate::error::Error;
use crate::groups::Group;
use crate::inode::{Inode, Number};
use crate::superblock::{DESCRIPTOR, SIZE, Superblock};

/// A filesystem's layout. Its methods are what can be done with the filesystem.
#[derive(Debug)]
pub struct Volume {
    /// What it is.
    pub superblock: Superblock,
    groups: Vec<Group>,
}

/// How much of a filesystem is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Free {
    /// Blocks.
    pub blocks: u32,
    /// Inodes.
    pub inodes: u32,
}

impl Volume {
    /// Reads the superblock and the groups of a disk of `available` blocks.
    ///
    /// # Errors
    ///
    /// If a check fails, the disk fails, or there is no memory.
    pub fn read<B: Blocks>(blocks: &mut B, block_size: u32, available: u32) -> Result<Self, Error> {
        let (block, at) = if block_size == 1024 { (Block(1), 0) } else { (Block(0), SIZE) };
        let superblock = blocks.read(block, |bytes| Superblock::read(bytes.get(at..).unwrap_or(&[])))??;
        if superblock.block_size != block_size || superblock.blocks > available {
            return Err(Error::Corrupt("the filesystem is larger than the disk"));
        }
        let mut groups = Vec::new();
        groups.try_reserve_exact(superblock.groups() as usize)?;
        for number in 0..superblock.groups() {
            let (block, at) = descriptor_place(&superblock, number);
            let group = blocks.read(block, |bytes| Group::read(&bytes[at..], &superblock, number))??;
            groups.push(group);
        }
        Ok(Self { superblock, groups })
    }

    /// Bytes of a block.
    #[must_use]
    pub const fn block_size(&self) -> u32 {
        self.superblock.block_size
    }

    /// Where group `number` has its parts.
    pub(crate) fn group(&self, number: u32) -> Result<Group, Error> {
        self.groups.get(number as usize).copied().ok_or(Error::Corrupt("the number of a group"))
    }

    /// The descriptor of a group: its block, and where in it.
    pub(crate) const fn descriptor(&self, group: u32) -> (Block, usize) {
        descriptor_place(&self.superblock, group)
    }

    /// The group of a block, and the block's bit in its bitmap.
    pub(crate) const fn group_of(&self, block: Block) -> (u32, u32) {
        let behind = block.0.saturating_sub(self.superblock.first_block);
        (behind / self.superblock.blocks_per_group, behind % self.superblock.blocks_per_group)
    }

    /// The first block of a group, and how many it has.
    pub(crate) fn extent(&self, group: u32) -> (u32, u32) {
        let layout = &self.superblock;
        let first = layout.first_block + group * layout.blocks_per_group;
        (first, layout.blocks_per_group.min(layout.blocks.saturating_sub(first)))
    }

    /// Whether a block is one of the groups' own, or none of the filesystem.
    pub(crate) fn is_system(&self, block: Block) -> bool {
        if !(self.superblock.first_block..self.superblock.blocks).contains(&block.0) {
            return true;
        }
        let (group, bit) = self.group_of(block);
        bit < self.superblock.head_of(group)
            || self.group(group).map_or(true, |parts| parts.has(block.0, &self.superblock))
    }

    /// A block's number from the disk, checked: one that a file can have.
    pub(crate) fn block(&self, number: u32) -> Result<Block, Error> {
        let block = Block(number);
        if self.is_system(block) { Err(Error::Corrupt("the number of a block")) } else { Ok(block) }
    }

    /// An inode's number from the disk, checked; `None` is 0.
    pub(crate) const fn number(&self, number: u32) -> Result<Option<Number>, Error> {
        match number {
            0 => Ok(None),
            1.. if number > self.superblock.inodes => Err(Error::Corrupt("the number of an inode")),
            2.. if number == Number::ROOT.0 || number >= self.superblock.first_inode => {
                Ok(Some(Number(number)))
            }
            _ => Err(Error::Corrupt("a name leads to a reserved inode")),
        }
    }

    /// The block that an inode is in, and where in it.
    pub(crate) fn inode_place(&self, number: Number) -> Result<(Block, usize), Error> {
        let layout = &self.superblock;
        if number.0 == 0 || number.0 > layout.inodes {
            return Err(Error::Corrupt("the number of an inode"));
        }
        let index = (number.0 - 1) % layout.inodes_per_group;
        let group = self.group((number.0 - 1) / layout.inodes_per_group)?;
        let per_block = layout.block_size / layout.inode_size;
        let at = (index % per_block) * layout.inode_size;
        Ok((Block(group.table + index / per_block), at as usize))
    }

    /// Reads an inode, whatever it says.
    pub(crate) fn raw_inode<B: Blocks>(&self, blocks: &mut B, number: Number) -> Result<Inode, Error> {
        let (block, at) = self.inode_place(number)?;
        Ok(blocks.read(block, |bytes| Inode::read(&bytes[at..]))?)
    }

    /// Reads an inode that is in use: one that has names, or is open without any.
    ///
    /// # Errors
    ///
    /// If it is none, or cannot be read.
    pub fn inode<B: Blocks>(&self, blocks: &mut B, number: Number) -> Result<Inode, Error> {
        let inode = self.raw_inode(blocks, number)?;
        if inode.kind().is_none() {
            return Err(Error::Corrupt("an inode is in use and nothing that is known"));
        }
        Ok(inode)
    }

    /// Reads an inode that a name leads to.
    ///
    /// # Errors
    ///
    /// If it is none, or cannot be read.
    pub fn named_inode<B: Blocks>(&self, blocks: &mut B, number: Number) -> Result<Inode, Error> {
        let inode = self.inode(blocks, number)?;
        if inode.links == 0 { Err(Error::Corrupt("a name leads to a deleted inode")) } else { Ok(inode) }
    }

    /// Reads a directory's inode.
    pub(crate) fn directory_inode<B: Blocks>(&self, blocks: &mut B, number: Number) -> Result<Inode, Error> {
        let inode = self.inode(blocks, number)?;
        if inode.is_directory() { Ok(inode) } else { Err(Error::NotDirectory) }
    }

    /// Writes an inode.
    pub(crate) fn write_inode<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
        inode: &Inode,
    ) -> Result<(), Error> {
        let (block, at) = self.inode_place(number)?;
        Ok(handle.change(block, |bytes| inode.write(&mut bytes[at..]))?)
    }

    /// Changes the superblock's bytes.
    pub(crate) fn change_superblock<D: Device, R>(
        &self,
        handle: &mut Handle<'_, D>,
        with: impl FnOnce(&mut [u8]) -> R,
    ) -> Result<R, Error> {
        let (block, at) = self.superblock.place();
        Ok(handle.change(block, |bytes| with(&mut bytes[at..]))?)
    }

    /// Reads the superblock's bytes.
    pub(crate) fn read_superblock<B: Blocks, R>(
        &self,
        blocks: &mut B,
        with: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, Error> {
        let (block, at) = self.superblock.place();
        Ok(blocks.read(block, |bytes| with(&bytes[at..]))?)
    }

    /// How much is free.
    ///
    /// # Errors
    ///
    /// If the superblock cannot be read.
    pub fn free<B: Blocks>(&self, blocks: &mut B) -> Result<Free, Error> {
        let (blocks, inodes) = self.read_superblock(blocks, crate::superblock::free)?;
        Ok(Free { blocks: blocks.min(self.superblock.blocks), inodes: inodes.min(self.superblock.inodes) })
    }
}

const fn descriptor_place(superblock: &Superblock, group: u32) -> (Block, usize) {
    let per_block = superblock.block_size / DESCRIPTOR;
    (Block(superblock.first_block + 1 + group / per_block), ((group % per_block) * DESCRIPTOR) as usize)
}
