//! Blocks of a file are freed from its end, in steps that each fit a change of the journal.
//!
//! A step goes to the last blocks that the file has, frees some of them, and frees a block of pointers when it has none left. What it
//! touches beyond the file is bounded: a step frees blocks of a few groups only, and ends at the next one's.

use journal::{Block, Blocks, Device, Handle};

use crate::error::Error;
use crate::fields::{put_u32, u32_at};
use crate::inode::{Inode, POINTERS};
use crate::mapping::DIRECT;
use crate::volume::Volume;

/// Groups that a step frees blocks of.
const GROUPS: usize = 6;
/// Blocks that a step frees.
const BLOCKS: usize = 128;
/// Blocks of pointers among them.
const NODES: usize = 8;

/// What a step may still do.
struct Budget {
    groups: [Option<u32>; GROUPS],
    blocks: usize,
    nodes: usize,
    /// How many blocks were freed.
    freed: u32,
}

impl Budget {
    /// Whether one more block, of `group`, may be freed; `node` says whether it is one of pointers.
    fn admits(&mut self, group: u32, node: bool) -> bool {
        if self.blocks == 0 || (node && self.nodes == 0) {
            return false;
        }
        let slot = self.groups.iter_mut().find(|slot| slot.is_none_or(|known| known == group));
        let Some(slot) = slot else { return false };
        *slot = Some(group);
        self.blocks -= 1;
        self.nodes -= usize::from(node);
        self.freed += 1;
        true
    }
}

/// How a part of the tree is left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// It has blocks that stay.
    Kept,
    /// It has none.
    Empty,
    /// The step is over.
    More,
}

impl Volume {
    /// Frees blocks of `inode` from its block `keep` on; says whether all are freed. The inode is changed, and not written.
    pub(crate) fn truncate_step<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        inode: &mut Inode,
        keep: u64,
    ) -> Result<bool, Error> {
        let mut budget = Budget { groups: [None; GROUPS], blocks: BLOCKS, nodes: NODES, freed: 0 };
        let data = !inode.is_directory();
        let done = self.prune_inode(handle, inode, keep, data, &mut budget);
        inode.remove_blocks(budget.freed, self.block_size())?;
        done
    }

    fn prune_inode<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        inode: &mut Inode,
        keep: u64,
        data: bool,
        budget: &mut Budget,
    ) -> Result<bool, Error> {
        let fan = u64::from(self.pointers_per_block());
        let mut starts = [0; POINTERS];
        for (root, start) in starts.iter_mut().enumerate() {
            let direct = u64::from(DIRECT);
            *start = match root {
                12 => direct,
                13 => direct + fan,
                14 => direct + fan + fan * fan,
                _ => root as u64,
            };
        }
        for (root, start) in starts.into_iter().enumerate().rev() {
            let pointer = inode.pointers[root];
            let levels = root.saturating_sub(DIRECT as usize - 1);
            if pointer == 0 || (levels == 0 && start < keep) {
                continue;
            }
            let left =
                self.prune(handle, self.block(pointer)?, levels, keep.saturating_sub(start), data, budget)?;
            match left {
                Left::Empty => inode.pointers[root] = 0,
                Left::Kept => {}
                Left::More => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Frees what a tree of `levels` levels maps from its block `keep` on, and the tree itself when nothing is left.
    fn prune<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        block: Block,
        levels: usize,
        keep: u64,
        data: bool,
        budget: &mut Budget,
    ) -> Result<Left, Error> {
        if levels > 0 {
            let span = (1..levels).fold(1, |span, _| span * u64::from(self.pointers_per_block()));
            let mut kept = false;
            let mut end = self.pointers_per_block();
            loop {
                let last = handle.read(block, |bytes| {
                    let pointers = (0..end).rev().map(|index| (index, u32_at(bytes, index as usize * 4)));
                    pointers.into_iter().find(|(_, pointer)| *pointer != 0)
                })?;
                let Some((index, pointer)) = last else { break };
                end = index;
                let start = u64::from(index) * span;
                let at = index as usize * 4;
                if start + span <= keep {
                    kept = true;
                    break;
                }
                let below = self.block(pointer)?;
                match self.prune(handle, below, levels - 1, keep.saturating_sub(start), data, budget)? {
                    Left::Empty => handle.change(block, |bytes| put_u32(bytes, at, 0))?,
                    Left::Kept => {
                        kept = true;
                        break;
                    }
                    Left::More => return Ok(Left::More),
                }
            }
            if kept {
                return Ok(Left::Kept);
            }
        }
        if !budget.admits(self.group_of(block).0, levels > 0) {
            return Ok(Left::More);
        }
        if levels == 0 && data {
            self.free_data(handle, block)?;
        } else {
            self.free_metadata(handle, block)?;
        }
        Ok(Left::Empty)
    }
}
