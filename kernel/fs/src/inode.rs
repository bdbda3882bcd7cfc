//! What a name leads to.
//!
//! An inode is one object of a filesystem. What may be done with it depends on its kind; a method that makes no sense for one has
//! the error that Linux gives. All are called with nothing held: each acquires what it needs and has released it when it
//! returns.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use lockorder::{Root, Task};

use crate::attributes::{Attributes, Change, Kind};
use crate::file::File;

/// The longest name, in bytes.
pub const LONGEST_NAME: usize = 255;

/// One entry of a directory, as it is listed.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The inode's number.
    pub number: u64,
    /// What it is.
    pub kind: Kind,
    /// The position after it.
    pub next: u64,
    /// Its name.
    pub name: &'a [u8],
}

/// What is to be made under a name.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// What it is.
    pub kind: Kind,
    /// Who may do what with it.
    pub permissions: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Where a symbolic link leads.
    pub target: &'a [u8],
}

/// How much room a filesystem has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The number of its kind, as `statfs` has it.
    pub kind: u64,
    /// Bytes of a block.
    pub block_size: u64,
    /// How many blocks there are.
    pub blocks: u64,
    /// How many are free.
    pub free_blocks: u64,
    /// How many of those anybody may use.
    pub available_blocks: u64,
    /// How many inodes there are.
    pub inodes: u64,
    /// How many are free.
    pub free_inodes: u64,
}

/// How a rename deals with what has the new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renaming {
    /// It is replaced.
    Replace,
    /// It is an error.
    NoReplace,
    /// The two change places.
    Exchange,
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
        if self.kind() == Kind::Directory { Err(Errno::EISDIR) } else { Err(Errno::EINVAL) }
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

    /// The directory that this directory lies in; itself for a root.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTDIR`]; [`Errno::ENOENT`] for one that has been removed.
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

    /// Gives what there is another name.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create); [`Errno::EXDEV`] for what is of another filesystem.
    fn link(&self, _held: &mut Root<'_, Task>, _name: &[u8], _what: &Arc<dyn Inode>) -> Result<()> {
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
