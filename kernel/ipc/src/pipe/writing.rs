//! Writing to a pipe: bytes are copied in with nothing held, and linked under the lock.

use abi::{Errno, Result};
use base::sched::waiting;
use base::user::{UserSlice, copy_in};
use fs::Waits;
use lockorder::{Root, Task};

use super::buffer::{Buffer, SIZE};
use super::channel::{Channel, errno};
use super::ring::{Refusal, Ring};

/// What is no longer goes through the stack; more goes through a buffer.
const SMALL: usize = 512;

impl Channel {
    /// Writes all, as far as it may wait for room; gives how many bytes. What is longer than a buffer may be mixed with others'.
    pub(super) fn write(
        &self,
        held: &mut Root<'_, Task>,
        from: UserSlice,
        waits: Waits<'_>,
    ) -> Result<usize> {
        let (mut done, mut spare) = (0, None);
        let mut result = Ok(());
        while done < from.len() && result.is_ok() {
            let part = from.skip(done).take(SIZE);
            let more = from.len().saturating_sub(done) > part.len();
            result = self.write_part(held, part, more, waits, &mut spare);
            if result.is_ok() {
                done = done.saturating_add(part.len());
            }
        }
        if let Some(buffer) = spare {
            // Beyond those that are kept it is dropped after the lock.
            drop(self.with_ring(held, |ring| ring.put_back(buffer)));
        }
        if done > 0 {
            self.readers.source.wake();
            return Ok(done);
        }
        result.map(|()| 0)
    }

    /// Writes from the kernel's memory, as far as it may wait for room; gives how many bytes.
    pub(super) fn write_kernel(
        &self,
        held: &mut Root<'_, Task>,
        from: &[u8],
        waits: Waits<'_>,
    ) -> Result<usize> {
        let mut done = 0_usize;
        for part in from.chunks(SIZE) {
            match self.add(held, part, waits) {
                Ok(()) => done = done.saturating_add(part.len()),
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            }
        }
        self.readers.source.wake();
        Ok(done)
    }

    /// Writes what fits into one buffer, in one step; leaves an empty buffer for `more`, where one is at hand.
    fn write_part(
        &self,
        held: &mut Root<'_, Task>,
        part: UserSlice,
        more: bool,
        waits: Waits<'_>,
        spare: &mut Option<Buffer>,
    ) -> Result<()> {
        // Before the copy, which would be in vain.
        if !self.has_room(part.len())? {
            self.wait_for_room(held, part.len(), waits)?;
        }
        if part.len() <= SMALL {
            let mut bytes = [0; SMALL];
            let Some(bytes) = bytes.get_mut(..part.len()) else { return Err(Errno::EINVAL) };
            copy_in(held, part, bytes).map_err(|_| Errno::EFAULT)?;
            return self.add(held, bytes, waits);
        }
        let mut buffer = match spare.take().or_else(|| self.with_ring(held, Ring::take_spare)) {
            Some(buffer) => buffer,
            None => Buffer::new().map_err(|_| Errno::ENOMEM)?,
        };
        copy_in(held, part, buffer.part_mut(0, part.len())).map_err(|_| Errno::EFAULT)?;
        loop {
            let put = self.with_ring(held, |ring| {
                // Under the lock: a reader that has gone reads nothing of this.
                if self.readers.is_open() {
                    Ok(ring.put(buffer, part.len(), more))
                } else {
                    Err(Errno::EPIPE)
                }
            });
            match put? {
                Ok(other) => {
                    *spare = other;
                    return Ok(());
                }
                Err(back) => buffer = back,
            }
            self.wait_for_room(held, part.len(), waits)?;
        }
    }

    /// Adds a few bytes.
    fn add(&self, held: &mut Root<'_, Task>, bytes: &[u8], waits: Waits<'_>) -> Result<()> {
        loop {
            let added = self.with_ring(held, |ring| {
                if self.readers.is_open() { Ok(ring.append(bytes)) } else { Err(Errno::EPIPE) }
            });
            match added? {
                Err(Refusal::Full) => self.wait_for_room(held, bytes.len(), waits)?,
                added => return added.map_err(errno),
            }
        }
    }

    /// Whether there is room, and somebody to read.
    fn has_room(&self, count: usize) -> Result<bool> {
        if self.readers.is_open() { Ok(self.room() >= count) } else { Err(Errno::EPIPE) }
    }

    /// Waits until there is room for so many bytes, or nobody to read them.
    fn wait_for_room(&self, held: &mut Root<'_, Task>, count: usize, waits: Waits<'_>) -> Result<()> {
        if waits.nonblocking {
            return Err(Errno::EAGAIN);
        }
        // What was written so far makes the room.
        self.readers.source.wake();
        let look = || match self.has_room(count) {
            Ok(true) => Some(Ok(())),
            Ok(false) => (waits.interrupted)().then_some(Err(Errno::EINTR)),
            Err(gone) => Some(Err(gone)),
        };
        waiting::wait(held, &[&self.writers.source], None, |_| look()).map_err(|_| Errno::ENOMEM)?
    }
}
