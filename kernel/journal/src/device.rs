//! What a journal stands on: a disk of blocks, and how it fails.

use alloc::vec::Vec;
use core::fmt;

/// The number of a block of a filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block(pub u32);

/// A disk did not do what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// A disk of blocks of one size, which the filesystem chose. Buffers are of that size.
///
/// A write is on the disk after the next [`flush`](Device::flush) that succeeds. Before, it may be there or not, whatever was
/// written earlier or later.
pub trait Device {
    /// How many blocks there are. No others are read or written.
    fn blocks(&self) -> u32;

    /// Reads a block.
    ///
    /// # Errors
    ///
    /// If the disk fails, or has no such block.
    fn read(&mut self, block: Block, into: &mut [u8]) -> Result<(), Failed>;

    /// Writes a block.
    ///
    /// # Errors
    ///
    /// If the disk fails, or has no such block.
    fn write(&mut self, block: Block, from: &[u8]) -> Result<(), Failed>;

    /// Makes what is written durable.
    ///
    /// # Errors
    ///
    /// If the disk fails.
    fn flush(&mut self) -> Result<(), Failed>;
}

impl<D: Device> Device for &mut D {
    fn blocks(&self) -> u32 {
        (**self).blocks()
    }

    fn read(&mut self, block: Block, into: &mut [u8]) -> Result<(), Failed> {
        (**self).read(block, into)
    }

    fn write(&mut self, block: Block, from: &[u8]) -> Result<(), Failed> {
        (**self).write(block, from)
    }

    fn flush(&mut self) -> Result<(), Failed> {
        (**self).flush()
    }
}

/// Blocks as they are to be seen, whether on the disk yet or not.
pub trait Blocks {
    /// Shows a block to `with`.
    ///
    /// # Errors
    ///
    /// If the disk fails, has no such block, or there is no memory.
    fn read<R>(&mut self, block: Block, with: impl FnOnce(&[u8]) -> R) -> Result<R, Error>;
}

/// Why a journal cannot do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The disk failed.
    Device,
    /// There is no memory.
    Memory,
    /// The journal has stopped after a failed write: nothing is changed any more.
    Aborted,
    /// A change touches more blocks than it has credits for, or than the log can hold.
    Credits,
    /// What the disk says about the journal cannot be.
    Malformed(&'static str),
    /// The journal has a feature that is not known here.
    Unsupported(&'static str),
    /// The log has to be recovered before it is used.
    Unrecovered,
}

impl From<Failed> for Error {
    fn from(_: Failed) -> Self {
        Self::Device
    }
}

impl From<alloc::collections::TryReserveError> for Error {
    fn from(_: alloc::collections::TryReserveError) -> Self {
        Self::Memory
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device => formatter.write_str("the disk failed"),
            Self::Memory => formatter.write_str("there is no memory for a block"),
            Self::Aborted => {
                formatter.write_str("the journal has stopped after a failed write: mount again, after e2fsck")
            }
            Self::Credits => {
                formatter.write_str("a change touches more blocks than the journal has room for")
            }
            Self::Malformed(what) => write!(formatter, "the journal is damaged ({what}): run e2fsck"),
            Self::Unsupported(what) => {
                write!(formatter, "the journal has the feature {what}, which is not supported")
            }
            Self::Unrecovered => {
                formatter.write_str("the journal has to be recovered first: mount read-write once")
            }
        }
    }
}

impl core::error::Error for Error {}

/// `size` zeros.
///
/// # Errors
///
/// If there is no memory.
pub fn zeroed(size: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size)?;
    bytes.resize(size, 0);
    Ok(bytes)
}
