//! The running transaction, what is committed and not yet home, and how one becomes the other.
//!
//! A block is read from the first of these that has it: the running transaction's metadata, its data, what is committed, the disk.

use alloc::vec::Vec;

use crate::area::Area;
use crate::device::{Block, Blocks, Device, Error, zeroed};
use crate::log::Log;
use crate::table::Table;

/// How many blocks of data wait for a commit at most: the bound of memory that writers of files take.
const MOST_DATA: usize = 512;
/// How many blocks a transaction has at most where there is no log.
const MOST_BLOCKS: usize = 1024;

/// Blocks that are not free to be used again before a commit: more are not gathered.
const MOST_FREED: usize = 16 * 1024;

/// What changes together.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    /// Changed metadata.
    pub(crate) blocks: Table,
    /// Data of files, which go home before the commit.
    pub(crate) data: Table,
    /// Metadata blocks that are freed, unsorted.
    pub(crate) revoked: Vec<Block>,
    /// All blocks that are freed, sorted.
    pub(crate) freed: Vec<Block>,
}

/// The transactions of a filesystem.
///
/// Without a log ([`Journal::without_log`]) changes go home when they are committed, which a cut of the power can interrupt: ext2.
#[derive(Debug)]
pub struct Journal {
    log: Option<Log>,
    block_size: usize,
    pub(crate) running: Transaction,
    /// Metadata that is in the log and not home.
    committed: Table,
    /// Whether a write has failed: then nothing is changed any more.
    aborted: bool,
}

impl Journal {
    /// Opens a journal whose log is empty: [`recover`](crate::recover) empties it.
    ///
    /// # Errors
    ///
    /// If the log's superblock cannot be read, is damaged, has unknown features, or says that it is not empty.
    pub fn open<D: Device>(device: &mut D, area: Area, block_size: usize) -> Result<Self, Error> {
        let log = Log::open(device, area, block_size)?;
        Ok(Self { log: Some(log), ..Self::without_log(block_size) })
    }

    /// Transactions without a log.
    #[must_use]
    pub fn without_log(block_size: usize) -> Self {
        Self {
            log: None,
            block_size,
            running: Transaction::default(),
            committed: Table::new(),
            aborted: false,
        }
    }

    /// Bytes of a block.
    #[must_use]
    pub const fn block_size(&self) -> usize {
        self.block_size
    }

    /// Whether a failed write has stopped it.
    #[must_use]
    pub const fn is_aborted(&self) -> bool {
        self.aborted
    }

    /// Whether something waits for a commit.
    #[must_use]
    pub const fn has_changes(&self) -> bool {
        self.running.blocks.len() > 0 || self.running.data.len() > 0
    }

    /// Sees to it that a change of `credits` blocks has room: by a commit, where it has not.
    pub(crate) fn make_room<D: Device>(&mut self, device: &mut D, credits: usize) -> Result<(), Error> {
        self.living()?;
        let most = self.log.as_ref().map_or(MOST_BLOCKS, Log::most_blocks);
        if credits > most {
            return Err(Error::Credits);
        }
        let full = self.running.blocks.len() + credits > most
            || self.running.data.len() >= MOST_DATA
            || self.running.freed.len() >= MOST_FREED;
        if full { self.commit(device) } else { Ok(()) }
    }

    const fn living(&self) -> Result<(), Error> {
        if self.aborted { Err(Error::Aborted) } else { Ok(()) }
    }

    /// What is changed so far becomes durable, all or nothing. Where nothing has been changed, the disk is flushed.
    ///
    /// # Errors
    ///
    /// If the disk fails: then the journal has stopped.
    pub fn commit<D: Device>(&mut self, device: &mut D) -> Result<(), Error> {
        self.living()?;
        let done = self.try_commit(device);
        self.stop_after(done)
    }

    /// Commits, and brings everything home: the log is empty then.
    ///
    /// # Errors
    ///
    /// If the disk fails: then the journal has stopped.
    pub fn checkpoint<D: Device>(&mut self, device: &mut D) -> Result<(), Error> {
        self.commit(device)?;
        let done = self.bring_home(device);
        self.stop_after(done)
    }

    /// A write that fails stops the journal: what is on the disk is whole, and nothing is built on what may not be.
    fn stop_after(&mut self, done: Result<(), Error>) -> Result<(), Error> {
        self.aborted |= done.is_err();
        done
    }

