//! What a filesystem is made of: inodes, and the files that they open as.
//!
//! An inode opens as a file, and a file is one of an inode: the two know each other, so they stand together. What they are told and what
//! they answer with is data, and stands in [`inode`](crate::inode), [`file`](crate::file) and [`attributes`](crate::attributes).
//!
//! A file is one of two kinds, since what may be held while it is read differs. A **seekable** file has a position, which one
//! reader or writer of a description has at a time; a **stream** has none, and waits for others: a pipe, a terminal. Nothing is held
//! while it waits. An **inode**'s methods are all called with nothing held: each acquires what it needs, and has released it when it
//! returns. A method that makes no sense for a kind has the error that Linux gives.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use abi::{Errno, Result};
use base::sched::waiting::{Source, Watched};
use base::user::UserSlice;
use lockorder::{Held, Root, Task};
use memory::Backing;

use crate::attributes::{Attributes, Change, Kind};
use crate::file::{FilePosition, Readiness, Sought, Waits, WriteAt};
use crate::inode::{Allocation, Entry, New, Renaming, Usage};

/// What is shown in place of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// This, whole: `pipe:[7]`.
    Whole(Vec<u8>),
    /// The last name of what has lost it, in the directory that it lay in.
    Lost(Vec<u8>),
}

/// An object of a filesystem.
pub trait Inode: Send + Sync {
    /// What it is. It never changes.
    fn kind(&self) -> Kind;

    /// Which filesystem it is of, and its number there: two inodes with the same are one.
    fn identity(&self) -> (u64, u64);

