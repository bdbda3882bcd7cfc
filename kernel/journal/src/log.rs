//! The ring on the disk: where the next block goes, and what a commit and a checkpoint write there.

use alloc::vec::Vec;

use crate::area::Area;
use crate::device::{Block, Device, Error, zeroed};
use crate::format::{self, Kind, Superblock};
use crate::table::Table;

/// A log that is open for writing.
#[derive(Debug)]
pub(crate) struct Log {
    area: Area,
    /// What the disk's superblock says.
    superblock: Superblock,
    /// The superblock's bytes.
    bytes: Vec<u8>,
    /// The number of the next transaction.
    next: format::Sequence,
    /// Where the next block goes.
    head: u32,
    /// Blocks from the tail to the head.
    used: u32,
}

impl Log {
    /// Opens an empty log.
    pub(crate) fn open<D: Device>(device: &mut D, area: Area, block_size: usize) -> Result<Self, Error> {
        let mut bytes = zeroed(block_size)?;
        device.read(area.at(0)?, &mut bytes)?;
        let superblock = Superblock::read(&bytes, area.length())?;
        if superblock.start != 0 {
            return Err(Error::Unrecovered);
        }
        Ok(Self { area, superblock, bytes, next: superblock.sequence, head: superblock.first, used: 0 })
    }

    /// How many blocks one transaction may have: so many that a commit always finds room after a checkpoint.
    pub(crate) const fn most_blocks(&self) -> usize {
        (self.superblock.ring() / 4) as usize
    }

    /// How many blocks a transaction takes in the log.
    pub(crate) const fn space(&self, blocks: usize, revokes: usize) -> usize {
        let size = self.bytes.len();
        blocks
            + blocks.div_ceil(format::tags_per_block(size))
            + revokes.div_ceil(format::revokes_per_block(size))
            + 1
    }

    /// How many blocks are unused in an empty log.
    pub(crate) const fn ring_room(&self) -> usize {
        self.superblock.ring().saturating_sub(1) as usize
    }

    /// How many blocks are unused.
    pub(crate) const fn room(&self) -> usize {
        // One stays unused, so that the head never meets the tail.
        (self.superblock.ring() - self.used).saturating_sub(1) as usize
    }

    fn append<D: Device>(&mut self, device: &mut D, block: &[u8]) -> Result<(), Error> {
        device.write(self.area.at(self.head)?, block)?;
        self.head = self.superblock.after(self.head);
        self.used += 1;
        Ok(())
    }

    fn write_superblock<D: Device>(&mut self, device: &mut D) -> Result<(), Error> {
        self.superblock.write(&mut self.bytes);
        Ok(device.write(self.area.at(0)?, &self.bytes)?)
    }

    /// Writes a transaction: `images` without those that are revoked. It is durable when this returns.
    pub(crate) fn commit<D: Device>(
        &mut self,
        device: &mut D,
        images: &Table,
        revoked: &[Block],
    ) -> Result<(), Error> {
        let size = self.bytes.len();
        let mut block = zeroed(size)?;
        if self.superblock.start == 0 {
            self.superblock.start = self.head;
            self.superblock.sequence = self.next;
            self.superblock.revokes |= !revoked.is_empty();
            self.write_superblock(device)?;
        } else if !revoked.is_empty() && !self.superblock.revokes {
            self.superblock.revokes = true;
            self.write_superblock(device)?;
        }
        for part in revoked.chunks(format::revokes_per_block(size)) {
            block.fill(0);
            format::put_header(&mut block, Kind::Revoke, self.next);
            let mut at = format::REVOKE_HEADER;
            for revoked in part {
                format::put_number(&mut block, at, revoked.0);
                at += 4;
            }
            format::put_number(&mut block, format::HEADER, u32::try_from(at).unwrap_or(u32::MAX));
            self.append(device, &block)?;
        }
        self.images(device, images, revoked, &mut block)?;
        // What the commit block vouches for is on the disk before it.
        device.flush()?;
        block.fill(0);
        format::put_header(&mut block, Kind::Commit, self.next);
        self.append(device, &block)?;
        device.flush()?;
        self.next = self.next.next();
        Ok(())
    }

    /// Writes descriptors and images.
    fn images<D: Device>(
        &mut self,
        device: &mut D,
        images: &Table,
        revoked: &[Block],
        block: &mut [u8],
    ) -> Result<(), Error> {
        let kept = || images.iter().filter(|(home, _)| revoked.binary_search(home).is_err());
        let count = kept().count();
        let per_block = format::tags_per_block(self.bytes.len());
        let mut first = 0;
        while first < count {
            let part = per_block.min(count - first);
            block.fill(0);
            format::put_header(block, Kind::Descriptor, self.next);
            for (index, (home, image)) in kept().skip(first).take(part).enumerate() {
                let escaped = format::number(image, 0) == format::MAGIC;
                format::put_tag(block, index, home, escaped, index + 1 == part, self.superblock.uuid);
            }
            self.append(device, block)?;
            for (_, image) in kept().skip(first).take(part) {
                if format::number(image, 0) == format::MAGIC {
                    block.copy_from_slice(image);
                    format::put_number(block, 0, 0);
                    self.append(device, block)?;
                } else {
                    self.append(device, image)?;
                }
            }
            first += part;
        }
        Ok(())
    }

    /// Says that the log is empty. What it had is home, and durable there.
    pub(crate) fn empty<D: Device>(&mut self, device: &mut D) -> Result<(), Error> {
        self.superblock.start = 0;
        self.superblock.sequence = self.next;
        self.write_superblock(device)?;
        // Before the ring is written again: a recovery that starts at the old tail would read new blocks there.
        device.flush()?;
        self.used = 0;
        Ok(())
    }
}
