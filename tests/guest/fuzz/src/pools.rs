//! What calls have given, for later calls to draw from: open files, processes, memory.
//!
//! A pool holds the last few of a kind. That one of them is closed, has ended or is unmapped is no reason to forget it.

use crate::random::Random;

/// How many a pool holds.
const MOST: usize = 16;

/// The last few values of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    values: [u64; MOST],
    added: usize,
}

impl Pool {
    /// Nothing yet.
    pub(crate) const fn new() -> Self {
        Self { values: [0; MOST], added: 0 }
    }

    /// Adds a value, in place of one of those before it.
    pub(crate) fn add(&mut self, value: u64) {
        if let Some(place) = self.values.get_mut(self.added % MOST) {
            *place = value;
        }
        self.added = self.added.wrapping_add(1);
    }

    /// One of them; none of none.
    pub(crate) fn draw(&self, random: &mut Random) -> Option<u64> {
        let known = self.values.get(..self.added.min(MOST)).unwrap_or(&self.values);
        random.of(known).copied()
    }
}

/// The pools of one process or thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pools {
    /// Open files.
    pub descriptors: Pool,
    /// Its children, and their children.
    pub processes: Pool,
    /// Addresses that `mmap` gave.
    pub mappings: Pool,
}

impl Pools {
    /// Nothing but these open files.
    pub(crate) fn new(descriptors: &[i32]) -> Self {
        let mut pools = Self { descriptors: Pool::new(), processes: Pool::new(), mappings: Pool::new() };
        for &descriptor in descriptors {
            pools.descriptors.add(i64::from(descriptor).cast_unsigned());
        }
        pools
    }
}
