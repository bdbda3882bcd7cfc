//! Bytes between user memory and a file, a piece at a time by way of a buffer of the kernel.
//!
//! User memory is touched with the file's position held and nothing further in, since a fault acquires what is outside of every
//! filesystem. An error after some bytes have been transferred ends the transfer and is not reported: the next call meets it again.

use abi::{Errno, Result};
use base::mm::fallible::try_zeroed;
use base::mm::page::PAGE_SIZE;
use base::user::{UserSlice, copy_in, copy_out};
use lockorder::{Held, Task};

use crate::file::{FilePosition, WriteAt};

/// Bytes of a piece: what a filesystem locks for it is held that long.
pub const PIECE: usize = 16 * PAGE_SIZE;

/// Reads into user memory; gives how many bytes. `piece` reads into a buffer, from so many bytes after the beginning, and gives how many
/// there were; 0 at the end.
///
/// # Errors
///
/// [`Errno::EFAULT`] where nothing could be copied; [`Errno::ENOMEM`]; what `piece` gives for the first one.
pub fn read(
    held: &mut Held<'_, FilePosition, Task>,
    to: UserSlice,
    mut piece: impl FnMut(&mut Held<'_, FilePosition, Task>, &mut [u8], u64) -> Result<usize>,
) -> Result<usize> {
    let mut buffer = try_zeroed(to.len().min(PIECE)).map_err(|_| Errno::ENOMEM)?;
    let mut done = 0;
    while done < to.len() {
        let part = buffer.len().min(to.len() - done);
        let count = match piece(held, &mut buffer[..part], done as u64) {
            Ok(0) => break,
            Ok(count) => count,
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        };
        match copy_out(held, to.skip(done).take(count), &buffer[..count]) {
            Ok(()) => done += count,
            Err(_) if done > 0 => break,
            Err(_) => return Err(Errno::EFAULT),
        }
    }
    Ok(done)
}

/// Writes from user memory, as much at once as `buffer` holds; gives how many bytes, and where the last one ends: `end` where there are
/// none. `piece` writes bytes, and gives how many it took, and where the last one ends.
///
/// # Errors
///
/// [`Errno::EFAULT`] where nothing could be copied; what `piece` gives for the first one.
pub fn write(
    held: &mut Held<'_, FilePosition, Task>,
    from: UserSlice,
    buffer: &mut [u8],
    (at, end): (WriteAt, u64),
    mut piece: impl FnMut(&mut Held<'_, FilePosition, Task>, &[u8], WriteAt) -> Result<(usize, u64)>,
) -> Result<(usize, u64)> {
    let (mut done, mut at, mut end) = (0, at, end);
    while done < from.len() {
        let part = buffer.len().min(from.len() - done);
        let written = copy_in(held, from.skip(done).take(part), &mut buffer[..part])
            .map_err(|_| Errno::EFAULT)
            .and_then(|()| piece(held, &buffer[..part], at));
        match written {
            Ok((count, after)) => {
                (done, end) = (done + count, after);
                if count < part {
                    break;
                }
                if at != WriteAt::End {
                    at = WriteAt::Position(after);
                }
            }
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok((done, end))
}
