//! Images of blocks in memory, sorted by number, allocated fallibly.

use alloc::vec::Vec;

use crate::device::{Block, Error, zeroed};

/// Images by their block.
#[derive(Debug, Default)]
pub(crate) struct Table {
    entries: Vec<(Block, Vec<u8>)>,
}

impl Table {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    fn find(&self, block: Block) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&block, |(block, _)| *block)
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// The image of `block`.
    pub(crate) fn get(&self, block: Block) -> Option<&[u8]> {
        self.find(block).ok().map(|at| &*self.entries[at].1)
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, block: Block) -> Option<&mut Vec<u8>> {
        self.find(block).ok().map(|at| &mut self.entries[at].1)
    }

    /// Makes `image` the one of `block`; gives the one that was.
    pub(crate) fn insert(&mut self, block: Block, image: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        match self.find(block) {
            Ok(at) => Ok(Some(core::mem::replace(&mut self.entries[at].1, image))),
            Err(at) => {
                self.entries.try_reserve(1)?;
                self.entries.insert(at, (block, image));
                Ok(None)
            }
        }
    }

    /// Copies `bytes` to the image of `block`.
    pub(crate) fn write(&mut self, block: Block, bytes: &[u8]) -> Result<(), Error> {
        let mut image = zeroed(bytes.len())?;
        image.copy_from_slice(bytes);
        self.insert(block, image).map(drop)
    }

    /// Takes the image of `block` out.
    pub(crate) fn remove(&mut self, block: Block) -> Option<Vec<u8>> {
        self.find(block).ok().map(|at| self.entries.remove(at).1)
    }

    /// All of them, in the order of their blocks.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Block, &[u8])> {
        self.entries.iter().map(|(block, image)| (*block, &**image))
    }

    /// Room for `more`.
    pub(crate) fn reserve(&mut self, more: usize) -> Result<(), Error> {
        Ok(self.entries.try_reserve(more)?)
    }

    /// Removes all; gives them.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (Block, Vec<u8>)> {
        self.entries.drain(..)
    }

    /// All of them, taken.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (Block, Vec<u8>)> {
        self.entries.into_iter()
    }

    /// Removes all.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}
