//! Random numbers for programs: `getrandom`, and the devices.
//!
//! A program gets its numbers from a key of its request, in chunks that are copied out with nothing held. It never waits: the
//! flags that would say how are checked, and make no difference.

use alloc::sync::Arc;
use core::any::Any;

use abi::{Errno, Result, general, ioctl};
use base::mm::fallible::try_arc;
use base::sched::waiting::Source;
use base::user::{self, UserSlice, copy_in, copy_out};
use fs::{File, Inode, Readiness, StreamFile, Waits};
use lockorder::{Root, Task};

use crate::pool;

/// Bytes that are made at a time.
const CHUNK: usize = 256;

/// After so many bytes a request may end early, if something has interrupted it.
const INTERRUPTIBLE: usize = 4096;

/// The most bytes of one request.
const MOST: usize = (i32::MAX >> 6).unsigned_abs() as usize;

/// The minor number of `/dev/random`, among devices of memory.
pub const RANDOM: u32 = 8;

/// The minor number of `/dev/urandom`.
pub const URANDOM: u32 = 9;

/// Fills user memory; gives how many bytes, fewer where it was interrupted.
fn give(held: &mut Root<'_, Task>, to: UserSlice, interrupted: &dyn Fn() -> bool) -> Result<usize> {
    let to = to.take(MOST);
    if to.is_empty() {
        return Ok(0);
    }
    let mut stream = pool::stream(held, to.len());
    let mut bytes = [0; CHUNK];
    let mut done = 0_usize;
    while done < to.len() {
        let rest = to.skip(done).take(CHUNK);
        let chunk = bytes.get_mut(..rest.len()).unwrap_or_default();
        stream.fill(chunk);
        if copy_out(held, rest, chunk).is_err() {
            break;
        }
        done = done.saturating_add(rest.len());
        if done.is_multiple_of(INTERRUPTIBLE) && interrupted() {
            break;
        }
    }
    bytes.fill(0);
    core::hint::black_box(&bytes);
    if done > 0 { Ok(done) } else { Err(Errno::EFAULT) }
}

/// Fills user memory with random numbers; gives how many bytes.
///
/// # Errors
///
/// [`Errno::EINVAL`] for flags that there are not, or that exclude each other; [`Errno::EFAULT`].
pub fn getrandom(
    held: &mut Root<'_, Task>,
    to: UserSlice,
    flags: u32,
    interrupted: &dyn Fn() -> bool,
) -> Result<usize> {
    let both = general::GRND_RANDOM | general::GRND_INSECURE;
    if flags & !(both | general::GRND_NONBLOCK) != 0 || flags & both == both {
        return Err(Errno::EINVAL);
    }
    give(held, to, interrupted)
}

/// Opens `/dev/random` or `/dev/urandom`, which are the same: for the table of devices, beside its own devices of memory.
///
/// # Errors
///
/// [`Errno::ENXIO`] for other minor numbers; [`Errno::ENOMEM`].
pub fn open(_held: &mut Root<'_, Task>, inode: Arc<dyn Inode>, minor: u32) -> Result<File> {
    if minor != RANDOM && minor != URANDOM {
        return Err(Errno::ENXIO);
    }
    Ok(File::Stream(try_arc(Device { inode }).map_err(|_| Errno::ENOMEM)?))
}

/// An open device.
struct Device {
    inode: Arc<dyn Inode>,
}

impl StreamFile for Device {
    fn inode(&self) -> Option<&Arc<dyn Inode>> {
        Some(&self.inode)
    }

    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize> {
        give(held, to, waits.interrupted)
    }

    /// Stirs in what is written: it is not believed to be random, and takes nothing away.
    fn write(&self, held: &mut Root<'_, Task>, from: UserSlice, waits: Waits<'_>) -> Result<usize> {
        let mut bytes = [0; CHUNK];
        let mut done = 0_usize;
        while done < from.len() {
            let rest = from.skip(done).take(CHUNK);
            let chunk = bytes.get_mut(..rest.len()).unwrap_or_default();
            if copy_in(held, rest, chunk).is_err() {
                return if done > 0 { Ok(done) } else { Err(Errno::EFAULT) };
            }
            pool::stir(held, chunk);
            done = done.saturating_add(rest.len());
            if done.is_multiple_of(INTERRUPTIBLE) && (waits.interrupted)() {
                break;
            }
        }
        Ok(done)
    }

    fn ioctl(&self, held: &mut Root<'_, Task>, request: u32, argument: u64) -> Result<usize> {
        if request != ioctl::RNDGETENTCNT {
            return Err(Errno::EINVAL);
        }
        // A key's worth of bits, always.
        let bits = 256_i32.to_le_bytes();
        user::put(held, argument, &bits).map_err(|_| Errno::EFAULT)?;
        Ok(0)
    }

    fn readiness(&self) -> Readiness {
        Readiness::READ | Readiness::WRITE
    }

    fn sources<'a>(&'a self, _each: &mut dyn FnMut(&'a Source)) {}

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}

    fn as_any(&self) -> &dyn Any {
        self
    }
}
