//! A disk in memory, that records what is written and flushed, and can fail.

use ext2::{Access, Error, Filesystem, Operations};
use journal::{Block, Device, Failed};

/// What was done to a disk.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A block was written.
    Write(u32, Vec<u8>),
    /// What was written before is durable.
    Flush,
}

/// A disk of an image's bytes.
#[derive(Clone)]
pub(crate) struct Disk {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// Bytes of a block.
    pub(crate) size: usize,
    /// What was done, when that is recorded.
    pub(crate) record: Option<Vec<Event>>,
    /// Reads and writes outside of it.
    pub(crate) outside: usize,
    /// Operations before it fails.
    pub(crate) lives: Option<usize>,
}

impl Disk {
    /// An image's disk; the superblock says how large blocks are.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let scale = bytes.get(1048).map_or(0, |scale| scale % 3);
        Self { bytes, size: 1024 << scale, record: None, outside: 0, lives: None }
    }

    /// Mounts it.
    pub(crate) fn mount(&mut self, access: Access) -> Result<Filesystem, Error> {
        let size = u32::try_from(self.size).expect("4096 at most");
        Filesystem::mount(self, size, access, NOW)
    }

    /// Mounts it, works, unmounts it.
    pub(crate) fn with<R>(&mut self, work: impl FnOnce(&mut Operations<'_, Self>) -> R) -> R {
        let mut filesystem = self.mount(Access::ReadWrite).expect("mounted");
        assert_eq!(filesystem.access(), Access::ReadWrite);
        let result = work(&mut filesystem.over(self));
        filesystem.unmount(self, NOW).expect("unmounted");
        result
    }

    fn live(&mut self) -> Result<(), Failed> {
        match &mut self.lives {
            Some(0) => Err(Failed),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn place(&mut self, block: Block) -> Result<std::ops::Range<usize>, Failed> {
        let start = block.0 as usize * self.size;
        if start + self.size > self.bytes.len() {
            self.outside += 1;
            return Err(Failed);
        }
        Ok(start..start + self.size)
    }
}

/// The time of all tests: in 2024.
pub(crate) const NOW: u32 = 1_720_000_000;

impl Device for Disk {
    fn blocks(&self) -> u32 {
        u32::try_from(self.bytes.len() / self.size).expect("a small disk")
    }

    fn read(&mut self, block: Block, into: &mut [u8]) -> Result<(), Failed> {
        self.live()?;
        let place = self.place(block)?;
        into.copy_from_slice(&self.bytes[place]);
        Ok(())
    }

    fn write(&mut self, block: Block, from: &[u8]) -> Result<(), Failed> {
        self.live()?;
        let place = self.place(block)?;
        self.bytes[place].copy_from_slice(from);
        if let Some(record) = &mut self.record {
            record.push(Event::Write(block.0, from.to_vec()));
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failed> {
        self.live()?;
        if let Some(record) = &mut self.record {
            record.push(Event::Flush);
        }
        Ok(())
    }
}
