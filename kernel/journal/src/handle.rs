//! One change: blocks are changed under it, all or none.
//!
//! The first time that a handle changes a block, it keeps the image from before. [`Handle::cancel`] puts those back: an
//! operation that finds the disk full in its middle has changed nothing. Dropping a handle ends it and keeps what it changed.

use alloc::vec::Vec;

use crate::device::{Block, Blocks, Device, Error, zeroed};
use crate::table::Table;
use crate::transactions::Journal;

/// A change that is being made; made by [`Journal::begin`].
#[derive(Debug)]
pub struct Handle<'a, D> {
    journal: &'a mut Journal,
    device: &'a mut D,
    /// Blocks that it may still add to the transaction.
    credits: usize,
    /// Images from before the change, of blocks that the transaction had.
    before: Table,
    /// Blocks that the transaction had not.
    added: Vec<Block>,
    /// How many revokes there were.
    revoked: usize,
    /// What it freed.
    freed: Vec<Block>,
}

impl Journal {
    /// Begins a change of at most `credits` blocks. If the running transaction has no room for them, it is committed first.
    ///
    /// # Errors
    ///
    /// [`Error::Credits`] if no transaction has so much room; otherwise if that commit fails or the journal has stopped.
    pub fn begin<'a, D: Device>(
        &'a mut self,
        device: &'a mut D,
        credits: usize,
    ) -> Result<Handle<'a, D>, Error> {
        self.make_room(device, credits)?;
        Ok(Handle::new(self, device, credits))
    }
}

impl<'a, D: Device> Handle<'a, D> {
    fn new(journal: &'a mut Journal, device: &'a mut D, credits: usize) -> Self {
        let revoked = journal.running.revoked.len();
        Self { journal, device, credits, before: Table::new(), added: Vec::new(), revoked, freed: Vec::new() }
    }

    /// Bytes of a block.
    #[must_use]
    pub const fn block_size(&self) -> usize {
        self.journal.block_size()
    }

    /// Changes a block of metadata.
    ///
    /// # Errors
    ///
    /// If it cannot be read, there is no memory, the handle has no credit for it, or it is free.
    pub fn change<R>(&mut self, block: Block, with: impl FnOnce(&mut [u8]) -> R) -> Result<R, Error> {
        if !self.reusable(block) {
            return Err(Error::Malformed("a block is used and freed at once"));
        }
        let running = &self.journal.running.blocks;
        if let Some(image) = running.get(block) {
            if self.before.get(block).is_none() && !self.added.contains(&block) {
                self.before.write(block, image)?;
            }
        } else {
            let image = self.journal.copy(self.device, block)?;
            self.add(block, image)?;
        }
        self.changed(block, with)
    }

    /// Makes a block that was free one of metadata, all zeros, and changes it.
    ///
    /// # Errors
    ///
    /// As [`Handle::change`].
    pub fn fresh<R>(&mut self, block: Block, with: impl FnOnce(&mut [u8]) -> R) -> Result<R, Error> {
        if self.journal.running.blocks.get(block).is_none() {
            let zeros = zeroed(self.block_size())?;
            self.add(block, zeros)?;
        }
        self.change(block, |bytes| {
            bytes.fill(0);
            with(bytes)
        })
    }

    /// Adds a block to the transaction, for a credit.
    fn add(&mut self, block: Block, image: Vec<u8>) -> Result<(), Error> {
        self.credits = self.credits.checked_sub(1).ok_or(Error::Credits)?;
        self.added.try_reserve(1)?;
        self.journal.running.blocks.insert(block, image)?;
        self.added.push(block);
        Ok(())
    }

    fn changed<R>(&mut self, block: Block, with: impl FnOnce(&mut [u8]) -> R) -> Result<R, Error> {
        self.journal.running.blocks.get_mut(block).map(|image| with(image)).ok_or(Error::Credits)
    }

    /// Writes a block of a file. It goes home before the change is committed, and is not logged.
    ///
    /// # Errors
    ///
    /// If there is no memory.
    pub fn write_data(&mut self, block: Block, bytes: &[u8]) -> Result<(), Error> {
        self.journal.running.data.write(block, bytes)
    }

    /// A block of metadata is free now: no earlier image of it is replayed.
    ///
    /// # Errors
    ///
    /// If there is no memory, or no room for the revoke.
    pub fn free_metadata(&mut self, block: Block) -> Result<(), Error> {
        if !self.journal.has_room(self.credits) {
            return Err(Error::Credits);
        }
        self.free_data(block)?;
        self.journal.running.revoked.try_reserve(1)?;
        self.journal.running.revoked.push(block);
        Ok(())
    }

    /// A block of a file is free now.
    ///
    /// # Errors
    ///
    /// If there is no memory, or it was free.
    pub fn free_data(&mut self, block: Block) -> Result<(), Error> {
        let Err(at) = self.journal.running.freed.binary_search(&block) else {
            return Err(Error::Malformed("a block is freed twice"));
        };
        self.freed.try_reserve(1)?;
        self.journal.running.freed.try_reserve(1)?;
        self.journal.running.freed.insert(at, block);
        self.freed.push(block);
        Ok(())
    }

    /// Whether a block that is free may be used: not before its release is committed.
    #[must_use]
    pub fn reusable(&self, block: Block) -> bool {
        self.journal.running.freed.binary_search(&block).is_err()
    }

    /// Whether there are blocks that become usable with the next commit.
    #[must_use]
    pub const fn would_gain_by_commit(&self) -> bool {
        !self.journal.running.freed.is_empty()
    }

    /// Undoes what was changed under this handle. Data that was written stays written.
    pub fn cancel(self) {
        let running = &mut self.journal.running;
        for block in &self.added {
            running.blocks.remove(*block);
        }
        for (block, image) in self.before.into_entries() {
            if let Some(now) = running.blocks.get_mut(block) {
                *now = image;
            }
        }
        running.revoked.truncate(self.revoked);
        running.freed.retain(|block| !self.freed.contains(block));
    }
}

impl<D: Device> Blocks for Handle<'_, D> {
    fn read<R>(&mut self, block: Block, with: impl FnOnce(&[u8]) -> R) -> Result<R, Error> {
        self.journal.show(self.device, block, with)
    }
}