    /// What it says of itself.
    fn attributes(&self, held: &mut Root<'_, Task>) -> Attributes;

    /// Changes attributes.
    ///
    /// # Errors
    ///
    /// [`Errno::EPERM`] where that cannot be.
    fn change(&self, _held: &mut Root<'_, Task>, _change: Change) -> Result<()> {
        Err(Errno::EPERM)
    }

    /// Cuts it, or extends it with zeros.
    ///
    /// # Errors
    ///
    /// [`Errno::EISDIR`], [`Errno::EINVAL`] for what has no bytes.
    fn truncate(&self, _held: &mut Root<'_, Task>, _size: u64) -> Result<()> {
        Err(no_bytes(self.kind()))
    }

    /// Opens it; a device or a pipe is opened by others.
    ///
    /// # Errors
    ///
    /// [`Errno::ENXIO`] where there is nothing to open.
    fn open(self: Arc<Self>, held: &mut Root<'_, Task>) -> Result<File>;

    /// Where a symbolic link leads.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for what is none.
    fn target(&self, _held: &mut Root<'_, Task>) -> Result<Vec<u8>> {
        Err(Errno::EINVAL)
    }

    /// What has a name in this directory.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`]; [`Errno::ENOTDIR`].
    fn look_up(&self, _held: &mut Root<'_, Task>, _name: &[u8]) -> Result<Arc<dyn Inode>> {
        Err(Errno::ENOTDIR)
    }

    /// The directory that this inode lies in, or lay in last; itself for a root.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTDIR`] where that is not known; [`Errno::ENOENT`] where it is gone.
    fn parent(self: Arc<Self>, _held: &mut Root<'_, Task>) -> Result<Arc<dyn Inode>> {
        Err(Errno::ENOTDIR)
    }

    /// The name of what lies in this directory.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`]; [`Errno::ENOTDIR`].
    fn name_of(&self, _held: &mut Root<'_, Task>, _child: &dyn Inode) -> Result<Vec<u8>> {
        Err(Errno::ENOTDIR)
    }

    /// Makes something under a name.
    ///
    /// # Errors
    ///
    /// [`Errno::EEXIST`]; [`Errno::ENOENT`] where the directory has been removed; [`Errno::ENOTDIR`]; [`Errno::ENOMEM`].
    fn create(
        self: Arc<Self>,
        _held: &mut Root<'_, Task>,
        _name: &[u8],
        _new: New<'_>,
    ) -> Result<Arc<dyn Inode>> {
        Err(Errno::EPERM)
    }

    /// Makes something that has no name, on the filesystem of this directory; it may be given one if `linkable` says so.
    ///
    /// # Errors
    ///
    /// [`Errno::EOPNOTSUPP`] where that cannot be; [`Errno::ENOMEM`].
    fn create_unnamed(
        self: Arc<Self>,
        _held: &mut Root<'_, Task>,
        _new: New<'_>,
        _linkable: bool,
    ) -> Result<Arc<dyn Inode>> {
        Err(Errno::EOPNOTSUPP)
    }

    /// What a magic link leads to, which is no path: an open file, a program. None for any other link.
    ///
    /// # Errors
    ///
    /// [`Errno::EACCES`] for who may not follow it; [`Errno::ENOENT`] where there is nothing.
    fn jump(&self, _held: &mut Root<'_, Task>) -> Result<Option<Arc<dyn Inode>>> {
        Ok(None)
    }

    /// Gives a part of it its place, or takes that away.
    ///
    /// # Errors
    ///
    /// [`Errno::EOPNOTSUPP`] where that cannot be; [`Errno::ENOSPC`]; [`Errno::EFBIG`]; [`Errno::EPERM`] for what is sealed.
    fn allocate(&self, _held: &mut Root<'_, Task>, _how: Allocation, _part: Range<u64>) -> Result<()> {
        Err(Errno::EOPNOTSUPP)
    }

    /// Seals it with more seals, none to look; gives those that it has.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for what has none; [`Errno::EPERM`] where no more may come.
    fn seal(&self, _held: &mut Root<'_, Task>, _more: u32) -> Result<u32> {
        Err(Errno::EINVAL)
    }

    /// What is shown in place of a path: of what is in no directory, and of what was in one, by its last name.
    fn label(&self, _held: &mut Root<'_, Task>) -> Option<Label> {
        None
    }

    /// Gives what there is another name.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create); [`Errno::EXDEV`] for what is of another filesystem.
    fn link(self: Arc<Self>, _held: &mut Root<'_, Task>, _name: &[u8], _what: &Arc<dyn Inode>) -> Result<()> {
        Err(Errno::EPERM)
    }

    /// Takes a name away: a directory's if `directory` says so, anything else's otherwise. What has no name goes when nobody has
    /// it open.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`]; [`Errno::EISDIR`], [`Errno::ENOTDIR`], [`Errno::ENOTEMPTY`].
    fn unlink(&self, _held: &mut Root<'_, Task>, _name: &[u8], _directory: bool) -> Result<()> {
        Err(Errno::EPERM)
    }

    /// Moves what has a name here to a name in another directory of the same filesystem.
    ///
    /// # Errors
    ///
    /// As for [`unlink`](Self::unlink) and [`create`](Self::create); [`Errno::EINVAL`] where a directory would go below itself;
    /// [`Errno::EXDEV`].
    fn rename(
        self: Arc<Self>,
        _held: &mut Root<'_, Task>,
        _name: &[u8],
        _to: &Arc<dyn Inode>,
        _new_name: &[u8],
        _how: Renaming,
    ) -> Result<()> {
        Err(Errno::EPERM)
    }

    /// What was done to its filesystem so far survives a cut of the power.
    ///
    /// # Errors
    ///
    /// [`Errno::EIO`]; [`Errno::EROFS`] where that has failed before.
    fn sync(&self, _held: &mut Root<'_, Task>) -> Result<()> {
        Ok(())
    }

    /// How much room its filesystem has; none for one in memory.
    fn usage(&self, _held: &mut Root<'_, Task>) -> Option<Result<Usage>> {
        None
    }

    /// Ends its filesystem's use, before it is mounted nowhere any more. A root's only.
    ///
    /// # Errors
    ///
    /// [`Errno::EBUSY`] where somebody uses it; [`Errno::EIO`].
    fn unmount(&self, _held: &mut Root<'_, Task>) -> Result<()> {
        Ok(())
    }

    /// Itself, for its own filesystem.
    fn as_any(&self) -> &dyn core::any::Any;

    /// Itself, for its own filesystem.
    fn into_any(self: Arc<Self>) -> Arc<dyn core::any::Any + Send + Sync>;
}

/// Why what has no bytes is not read or written.
fn no_bytes(kind: Kind) -> Errno {
    if kind == Kind::Directory { Errno::EISDIR } else { Errno::EINVAL }
}

/// A file with a position.
pub trait SeekableFile: Send + Sync {
    /// What it is a file of.
    fn inode(&self) -> &Arc<dyn Inode>;

    /// Reads from a position; gives how many bytes, 0 at the end.
    ///
    /// # Errors
    ///
    /// [`Errno::EFAULT`] where nothing could be copied; [`Errno::EISDIR`], [`Errno::EINVAL`] for what has no bytes.
    fn read(&self, _held: &mut Held<'_, FilePosition, Task>, _to: UserSlice, _at: u64) -> Result<usize> {
        Err(no_bytes(self.inode().kind()))
    }

    /// Reads from a position into the kernel's memory: programs, symbolic tables.
    ///
    /// # Errors
    ///
    /// [`Errno::EISDIR`], [`Errno::EINVAL`] for what has no bytes.
    fn read_kernel(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        _to: &mut [u8],
        _at: u64,
    ) -> Result<usize> {
        Err(no_bytes(self.inode().kind()))
    }

    /// Writes; gives how many bytes, and where the last one ends.
    ///
    /// # Errors
    ///
    /// [`Errno::EFAULT`] where nothing could be copied; [`Errno::EFBIG`]; [`Errno::ENOSPC`]; [`Errno::EISDIR`], [`Errno::EINVAL`] for
    /// what has no bytes.
    fn write(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        _from: UserSlice,
        _at: WriteAt,
    ) -> Result<(usize, u64)> {
        Err(no_bytes(self.inode().kind()))
    }

    /// Writes from the kernel's memory; gives how many bytes, and where the last one ends.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write); [`Errno::EINVAL`] where that cannot be.
    fn write_kernel(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        _from: &[u8],
        _at: WriteAt,
    ) -> Result<(usize, u64)> {
        Err(Errno::EINVAL)
    }

    /// Where the next data or the next hole begins, from a place before the end on; none where there is no more data. A file that
    /// knows of no holes has one at its end.
    fn sought(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        at: u64,
        size: u64,
        what: Sought,
    ) -> Option<u64> {
        Some(if what == Sought::Data { at } else { size })
    }

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
    /// [`Errno::EAGAIN`] where it may not wait; [`Errno::EINTR`]; [`Errno::EFAULT`]; [`Errno::EINVAL`] for what is not read.
    fn read(&self, _held: &mut Root<'_, Task>, _to: UserSlice, _waits: Waits<'_>) -> Result<usize> {
        Err(Errno::EINVAL)
    }

    /// Writes, waiting for room.
    ///
    /// # Errors
    ///
    /// [`Errno::EPIPE`] when nobody will read; [`Errno::EAGAIN`]; [`Errno::EINTR`]; [`Errno::EFAULT`]; [`Errno::EINVAL`] for what is
    /// not written to.
    fn write(&self, _held: &mut Root<'_, Task>, _from: UserSlice, _waits: Waits<'_>) -> Result<usize> {
        Err(Errno::EINVAL)
    }

    /// Writes from the kernel's memory, waiting for room.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write); [`Errno::EINVAL`] where that cannot be.
    fn write_kernel(&self, _held: &mut Root<'_, Task>, _from: &[u8], _waits: Waits<'_>) -> Result<usize> {
        Err(Errno::EINVAL)
    }

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

    /// What is shown in place of a path, where there is no inode.
    fn label(&self) -> &'static str {
        "anon_inode:[file]"
    }

    /// Itself, for whoever knows what it is.
    fn as_any(&self) -> &dyn core::any::Any;
}

impl Watched for dyn StreamFile {
    fn each_source<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        self.sources(each);
    }
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

    /// The stream of a type that it is; none where it is another one, or seekable.
    #[must_use]
    pub fn stream<T: StreamFile + 'static>(&self) -> Option<&T> {
        match self {
            Self::Seekable(_) => None,
            Self::Stream(file) => file.as_any().downcast_ref(),
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
