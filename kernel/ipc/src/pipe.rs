//! Pipes: bytes go from writers to readers, in order.
//!
//! **Locks.** A pipe's bytes are behind a spinning lock of class [`Pipe`]. User memory ranks outside of it, so a fault cannot be
//! resolved under it. A writer copies what it writes into a buffer first, and links that under the lock; a reader
//! copies out under the lock what user memory has room for *now*, and takes out what it has copied: at a fault it releases, has the page
//! faulted in, and tries again, so that a bad address loses no data.
//!
//! **Whole writes.** What is no longer than a buffer (`PIPE_BUF`, 4096 bytes) is written in one step, or waits: writes of
//! others come before or after it.
//!
//! **Who is there** is counted without the lock: an end that goes away, whatever way, lowers its count, and wakes the other
//! side. A writer looks for readers, and a reader for writers, under the lock, after it has looked at the bytes: what was written
//! before the last writer went is read.
//!
//! **Signals.** `EPIPE` is all that this module says: whoever makes the system call sends the signal.

pub(crate) mod buffer;
mod channel;
mod end;
mod inode;
mod reading;
pub(crate) mod ring;
mod writing;

pub use end::End;

use abi::{Errno, Result};
use alloc::sync::Arc;
use base::mm::fallible::try_arc;
use fs::File;
use lockorder::hierarchy;

pub(crate) use channel::Channel;
pub(crate) use inode::PipeInode;

hierarchy! {
    /// The bytes of one pipe. Two of them by address, where bytes go from one into the other.
    pub class Pipe in base::levels::Ipc = 5, order = address;
}

/// The longest write that is not mixed with others'; a buffer's size.
pub const LONGEST_WHOLE_WRITE: usize = 4096;

/// A pipe's capacity, at first.
pub const CAPACITY: usize = 65536;

/// The largest capacity that anybody may ask for.
pub const LARGEST_CAPACITY: usize = 1 << 20;

/// A new pipe of a user and a group: the end to read, and the end to write.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub fn create(uid: u32, gid: u32) -> Result<(File, File)> {
    let channel = Channel::new()?;
    let inode: Arc<dyn fs::Inode> = try_arc(PipeInode::new(&channel, uid, gid)).map_err(|_| Errno::ENOMEM)?;
    let end = |reads| -> Result<File> {
        let end = End::new(&channel, reads, !reads, Arc::clone(&inode), None);
        Ok(File::Stream(try_arc(end).map_err(|_| Errno::ENOMEM)?))
    };
    Ok((end(true)?, end(false)?))
}
