//! What a caller gives: numbers, until they have been looked at.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_zeroed;
use base::user::copy::StringError;
use base::user::{self, Fault, UserAddress, UserSlice};
use fs::path::LONGEST_PATH;
use fs::{Inode, OpenFile, OpenFlags, Start};
use lockorder::{Root, Task};
use process::Current;
use process::process::Program;

/// In place of a directory's descriptor: the current one.
pub(crate) const AT_FDCWD: u64 = (-100_i64).cast_unsigned();

/// A number as an `int`, of which the upper half is rubbish.
#[allow(clippy::cast_possible_truncation, reason = "the upper half means nothing")]
pub(crate) const fn low(number: u64) -> u32 {
    number as u32
}

/// The six arguments of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments(pub(crate) [u64; 6]);

impl Arguments {
    /// One as an `int`, of which the upper half is rubbish.
    pub(crate) const fn int(&self, place: usize) -> u32 {
        low(self.0[place])
    }

    /// Two as a range of user memory.
    pub(crate) fn slice(&self, start: usize, length: usize) -> Result<UserSlice> {
        slice(self.0[start], self.0[length])
    }
}

/// A range of user memory.
pub(crate) fn slice(start: u64, length: u64) -> Result<UserSlice> {
    let length = usize::try_from(length).map_err(|_| Errno::EFAULT)?;
    UserSlice::new(start, length).map_err(|Fault| Errno::EFAULT)
}

/// Copies a structure from user memory.
pub(crate) fn take<const N: usize>(held: &mut Root<'_, Task>, at: u64) -> Result<[u8; N]> {
    user::get(held, at).map_err(|Fault| Errno::EFAULT)
}

/// Copies so many bytes from user memory: the caller has looked whether they are too many.
pub(crate) fn take_bytes(held: &mut Root<'_, Task>, at: u64, length: usize) -> Result<Vec<u8>> {
    let mut bytes = try_zeroed(length).map_err(|_| Errno::ENOMEM)?;
    user::copy_in(held, slice(at, length as u64)?, &mut bytes).map_err(|Fault| Errno::EFAULT)?;
    Ok(bytes)
}

/// Copies a structure to user memory.
pub(crate) fn give(held: &mut Root<'_, Task>, at: u64, bytes: &[u8]) -> Result<()> {
    user::put(held, at, bytes).map_err(|Fault| Errno::EFAULT)
}

/// The same, if there is a place for it.
pub(crate) fn give_if(held: &mut Root<'_, Task>, at: u64, bytes: &[u8]) -> Result<()> {
    if at == 0 { Ok(()) } else { give(held, at, bytes) }
}

/// The word at a place in a structure.
pub(crate) fn word(bytes: &[u8], place: usize) -> u64 {
    let bytes = bytes.get(place * 8..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The most ranges of one vector.
pub(crate) const VECTORS: usize = 1024;

/// The ranges of a vector.
pub(crate) fn vector(held: &mut Root<'_, Task>, at: u64, count: u64) -> Result<Vec<UserSlice>> {
    let count = usize::try_from(count).ok().filter(|&count| count <= VECTORS).ok_or(Errno::EINVAL)?;
    let mut ranges = Vec::new();
    ranges.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    for place in 0..count {
        let at = at.checked_add(16 * place as u64).ok_or(Errno::EFAULT)?;
        let bytes: [u8; 16] = take(held, at)?;
        ranges.push(slice(word(&bytes, 0), word(&bytes, 1))?);
    }
    Ok(ranges)
}

/// Reads a string.
pub(crate) fn string(held: &mut Root<'_, Task>, at: u64, most: usize) -> Result<Vec<u8>> {
    user::read_string(held, UserAddress::new(at), most).map_err(|error| match error {
        StringError::Fault => Errno::EFAULT,
        StringError::TooLong => Errno::ENAMETOOLONG,
        StringError::NoMemory => Errno::ENOMEM,
    })
}

/// Reads a path.
pub(crate) fn path(held: &mut Root<'_, Task>, at: u64) -> Result<Vec<u8>> {
    string(held, at, LONGEST_PATH)
}

/// The file of a descriptor.
pub(crate) fn file(current: &Current, held: &mut Root<'_, Task>, number: u64) -> Result<Arc<OpenFile>> {
    current.process().descriptors(held)?.get(held, u64::from(low(number)))
}

/// The file of a descriptor, for a call that does something with it: a place can only be looked at.
///
/// # Errors
///
/// [`Errno::EBADF`].
pub(crate) fn usable(current: &Current, held: &mut Root<'_, Task>, number: u64) -> Result<Arc<OpenFile>> {
    let file = file(current, held, number)?;
    if file.flags().contains(OpenFlags::PATH) { Err(Errno::EBADF) } else { Ok(file) }
}

/// From where a path is walked: what the process runs as, and the directory.
pub(crate) struct From {
    pub(crate) program: Program,
    directory: Arc<dyn Inode>,
}

impl From {
    /// Of a directory's descriptor, for a path.
    pub(crate) fn new(current: &Current, held: &mut Root<'_, Task>, at: u64, path: &[u8]) -> Result<Self> {
        let program = current.process().program(held);
        let is_current = low(at) == low(AT_FDCWD);
        let directory = if is_current || path.first() == Some(&b'/') {
            Arc::clone(&program.directory)
        } else {
            let file = file(current, held, at)?;
            Arc::clone(file.file().inode().ok_or(Errno::ENOTDIR)?)
        };
        Ok(Self { program, directory })
    }

    /// The start of the walk.
    pub(crate) fn start<'a>(&'a self, current: &'a Current) -> Start<'a> {
        Start { directory: &self.directory, ..self.program.start(current.process().namespace()) }
    }

    /// The directory itself: for an empty path that means a descriptor.
    pub(crate) const fn itself(&self) -> &Arc<dyn Inode> {
        &self.directory
    }
}
