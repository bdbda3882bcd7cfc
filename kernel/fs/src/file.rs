//! What is said of and to an open file: how it may wait, what it is ready for, where a write goes.
//!
//! Of a seekable file one reader or writer of a description has the position at a time: [`FilePosition`] is held over the whole
//! operation, and is the outermost class of the kernel, so that everything below may be acquired under it, user memory included.
//!
//! Readiness is read without a lock: who polls many files holds none of their locks, and none is acquired under another.

use bitflags::bitflags;
use lockorder::hierarchy;

hierarchy! {
    /// The position of one open file description: held over a whole read or write.
    pub class FilePosition in base::levels::Scheduler = 0;
}

bitflags! {
    /// What can be done with a file at once; the bits of `poll`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Readiness: u32 {
        /// Reading.
        const READ = 0x001;
        /// Something urgent.
        const PRIORITY = 0x002;
        /// Writing.
        const WRITE = 0x004;
        /// Something is wrong.
        const ERROR = 0x008;
        /// The other side has gone.
        const HANG_UP = 0x010;
        /// The descriptor is none.
        const INVALID = 0x020;
        /// The other side sends no more.
        const READ_HANG_UP = 0x2000;
    }
}

/// How an operation may wait.
#[derive(Clone, Copy)]
pub struct Waits<'a> {
    /// Not at all.
    pub nonblocking: bool,
    /// Whether the caller is to give up: a signal has come. Asked with nothing but a wait's own state held.
    pub interrupted: &'a dyn Fn() -> bool,
}

impl core::fmt::Debug for Waits<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Waits").field("nonblocking", &self.nonblocking).finish_non_exhaustive()
    }
}

/// Where a write goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteAt {
    /// To this position.
    Position(u64),
    /// To the end, wherever that is when the write begins.
    End,
}

/// What `lseek` looks for in a file that has holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// The next byte that was written.
    Data,
    /// The next byte that was not, or the end.
    Hole,
}
