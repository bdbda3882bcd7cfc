//! What an open file does.
//!
//! A file is one of two kinds, since what may be held while it is read differs. A **seekable** file has a position, which one
//! reader or writer of a description has at a time: [`FilePosition`] is held over the whole operation, and is the outermost
//! class of the kernel, so that everything below may be acquired under it, user memory included. A **stream** has none, and waits for
//! others: a pipe, a terminal. Nothing is held while it waits.
//!
//! Readiness is read without a lock: who polls many files holds none of their locks, and none is acquired under another.

use alloc::sync::Arc;

use abi::{Errno, Result};
use base::sched::waiting::Source;
use base::user::UserSlice;
use bitflags::bitflags;
use lockorder::{Held, Root, Task, hierarchy};
use memory::Backing;

use crate::inode::{Entry, Inode};

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

/// A file with a position.
pub trait SeekableFile: Send + Sync {
    /// What it is a file of.
    fn inode(&self) -> &Arc<dyn Inode>;

    /// Reads from a position; gives how many bytes, 0 at the end.
    ///
    /// # Errors
    ///
    /// [`Errno::EFAULT`] where nothing could be copied; [`Errno::EISDIR`].
    fn read(&self, held: &mut Held<'_, FilePosition, Task>, to: UserSlice, at: u64) -> Result<usize>;

    /// Reads from a position into the kernel's memory: programs, symbolic tables.
    ///
    /// # Errors
    ///
    /// [`Errno::EISDIR`].
    fn read_kernel(&self, held: &mut Held<'_, FilePosition, Task>, to: &mut [u8], at: u64) -> Result<usize>;

    /// Writes; gives how many bytes, and where the last one ends.
    ///
    /// # Errors
    ///
    /// [`Errno::EFAULT`] where nothing could be copied; [`Errno::EFBIG`]; [`Errno::ENOSPC`].
    fn write(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        from: UserSlice,
        at: WriteAt,
    ) -> Result<(usize, u64)>;

    /// Calls `each` for the entries after a position until it gives false; a directory's only.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTDIR`].
    fn entries(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        _after: u64,
        _each: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) -> Result<()> {
        Err(Errno::ENOTDIR)
    }

    /// Its pages, to be mapped; a reference, which is closed. None where it has none.
    fn backing(&self) -> Option<Arc<dyn Backing>> {
        None
    }
}

/// A file without a position, which waits for others.
pub trait StreamFile: Send + Sync {
    /// What it is a file of; none for what has no name.
    fn inode(&self) -> Option<&Arc<dyn Inode>> {
        None
    }

    /// Reads what there is, waiting for some; gives how many bytes, 0 when no more will come.
    ///
    /// # Errors
    ///
    /// [`Errno::EAGAIN`] where it may not wait; [`Errno::EINTR`]; [`Errno::EFAULT`].
    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize>;

    /// Writes, waiting for room.
    ///
    /// # Errors
    ///
    /// [`Errno::EPIPE`] when nobody will read; [`Errno::EAGAIN`]; [`Errno::EINTR`]; [`Errno::EFAULT`].
    fn write(&self, held: &mut Root<'_, Task>, from: UserSlice, waits: Waits<'_>) -> Result<usize>;

    /// Does what a device does.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTTY`] for what it does not know.
    fn ioctl(&self, _held: &mut Root<'_, Task>, _request: u32, _argument: u64) -> Result<usize> {
        Err(Errno::ENOTTY)
    }

    /// What can be done at once. Without a lock, so without a token.
    fn readiness(&self) -> Readiness;

    /// Calls `each` with what is woken when readiness changes. Without a lock.
    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source));

    /// Ends the use of it by one description.
    fn close(self: Arc<Self>, held: &mut Root<'_, Task>);

    /// Itself, for whoever knows what it is.
    fn as_any(&self) -> &dyn core::any::Any;
}

/// An open file.
#[derive(Clone)]
pub enum File {
    /// With a position.
    Seekable(Arc<dyn SeekableFile>),
    /// Without one.
    Stream(Arc<dyn StreamFile>),
}

impl core::fmt::Debug for File {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match self {
            Self::Seekable(_) => "Seekable",
            Self::Stream(_) => "Stream",
        })
    }
}

impl File {
    /// What it is a file of.
    #[must_use]
    pub fn inode(&self) -> Option<&Arc<dyn Inode>> {
        match self {
            Self::Seekable(file) => Some(file.inode()),
            Self::Stream(file) => file.inode(),
        }
    }

    /// What can be done at once.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        match self {
            Self::Seekable(_) => Readiness::READ | Readiness::WRITE,
            Self::Stream(file) => file.readiness(),
        }
    }
}
