//! Where a log's blocks are on the disk.

use alloc::vec::Vec;

use crate::device::{Block, Error};

/// The blocks of a log, in its order: of a filesystem's journal inode, or of a device.
#[derive(Debug, Default)]
pub struct Area {
    blocks: Vec<Block>,
}

impl Area {
    /// An area of no blocks.
    #[must_use]
    pub const fn new() -> Self {
        Self { blocks: Vec::new() }
    }

    /// Adds the next block.
    ///
    /// # Errors
    ///
    /// If there is no memory.
    pub fn push(&mut self, block: Block) -> Result<(), Error> {
        self.blocks.try_reserve(1)?;
        self.blocks.push(block);
        Ok(())
    }

    /// How many blocks there are.
    #[must_use]
    pub fn length(&self) -> u32 {
        u32::try_from(self.blocks.len()).unwrap_or(u32::MAX)
    }

    /// Where the log's block `number` is.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn at(&self, number: u32) -> Result<Block, Error> {
        self.blocks.get(number as usize).copied().ok_or(Error::Malformed("the log is shorter than it says"))
    }
}
