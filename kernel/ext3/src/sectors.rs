//! A filesystem's blocks as sectors of its disk, by way of the cache, with what the caller holds.

use base::sched::Mutex;
use block::{BlockDevice, SECTOR, VirtioDisk};
use journal::{Block, Device, Failed};
use lockorder::{Held, Task, hierarchy};

use crate::buffers::{Buffers, Cache};

hierarchy! {
    /// The journal of a filesystem on a disk, over one operation.
    pub class JournalHandle in base::levels::Filesystem = 3;
}

/// A disk, for as long as an operation holds its filesystem's journal.
pub(crate) struct Sectors<'a, 'h> {
    pub(crate) disk: VirtioDisk,
    pub(crate) block_size: u32,
    pub(crate) buffers: &'a Mutex<Buffers, Cache>,
    pub(crate) held: &'a mut Held<'h, JournalHandle, Task>,
}

impl Sectors<'_, '_> {
    /// The first sector of a block.
    fn first(&self, block: Block) -> Result<u64, Failed> {
        if block.0 >= self.blocks() {
            return Err(Failed);
        }
        Ok(u64::from(block.0) * (u64::from(self.block_size) / SECTOR as u64))
    }
}

impl Device for Sectors<'_, '_> {
    fn blocks(&self) -> u32 {
        let count = self.disk.sectors() / (u64::from(self.block_size) / SECTOR as u64);
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    fn read(&mut self, block: Block, into: &mut [u8]) -> Result<(), Failed> {
        let first = self.first(block)?;
        if self.held.with(self.buffers, |cache, _| cache.read(block, into)) {
            return Ok(());
        }
        self.disk.read(self.held, first, into).map_err(|_| Failed)?;
        self.held.with(self.buffers, |cache, _| cache.keep(block, into));
        Ok(())
    }

    fn write(&mut self, block: Block, from: &[u8]) -> Result<(), Failed> {
        let first = self.first(block)?;
        if self.disk.write(self.held, first, from).is_err() {
            self.held.with(self.buffers, |cache, _| cache.forget(block));
            return Err(Failed);
        }
        self.held.with(self.buffers, |cache, _| cache.keep(block, from));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failed> {
        self.disk.flush(self.held).map_err(|_| Failed)
    }
}
