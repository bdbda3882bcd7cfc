//! Blocks of a disk in memory, as the disk has them: what is read again need not be waited for.
//!
//! What is written goes to the disk at once and is kept here, so the cache is never behind and nothing is lost with it. It is
//! bounded from the start: a block has a few places by its number, of which the clock algorithm (Corbató, "A paging experiment with
//! the Multics system", 1968) takes one that was not used since it last came by.

use alloc::vec::Vec;

use journal::Block;
use lockorder::hierarchy;

hierarchy! {
    /// Blocks of a disk in memory.
    pub class Buffers in base::levels::Filesystem = 16;
}

/// Places that a block may be in.
const WAYS: usize = 4;
/// Blocks that are kept at most.
const MOST: u64 = 2048;
/// The part of memory that is used at most.
const SHARE: u64 = 32;

/// A block in memory.
#[derive(Debug)]
struct Buffer {
    block: Block,
    bytes: Vec<u8>,
    /// Whether it was used since the clock came by.
    used: bool,
}

/// The places of blocks whose numbers have the same rest.
#[derive(Debug, Default)]
struct Set {
    ways: [Option<Buffer>; WAYS],
    hand: usize,
}

/// Blocks in memory.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    sets: Vec<Set>,
}

impl Cache {
    /// A cache with nothing in it, as large as memory allows; without memory one that keeps nothing.
    pub(crate) fn new(available_frames: u64) -> Self {
        let blocks = usize::try_from((available_frames / SHARE).min(MOST)).unwrap_or(0);
        let mut sets = Vec::new();
        if sets.try_reserve_exact(blocks / WAYS).is_ok() {
            sets.resize_with(blocks / WAYS, Set::default);
        }
        Self { sets }
    }

    fn set(&mut self, block: Block) -> Option<&mut Set> {
        let count = self.sets.len();
        (block.0 as usize).checked_rem(count).map(|at| &mut self.sets[at])
    }

    /// Copies a block; says whether it is here.
    pub(crate) fn read(&mut self, block: Block, into: &mut [u8]) -> bool {
        let Some(set) = self.set(block) else { return false };
        let Some(buffer) = set.ways.iter_mut().flatten().find(|buffer| buffer.block == block) else {
            return false;
        };
        buffer.used = true;
        into.copy_from_slice(&buffer.bytes);
        true
    }

    /// Keeps a block, if there is memory.
    pub(crate) fn keep(&mut self, block: Block, bytes: &[u8]) {
        let Some(set) = self.set(block) else { return };
        if let Some(buffer) = set.ways.iter_mut().flatten().find(|buffer| buffer.block == block) {
            buffer.bytes.copy_from_slice(bytes);
            buffer.used = true;
            return;
        }
        // Twice round: the first time may only clear marks.
        for _ in 0..2 * WAYS {
            set.hand = (set.hand + 1) % WAYS;
            match &mut set.ways[set.hand] {
                Some(buffer) if buffer.used => buffer.used = false,
                Some(buffer) => {
                    buffer.bytes.copy_from_slice(bytes);
                    (buffer.block, buffer.used) = (block, true);
                    return;
                }
                empty => {
                    let mut copy = Vec::new();
                    if copy.try_reserve_exact(bytes.len()).is_ok() {
                        copy.extend_from_slice(bytes);
                        *empty = Some(Buffer { block, bytes: copy, used: true });
                    }
                    return;
                }
            }
        }
    }

    /// Forgets a block, whose state on the disk is unknown.
    pub(crate) fn forget(&mut self, block: Block) {
        let Some(set) = self.set(block) else { return };
        for way in &mut set.ways {
            way.take_if(|buffer| buffer.block == block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Cache};

    #[test]
    fn what_is_kept_is_read_until_others_come() {
        let mut cache = Cache::new(32 * 16);
        let mut bytes = [0; 4];
        assert!(!cache.read(Block(3), &mut bytes));
        cache.keep(Block(3), &[1, 2, 3, 4]);
        cache.keep(Block(3), &[5, 6, 7, 8]);
        assert!(cache.read(Block(3), &mut bytes));
        assert_eq!(bytes, [5, 6, 7, 8]);
        for number in 0..100 {
            cache.keep(Block(number * 4 + 3), &[9; 4]);
        }
        assert!(!cache.read(Block(3), &mut bytes));
        cache.forget(Block(399));
        assert!(!cache.read(Block(399), &mut bytes));
    }

    #[test]
    fn without_memory_nothing_is_kept() {
        let mut cache = Cache::new(0);
        cache.keep(Block(1), &[1; 4]);
        assert!(!cache.read(Block(1), &mut [0; 4]));
    }
}