    fn try_commit<D: Device>(&mut self, device: &mut D) -> Result<(), Error> {
        self.write_data(device)?;
        self.running.revoked.sort_unstable();
        self.running.revoked.dedup();
        let nothing = self.running.blocks.len() == 0 && self.running.revoked.is_empty();
        if nothing || self.log.is_none() {
            for (block, image) in self.running.blocks.iter() {
                device.write(block, image)?;
            }
            device.flush()?;
            self.forget_running();
            return Ok(());
        }
        self.committed.reserve(self.running.blocks.len())?;
        let (blocks, revokes) = (self.running.blocks.len(), self.running.revoked.len());
        if self.log.as_ref().is_some_and(|log| log.space(blocks, revokes) > log.room()) {
            self.bring_home(device)?;
        }
        if let Some(log) = &mut self.log {
            log.commit(device, &self.running.blocks, &self.running.revoked)?;
        }
        for (block, image) in self.running.blocks.drain() {
            self.committed.insert(block, image)?;
        }
        // What is freed for good does not go home over what the block is used for next.
        for block in &self.running.revoked {
            self.committed.remove(*block);
        }
        self.forget_running();
        Ok(())
    }

    /// Ordered mode: a file that has a block after a cut has its data, too.
    fn write_data<D: Device>(&self, device: &mut D) -> Result<(), Error> {
        for (block, data) in self.running.data.iter() {
            if self.running.freed.binary_search(&block).is_err() {
                device.write(block, data)?;
            }
        }
        Ok(())
    }

    fn forget_running(&mut self) {
        self.running.blocks.clear();
        self.running.data.clear();
        self.running.revoked.clear();
        self.running.freed.clear();
    }

    /// Writes home what is committed, and empties the log.
    fn bring_home<D: Device>(&mut self, device: &mut D) -> Result<(), Error> {
        let Some(log) = &mut self.log else { return Ok(()) };
        for (block, image) in self.committed.iter() {
            device.write(block, image)?;
        }
        device.flush()?;
        log.empty(device)?;
        self.committed.clear();
        Ok(())
    }

    /// Whether a revoke and `blocks` blocks more find room in the log.
    pub(crate) fn has_room(&self, blocks: usize) -> bool {
        self.log.as_ref().is_none_or(|log| {
            log.space(self.running.blocks.len() + blocks, self.running.revoked.len() + 1) <= log.ring_room()
        })
    }

    /// The image of a block that is not the disk's.
    fn image(&self, block: Block) -> Option<&[u8]> {
        let running = &self.running;
        running.blocks.get(block).or_else(|| running.data.get(block)).or_else(|| self.committed.get(block))
    }

    /// Shows a block as it is to be seen.
    pub(crate) fn show<D: Device, R>(
        &self,
        device: &mut D,
        block: Block,
        with: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, Error> {
        if let Some(image) = self.image(block) {
            return Ok(with(image));
        }
        Ok(with(&self.fetch(device, block)?))
    }

    /// A copy of a block as it is to be seen.
    pub(crate) fn copy<D: Device>(&self, device: &mut D, block: Block) -> Result<Vec<u8>, Error> {
        let Some(image) = self.image(block) else { return self.fetch(device, block) };
        let mut copy = zeroed(self.block_size)?;
        copy.copy_from_slice(image);
        Ok(copy)
    }

    /// A block from the disk.
    fn fetch<D: Device>(&self, device: &mut D, block: Block) -> Result<Vec<u8>, Error> {
        let mut bytes = zeroed(self.block_size)?;
        device.read(block, &mut bytes)?;
        Ok(bytes)
    }

    /// Blocks as they are to be seen, to be read only.
    pub const fn reading<'a, D: Device>(&'a self, device: &'a mut D) -> Reading<'a, D> {
        Reading { journal: self, device }
    }
}

/// Reads blocks as they are to be seen; made by [`Journal::reading`].
#[derive(Debug)]
pub struct Reading<'a, D> {
    journal: &'a Journal,
    device: &'a mut D,
}

impl<D: Device> Blocks for Reading<'_, D> {
    fn read<R>(&mut self, block: Block, with: impl FnOnce(&[u8]) -> R) -> Result<R, Error> {
        self.journal.show(self.device, block, with)
    }
}
