//! A pipe as its ends share it: the bytes, and who is there.

use abi::{Errno, Result};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use base::mm::fallible::try_arc;
use base::sched::waiting::Source;
use lockorder::{Root, SpinLock, Task};

use super::buffer::SIZE;
use super::ring::{Line, Refusal, Ring};
use super::{CAPACITY, LARGEST_CAPACITY, Pipe};

/// One side of a pipe: those who read, or those who write.
pub(crate) struct Side {
    /// How many are there.
    open: AtomicU32,
    /// How many ever came, to notice who came and went.
    came: AtomicU32,
    /// Where they wait.
    pub(crate) source: Source,
}

impl Side {
    const fn new() -> Self {
        Self { open: AtomicU32::new(0), came: AtomicU32::new(0), source: Source::new() }
    }

    /// Whether anybody is there.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire) > 0
    }

    /// How many ever came; a number to compare.
    pub(crate) fn came(&self) -> u32 {
        self.came.load(Ordering::Acquire)
    }

    /// One more is there.
    pub(crate) fn enter(&self) {
        self.open.fetch_add(1, Ordering::AcqRel);
        self.came.fetch_add(1, Ordering::AcqRel);
    }

    /// One less is there. What it did before is seen by whoever sees that it has left.
    pub(crate) fn leave(&self) {
        self.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A pipe.
pub(crate) struct Channel {
    /// Protects the bytes; class `Pipe`.
    ring: SpinLock<Pipe, Ring>,
    /// How many bytes can be read, published under the lock.
    bytes: AtomicUsize,
    /// How long a write may be to fit, published under the lock.
    room: AtomicUsize,
    /// How many bytes there are buffers for, published under the lock.
    capacity: AtomicUsize,
    pub(crate) readers: Side,
    pub(crate) writers: Side,
}

/// An error of a system call.
pub(super) const fn errno(refusal: Refusal) -> Errno {
    match refusal {
        Refusal::Full => Errno::EAGAIN,
        Refusal::NoMemory => Errno::ENOMEM,
    }
}

impl Channel {
    /// An empty pipe, with nobody there.
    pub(crate) fn new() -> Result<Arc<Self>> {
        let ring = Ring::new(CAPACITY / SIZE).map_err(errno)?;
        let (bytes, room) = (AtomicUsize::new(0), AtomicUsize::new(ring.room()));
        let capacity = AtomicUsize::new(ring.capacity());
        let (readers, writers) = (Side::new(), Side::new());
        let channel = Self { ring: SpinLock::new(ring), bytes, room, capacity, readers, writers };
        try_arc(channel).map_err(|_| Errno::ENOMEM)
    }

    /// Runs an operation on the bytes, under the lock, and publishes what it leaves.
    pub(super) fn with_ring<O>(
        &self,
        held: &mut Root<'_, Task>,
        operation: impl FnOnce(&mut Ring) -> O,
    ) -> O {
        held.with(&self.ring, |ring, _| {
            let output = operation(ring);
            self.bytes.store(ring.bytes(), Ordering::Relaxed);
            self.room.store(ring.room(), Ordering::Relaxed);
            self.capacity.store(ring.capacity(), Ordering::Relaxed);
            output
        })
    }

    /// How many bytes can be read.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How long a write may be to fit.
    pub(crate) fn room(&self) -> usize {
        self.room.load(Ordering::Relaxed)
    }

    /// How many bytes there are buffers for.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity.load(Ordering::Relaxed)
    }

    /// Changes the capacity to the next one that there is, which it gives.
    ///
    /// # Errors
    ///
    /// `EINVAL` where it is too large for anybody; `EPERM` where it is too large for who is not privileged; `EBUSY` where more is full;
    /// `ENOMEM`.
    pub(crate) fn set_capacity(
        &self,
        held: &mut Root<'_, Task>,
        wanted: usize,
        privileged: bool,
    ) -> Result<usize> {
        if wanted > i32::MAX.unsigned_abs() as usize {
            return Err(Errno::EINVAL);
        }
        let capacity = wanted.max(SIZE).checked_next_power_of_two().ok_or(Errno::EINVAL)?;
        if capacity > LARGEST_CAPACITY && capacity > self.capacity() && !privileged {
            return Err(Errno::EPERM);
        }
        let line = Line::new(capacity / SIZE).map_err(errno)?;
        let before = self.with_ring(held, |ring| ring.resize(line));
        self.writers.source.wake();
        before.map(|_| capacity).map_err(|_| Errno::EBUSY)
    }
}
