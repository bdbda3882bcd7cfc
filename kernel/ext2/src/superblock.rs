//! The superblock: what a filesystem is, and how much of it is free.
//!
//! [`Superblock`] is what does not change while it is mounted, checked once. What changes is read and written in the block's bytes,
//! by the functions here, within a change of the journal.

use journal::Block;

use crate::error::Error;
use crate::features::{Compatible, Incompatible, ReadOnly};
use crate::fields::{bytes, put_u16, put_u32, u16_at, u32_at};

/// Where it begins on the disk, and its length.
pub const SIZE: usize = 1024;
/// Bytes of a group's descriptor.
pub(crate) const DESCRIPTOR: u32 = 32;

const MAGIC: u16 = 0xEF53;
const FREE_BLOCKS: usize = 12;
const FREE_INODES: usize = 16;
const MOUNTED_AT: usize = 44;
const WRITTEN_AT: usize = 48;
const STATE: usize = 58;
const INCOMPATIBLE: usize = 96;
const READ_ONLY: usize = 100;
const LAST_ORPHAN: usize = 232;

/// It was unmounted cleanly, or has a journal.
const VALID: u16 = 1;

/// What a filesystem is: checked, so that its numbers fit each other and the disk.
#[derive(Clone, Copy, Debug)]
pub struct Superblock {
    /// Bytes of a block.
    pub block_size: u32,
    /// How many blocks there are.
    pub blocks: u32,
    /// How many of them are kept for the superuser.
    pub reserved_blocks: u32,
    /// How many inodes there are.
    pub inodes: u32,
    /// The block that the superblock is in, where groups begin.
    pub first_block: u32,
    /// Blocks of a group; the last may have fewer.
    pub blocks_per_group: u32,
    /// Inodes of a group.
    pub inodes_per_group: u32,
    /// Bytes of an inode.
    pub inode_size: u32,
    /// The first inode that is not reserved.
    pub first_inode: u32,
    /// The journal's inode.
    pub journal: u32,
    /// Blocks behind the descriptors that are kept for more of them.
    pub reserved_descriptors: u32,
    /// Its name among filesystems.
    pub uuid: [u8; 16],
    /// Features that change nothing.
    pub compatible: Compatible,
    /// Features without which nothing is read.
    pub incompatible: Incompatible,
    /// Features without which nothing is written.
    pub read_only: ReadOnly,
}

impl Superblock {
    /// Reads and checks the 1024 bytes that begin at byte 1024 of the disk.
    ///
    /// # Errors
    ///
    /// If there is no such filesystem, it has unknown features, or its numbers contradict each other.
    pub fn read(block: &[u8]) -> Result<Self, Error> {
        if u16_at(block, 56) != MAGIC {
            return Err(Error::NotExt2);
        }
        let dynamic = u32_at(block, 76) >= 1;
        let feature = |at| if dynamic { u32_at(block, at) } else { 0 };
        let incompatible = Incompatible::from_bits_retain(feature(INCOMPATIBLE));
        incompatible.check()?;
        let scale = u32_at(block, 24);
        if scale > 2 {
            return Err(Error::Corrupt("blocks have neither 1, 2 nor 4 KiB"));
        }
        let found = Self {
            block_size: 1024 << scale,
            blocks: u32_at(block, 4),
            reserved_blocks: u32_at(block, 8),
            inodes: u32_at(block, 0),
            first_block: u32_at(block, 20),
            blocks_per_group: u32_at(block, 32),
            inodes_per_group: u32_at(block, 40),
            inode_size: if dynamic { u16_at(block, 88).into() } else { 128 },
            first_inode: if dynamic { u32_at(block, 84) } else { 11 },
            journal: u32_at(block, 224),
            reserved_descriptors: u16_at(block, 206).into(),
            uuid: bytes(block, 104),
            compatible: Compatible::from_bits_retain(feature(92)),
            incompatible,
            read_only: ReadOnly::from_bits_retain(feature(READ_ONLY)),
        };
        found.check()?;
        Ok(found)
    }

    fn check(&self) -> Result<(), Error> {
        let bits = self.block_size * 8;
        let first = u32::from(self.block_size == 1024);
        let inode_fits =
            self.inode_size.is_power_of_two() && (128..=self.block_size).contains(&self.inode_size);
        let sound = [
            (
                self.first_block == first && self.blocks > first + 4,
                "the first block, or the number of blocks",
            ),
            (inode_fits, "the size of an inode"),
            (
                self.blocks_per_group.is_multiple_of(8) && (8..=bits).contains(&self.blocks_per_group),
                "blocks of a group",
            ),
            ((8..=bits).contains(&self.inodes_per_group), "inodes of a group"),
        ];
        if let Some((_, what)) = sound.into_iter().find(|(sound, _)| !sound) {
            return Err(Error::Corrupt(what));
        }
        let inodes = self.groups().checked_mul(self.inodes_per_group);
        if inodes != Some(self.inodes) || !(3..=self.inodes).contains(&self.first_inode) {
            return Err(Error::Corrupt("the number of inodes"));
        }
        if self.head() >= self.blocks_per_group || self.head() >= self.blocks - first {
            return Err(Error::Corrupt("the groups' descriptors have no room"));
        }
        Ok(())
    }

