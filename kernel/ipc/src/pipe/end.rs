//! One end of a pipe, as an open file.

use alloc::sync::Arc;
use core::any::Any;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

use abi::{Errno, Result, ioctl};
use base::sched::waiting::Source;
use base::user::{self, UserSlice};
use fs::{Inode, Readiness, StreamFile, Waits};
use lockorder::{Root, Task};

use super::{Channel, LONGEST_WHOLE_WRITE, PipeInode};

/// An end, or both: a named pipe may be opened to read and write.
pub struct End {
    channel: Arc<Channel>,
    inode: Arc<dyn Inode>,
    reads: bool,
    writes: bool,
    /// How many writers had ever come when this end was opened without one: until one comes it has not hung up.
    quiet_until: Option<u32>,
    /// Whether it has left its sides.
    has_left: AtomicBool,
}

impl fmt::Debug for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("End")
            .field("reads", &self.reads)
            .field("writes", &self.writes)
            .field("bytes", &self.channel.bytes())
            .finish_non_exhaustive()
    }
}

impl End {
    /// An end, which is there from now on.
    pub(crate) fn new(
        channel: &Arc<Channel>,
        reads: bool,
        writes: bool,
        inode: Arc<dyn Inode>,
        quiet_until: Option<u32>,
    ) -> Self {
        for (side, _) in [(&channel.readers, reads), (&channel.writers, writes)].iter().filter(|side| side.1)
        {
            side.enter();
        }
        let has_left = AtomicBool::new(false);
        Self { channel: Arc::clone(channel), inode, reads, writes, quiet_until, has_left }
    }

    /// Leaves, once, and tells the other side. Acquires no lock.
    fn leave(&self) {
        if self.has_left.swap(true, Ordering::AcqRel) {
            return;
        }
        let Channel { readers, writers, .. } = &*self.channel;
        for (own, other, _) in
            [(readers, writers, self.reads), (writers, readers, self.writes)].iter().filter(|side| side.2)
        {
            own.leave();
            other.source.wake();
        }
    }

    /// The pipe's capacity: `F_GETPIPE_SZ`.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.channel.capacity()
    }

    /// Changes the capacity, to no less than `wanted`; gives what it is: `F_SETPIPE_SZ`.
    ///
    /// # Errors
    ///
    /// [`Errno::EPERM`] where it is more than who is not privileged may have; [`Errno::EBUSY`] where more is full;
    /// [`Errno::EINVAL`]; [`Errno::ENOMEM`].
    pub fn set_capacity(&self, held: &mut Root<'_, Task>, wanted: usize, privileged: bool) -> Result<usize> {
        self.channel.set_capacity(held, wanted, privileged)
    }
}

impl StreamFile for End {
    fn inode(&self) -> Option<&Arc<dyn Inode>> {
        Some(&self.inode)
    }

    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize> {
        if self.reads { self.channel.read(held, to, waits) } else { Err(Errno::EBADF) }
    }

    fn write(&self, held: &mut Root<'_, Task>, from: UserSlice, waits: Waits<'_>) -> Result<usize> {
        if self.writes { self.channel.write(held, from, waits) } else { Err(Errno::EBADF) }
    }

    fn write_kernel(&self, held: &mut Root<'_, Task>, from: &[u8], waits: Waits<'_>) -> Result<usize> {
        if self.writes { self.channel.write_kernel(held, from, waits) } else { Err(Errno::EBADF) }
    }

    fn ioctl(&self, held: &mut Root<'_, Task>, request: u32, argument: u64) -> Result<usize> {
        if request != ioctl::FIONREAD {
            return Err(Errno::ENOTTY);
        }
        let count = i32::try_from(self.channel.bytes()).unwrap_or(i32::MAX).to_le_bytes();
        user::put(held, argument, &count).map_err(|_| Errno::EFAULT)?;
        Ok(0)
    }

    fn readiness(&self) -> Readiness {
        let Channel { readers, writers, .. } = &*self.channel;
        let mut readiness = Readiness::empty();
        if self.reads {
            // Before the bytes: who has seen that all have gone sees what they wrote.
            let is_over = !writers.is_open();
            let is_quiet = self.quiet_until == Some(writers.came());
            readiness.set(Readiness::READ, self.channel.bytes() > 0);
            readiness.set(Readiness::HANG_UP, is_over && !is_quiet);
        }
        if self.writes {
            // A whole write fits.
            readiness.set(Readiness::WRITE, self.channel.room() >= LONGEST_WHOLE_WRITE);
            readiness.set(Readiness::ERROR, !readers.is_open());
        }
        readiness
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        if self.reads {
            each(&self.channel.readers.source);
        }
        if self.writes {
            each(&self.channel.writers.source);
        }
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        self.leave();
        let has_name = !self.inode.as_any().is::<PipeInode>();
        // A name leads to the pipe as long as somebody has it open.
        drop(self);
        if has_name {
            crate::fifo::forget_unused(held);
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Drop for End {
    /// What was never used is not closed, but was there.
    fn drop(&mut self) {
        self.leave();
    }
}
