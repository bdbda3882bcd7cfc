//! A file that is a place in the tree and no more: what `open` with `O_PATH` gives. It is looked at, walked from and opened again by its
//! descriptor; nothing is read from it or written to it, and no device is touched.

use alloc::sync::Arc;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::user::UserSlice;
use lockorder::{Held, Task};

use crate::file::{FilePosition, WriteAt};
use crate::filesystem::{File, Inode, SeekableFile};

/// A place.
struct Place(Arc<dyn Inode>);

/// The place that an inode is.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub fn open(inode: Arc<dyn Inode>) -> Result<File> {
    Ok(File::Seekable(try_arc(Place(inode)).map_err(|_| Errno::ENOMEM)?))
}

impl SeekableFile for Place {
    fn inode(&self) -> &Arc<dyn Inode> {
        &self.0
    }

    fn read(&self, _held: &mut Held<'_, FilePosition, Task>, _to: UserSlice, _at: u64) -> Result<usize> {
        Err(Errno::EBADF)
    }

    fn read_kernel(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        _to: &mut [u8],
        _at: u64,
    ) -> Result<usize> {
        Err(Errno::EBADF)
    }

    fn write(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        _from: UserSlice,
        _at: WriteAt,
    ) -> Result<(usize, u64)> {
        Err(Errno::EBADF)
    }
}