    /// How many groups there are.
    #[must_use]
    pub const fn groups(&self) -> u32 {
        (self.blocks - self.first_block).div_ceil(self.blocks_per_group)
    }

    /// Blocks that the groups' descriptors take.
    pub(crate) const fn descriptor_blocks(&self) -> u32 {
        self.groups().div_ceil(self.block_size / DESCRIPTOR)
    }

    /// Blocks at the start of a group with a copy of the superblock.
    const fn head(&self) -> u32 {
        1 + self.descriptor_blocks() + self.reserved_descriptors
    }

    /// Blocks at the start of group `group` for copies of the superblock and the descriptors.
    pub(crate) const fn head_of(&self, group: u32) -> u32 {
        let all = !self.read_only.contains(ReadOnly::SPARSE);
        if all || group <= 1 || is_power(group, 3) || is_power(group, 5) || is_power(group, 7) {
            self.head()
        } else {
            0
        }
    }

    /// The block that the superblock is in, and where in it.
    pub(crate) const fn place(&self) -> (Block, usize) {
        (Block(self.first_block), if self.block_size == 1024 { 0 } else { SIZE })
    }

    /// Blocks that hold an inode table.
    pub(crate) const fn table_blocks(&self) -> u32 {
        self.inodes_per_group.div_ceil(self.block_size / self.inode_size)
    }

    /// Whether there is a journal.
    #[must_use]
    pub const fn has_journal(&self) -> bool {
        self.compatible.contains(Compatible::JOURNAL)
    }
}

/// Whether `number` is a power of `base`.
const fn is_power(number: u32, base: u32) -> bool {
    let mut power = base;
    while power < number {
        match power.checked_mul(base) {
            Some(next) => power = next,
            None => return false,
        }
    }
    power == number
}

/// A change of what is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// One more.
    More,
    /// One less.
    Less,
}

impl Step {
    /// The number after this step, of at most `most`.
    pub(crate) fn apply(self, number: u32, most: u32) -> Result<u32, Error> {
        match self {
            Self::More => Some(number + 1).filter(|next| number < most && *next <= most),
            Self::Less => number.checked_sub(1),
        }
        .ok_or(Error::Corrupt("the number of what is free"))
    }
}

/// How many blocks and inodes are free.
pub(crate) fn free(block: &[u8]) -> (u32, u32) {
    (u32_at(block, FREE_BLOCKS), u32_at(block, FREE_INODES))
}

/// One block more or less is free, of `most`.
pub(crate) fn count_block(block: &mut [u8], step: Step, most: u32) -> Result<(), Error> {
    let now = step.apply(u32_at(block, FREE_BLOCKS), most)?;
    put_u32(block, FREE_BLOCKS, now);
    Ok(())
}

/// One inode more or less is free, of `most`.
pub(crate) fn count_inode(block: &mut [u8], step: Step, most: u32) -> Result<(), Error> {
    let now = step.apply(u32_at(block, FREE_INODES), most)?;
    put_u32(block, FREE_INODES, now);
    Ok(())
}

/// The first inode of the list of those that wait to be deleted or cut; 0 where there is none.
pub(crate) fn last_orphan(block: &[u8]) -> u32 {
    u32_at(block, LAST_ORPHAN)
}

/// Sets the first inode of that list.
pub(crate) fn set_last_orphan(block: &mut [u8], inode: u32) {
    put_u32(block, LAST_ORPHAN, inode);
}

/// Whether it was unmounted cleanly.
pub(crate) fn is_valid(block: &[u8]) -> bool {
    u16_at(block, STATE) & VALID != 0
}

/// When it was written last, as far as it knows.
pub(crate) fn written_at(block: &[u8]) -> u32 {
    u32_at(block, WRITTEN_AT)
}

/// It is written now. A machine whose clock is behind does not turn the time back.
fn set_written_at(block: &mut [u8], now: u32) {
    let latest = written_at(block).max(now);
    put_u32(block, WRITTEN_AT, latest);
}

/// There is a file of 2 GiB or more.
pub(crate) fn set_large_files(block: &mut [u8]) {
    let features = u32_at(block, READ_ONLY) | ReadOnly::LARGE.bits();
    put_u32(block, READ_ONLY, features);
}

/// It is mounted to be written: with a journal, that is to be recovered; without, it is not valid.
pub(crate) fn set_mounted(block: &mut [u8], journaled: bool, now: u32) {
    set_written_at(block, now);
    let latest = written_at(block);
    put_u32(block, MOUNTED_AT, latest);
    if journaled {
        let features = u32_at(block, INCOMPATIBLE) | Incompatible::RECOVER.bits();
        put_u32(block, INCOMPATIBLE, features);
    } else {
        let state = u16_at(block, STATE) & !VALID;
        put_u16(block, STATE, state);
    }
}

/// It is unmounted; `valid` says what it was when it was mounted.
pub(crate) fn set_unmounted(block: &mut [u8], valid: bool, now: u32) {
    set_written_at(block, now);
    let features = u32_at(block, INCOMPATIBLE) & !Incompatible::RECOVER.bits();
    put_u32(block, INCOMPATIBLE, features);
    if valid {
        let state = u16_at(block, STATE) | VALID;
        put_u16(block, STATE, state);
    }
}
