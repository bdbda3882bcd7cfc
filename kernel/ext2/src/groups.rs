//! The groups of blocks: where each has its bitmaps and its inodes, and the views of their descriptors.

use crate::error::Error;
use crate::fields::{put_u16, u16_at, u32_at};
use crate::superblock::{Step, Superblock};

const FREE_BLOCKS: usize = 12;
const FREE_INODES: usize = 14;
const DIRECTORIES: usize = 16;

/// Where a group has its parts: within the group, apart from each other.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The bitmap of its blocks.
    pub block_bitmap: u32,
    /// The bitmap of its inodes.
    pub inode_bitmap: u32,
    /// The first block of its inodes.
    pub table: u32,
}

impl Group {
    /// Reads and checks the descriptor of group `number`.
    ///
    /// # Errors
    ///
    /// If a part is outside of the group, or two parts overlap.
    pub fn read(descriptor: &[u8], superblock: &Superblock, number: u32) -> Result<Self, Error> {
        let found = Self {
            block_bitmap: u32_at(descriptor, 0),
            inode_bitmap: u32_at(descriptor, 4),
            table: u32_at(descriptor, 8),
        };
        let start = superblock.first_block + number * superblock.blocks_per_group;
        let end = superblock.blocks.min(start.saturating_add(superblock.blocks_per_group));
        let first = start.saturating_add(superblock.head_of(number));
        let table_end = found.table.checked_add(superblock.table_blocks());
        let inside = |block: u32| (first..end).contains(&block) && !found.has_in_table(block, superblock);
        let sound = inside(found.block_bitmap)
            && inside(found.inode_bitmap)
            && found.block_bitmap != found.inode_bitmap
            && found.table >= first
            && table_end.is_some_and(|table_end| table_end <= end);
        if sound { Ok(found) } else { Err(Error::Corrupt("where a group has its bitmaps and inodes")) }
    }

    const fn has_in_table(&self, block: u32, superblock: &Superblock) -> bool {
        block >= self.table && block - self.table < superblock.table_blocks()
    }

    /// Whether a block of this group is one of the parts.
    #[must_use]
    pub const fn has(&self, block: u32, superblock: &Superblock) -> bool {
        block == self.block_bitmap || block == self.inode_bitmap || self.has_in_table(block, superblock)
    }
}

/// How many blocks and inodes a group has free.
pub(crate) fn free(descriptor: &[u8]) -> (u32, u32) {
    (u16_at(descriptor, FREE_BLOCKS).into(), u16_at(descriptor, FREE_INODES).into())
}

fn count(descriptor: &mut [u8], at: usize, step: Step, most: u32) -> Result<(), Error> {
    let now = step.apply(u16_at(descriptor, at).into(), most)?;
    put_u16(descriptor, at, crate::fields::low(now));
    Ok(())
}

/// One block more or less is free, of `most`.
pub(crate) fn count_block(descriptor: &mut [u8], step: Step, most: u32) -> Result<(), Error> {
    count(descriptor, FREE_BLOCKS, step, most)
}

/// One inode more or less is free, of `most`.
pub(crate) fn count_inode(descriptor: &mut [u8], step: Step, most: u32) -> Result<(), Error> {
    count(descriptor, FREE_INODES, step, most)
}

/// One directory more or less is there, of `most`.
pub(crate) fn count_directory(descriptor: &mut [u8], step: Step, most: u32) -> Result<(), Error> {
    count(descriptor, DIRECTORIES, step, most)
}
