//! From a block of a file to a block of the disk: twelve pointers in the inode, and trees of one, two and three levels behind them.

use journal::{Block, Blocks, Device, Handle};

use crate::error::Error;
use crate::fields::{put_u32, u32_at};
use crate::inode::{Inode, Number};
use crate::volume::Volume;

/// Pointers to blocks of data in an inode.
pub(crate) const DIRECT: u32 = 12;

/// The way to a block of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// Which of the inode's pointers.
    pub(crate) root: usize,
    /// Which pointer of each block of pointers behind it.
    pub(crate) steps: [u32; 3],
    /// How many of those there are.
    pub(crate) depth: usize,
}

impl Volume {
    /// Pointers of a block.
    pub(crate) const fn pointers_per_block(&self) -> u32 {
        self.block_size() / 4
    }

    /// How many blocks a file may have.
    pub(crate) const fn most_file_blocks(&self) -> u64 {
        let fan = self.pointers_per_block() as u64;
        let tree = DIRECT as u64 + fan + fan * fan + fan * fan * fan;
        // Its units of 512 bytes are counted in 32 bits, those of its pointers too.
        let counted = (u32::MAX as u64 / (self.block_size() as u64 / 512)) / 256 * 255;
        if tree < counted { tree } else { counted }
    }

    /// The largest file, in bytes.
    #[must_use]
    pub const fn largest_file(&self) -> u64 {
        self.most_file_blocks() * self.block_size() as u64
    }

    /// The way to a file's block `index`.
    pub(crate) fn way(&self, index: u32) -> Result<Way, Error> {
        if u64::from(index) >= self.most_file_blocks() {
            return Err(Error::TooLarge);
        }
        if index < DIRECT {
            return Ok(Way { root: index as usize, steps: [0; 3], depth: 0 });
        }
        let fan = self.pointers_per_block();
        let mut rest = u64::from(index - DIRECT);
        let mut span = u64::from(fan);
        for depth in 1..=3 {
            if rest < span {
                let mut steps = [0; 3];
                for step in steps[..depth].iter_mut().rev() {
                    *step = u32::try_from(rest % u64::from(fan)).map_err(|_| Error::TooLarge)?;
                    rest /= u64::from(fan);
                }
                return Ok(Way { root: DIRECT as usize + depth - 1, steps, depth });
            }
            rest -= span;
            span *= u64::from(fan);
        }
        Err(Error::TooLarge)
    }

    /// The block of the disk that has a file's block `index`; `None` in a hole.
    pub(crate) fn map<B: Blocks>(
        &self,
        blocks: &mut B,
        inode: &Inode,
        index: u32,
    ) -> Result<Option<Block>, Error> {
        let way = self.way(index)?;
        let mut pointer = inode.pointers[way.root];
        for step in &way.steps[..way.depth] {
            if pointer == 0 {
                return Ok(None);
            }
            pointer = blocks.read(self.block(pointer)?, |bytes| u32_at(bytes, *step as usize * 4))?;
        }
        if pointer == 0 { Ok(None) } else { self.block(pointer).map(Some) }
    }

    /// The same, where a hole is filled; says whether it was one. The inode is changed, and not written. A block that fills a hole
    /// has undefined content.
    pub(crate) fn map_or_fill<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
        inode: &mut Inode,
        index: u32,
    ) -> Result<(Block, bool), Error> {
        let way = self.way(index)?;
        let mut goal = self.goal(number, inode, way.root);
        let mut filled = inode.pointers[way.root] == 0;
        let mut current = if filled {
            let block = self.allocate_block(handle, goal)?;
            inode.add_blocks(1, self.block_size())?;
            inode.pointers[way.root] = block.0;
            block
        } else {
            self.block(inode.pointers[way.root])?
        };
        for step in &way.steps[..way.depth] {
            if filled {
                handle.fresh(current, |_| ())?;
            }
            let at = *step as usize * 4;
            let (next, before) = handle.read(current, |bytes| {
                (u32_at(bytes, at), if at == 0 { 0 } else { u32_at(bytes, at - 4) })
            })?;
            filled = next == 0;
            if filled {
                goal = Block(if before == 0 { current.0 } else { before }.saturating_add(1));
                let block = self.allocate_block(handle, goal)?;
                inode.add_blocks(1, self.block_size())?;
                handle.change(current, |bytes| put_u32(bytes, at, block.0))?;
                current = block;
            } else {
                current = self.block(next)?;
            }
        }
        Ok((current, filled))
    }

    /// Where a new block of a file is best: behind the one before it, else in the group of its inode.
    fn goal(&self, number: Number, inode: &Inode, root: usize) -> Block {
        let before = inode.pointers[..root].iter().rev().find(|pointer| **pointer != 0);
        before.map_or_else(
            || Block(self.extent((number.0 - 1) / self.superblock.inodes_per_group).0),
            |before| Block(before.saturating_add(1)),
        )
    }
}
