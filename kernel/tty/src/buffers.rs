//! Where the bytes of a read go, and where those of a write come from: user memory, or a buffer of the kernel.

use abi::{Errno, Result};
use base::user::{UserSlice, copy_in, copy_out};
use lockorder::{Root, Task};

/// Where the bytes of a read go.
pub trait Destination {
    /// Bytes that it has room for.
    fn size(&self) -> usize;

    /// Puts bytes there, from the byte `at` on.
    ///
    /// # Errors
    ///
    /// `EFAULT` where they cannot be put.
    fn put(&mut self, held: &mut Root<'_, Task>, at: usize, bytes: &[u8]) -> Result<()>;
}

/// Where the bytes of a write come from.
pub trait Origin {
    /// Bytes that it has.
    fn size(&self) -> usize;

    /// Takes bytes from there, from the byte `at` on, as many as `to` has room for.
    ///
    /// # Errors
    ///
    /// `EFAULT` where they cannot be had.
    fn take(&self, held: &mut Root<'_, Task>, at: usize, to: &mut [u8]) -> Result<()>;
}

/// Gives what an origin has to `step`, a part in `buffer` at a time, until it says why it stops; gives how many bytes it has taken.
///
/// # Errors
///
/// Why it has stopped, where nothing was taken.
pub(crate) fn in_parts(
    held: &mut Root<'_, Task>,
    from: &(impl Origin + ?Sized),
    buffer: &mut [u8],
    mut step: impl FnMut(&mut Root<'_, Task>, &[u8]) -> (usize, Option<Errno>),
) -> Result<usize> {
    let mut done = 0;
    while done < from.size() {
        let part = buffer.len().min(from.size() - done);
        let Some(bytes) = buffer.get_mut(..part) else { break };
        let (taken, stopped) = match from.take(held, done, bytes) {
            Ok(()) => step(held, bytes),
            Err(error) => (0, Some(error)),
        };
        done += taken;
        if let Some(error) = stopped {
            return if done > 0 { Ok(done) } else { Err(error) };
        }
    }
    Ok(done)
}

impl Destination for UserSlice {
    fn size(&self) -> usize {
        self.len()
    }

    fn put(&mut self, held: &mut Root<'_, Task>, at: usize, bytes: &[u8]) -> Result<()> {
        copy_out(held, self.skip(at).take(bytes.len()), bytes).map_err(|_| Errno::EFAULT)
    }
}

impl Origin for UserSlice {
    fn size(&self) -> usize {
        self.len()
    }

    fn take(&self, held: &mut Root<'_, Task>, at: usize, to: &mut [u8]) -> Result<()> {
        copy_in(held, self.skip(at), to).map_err(|_| Errno::EFAULT)
    }
}

impl Destination for [u8] {
    fn size(&self) -> usize {
        self.len()
    }

    fn put(&mut self, _held: &mut Root<'_, Task>, at: usize, bytes: &[u8]) -> Result<()> {
        let end = at.checked_add(bytes.len()).ok_or(Errno::EFAULT)?;
        self.get_mut(at..end).ok_or(Errno::EFAULT)?.copy_from_slice(bytes);
        Ok(())
    }
}

impl Origin for [u8] {
    fn size(&self) -> usize {
        self.len()
    }

    fn take(&self, _held: &mut Root<'_, Task>, at: usize, to: &mut [u8]) -> Result<()> {
        let end = at.checked_add(to.len()).ok_or(Errno::EFAULT)?;
        to.copy_from_slice(self.get(at..end).ok_or(Errno::EFAULT)?);
        Ok(())
    }
}
