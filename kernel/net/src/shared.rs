//! What a socket shares with the stack: what can be done with it at once, and who waits for that.
//!
//! The stack publishes here, under its lock, whenever it has changed something of the socket; who polls or waits reads without
//! one.

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use abi::Errno;
use base::sched::waiting::Source;
use fs::Readiness;

/// What is published of a socket.
#[derive(Debug)]
pub(crate) struct Shared {
    readiness: AtomicU32,
    /// Whether it is being connected.
    connecting: AtomicBool,
    error: AtomicI32,
    reuse: AtomicBool,
    /// Woken when there is something to read, or an end of that.
    pub(crate) readers: Source,
    /// Woken when there is room to write, or an end of that.
    pub(crate) writers: Source,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            readiness: AtomicU32::new(0),
            connecting: AtomicBool::new(false),
            error: AtomicI32::new(0),
            reuse: AtomicBool::new(false),
            readers: Source::new(),
            writers: Source::new(),
        }
    }

    /// What can be done at once.
    pub(crate) fn readiness(&self) -> Readiness {
        let mut readiness = Readiness::from_bits_truncate(self.readiness.load(Ordering::Acquire));
        if self.has_error() {
            readiness |= Readiness::ERROR | Readiness::READ | Readiness::WRITE;
        }
        readiness
    }

    /// Whether it is being connected.
    pub(crate) fn is_connecting(&self) -> bool {
        self.connecting.load(Ordering::Acquire)
    }

    /// Whether others may have its name who say the same.
    pub(crate) fn reuses(&self) -> bool {
        self.reuse.load(Ordering::Relaxed)
    }

    /// Whether an error is pending.
    pub(crate) fn has_error(&self) -> bool {
        self.error.load(Ordering::Acquire) != 0
    }

    /// Has the next call be told of an error.
    pub(crate) fn fail(&self, error: Errno) {
        self.error.store(error as i32, Ordering::Release);
    }

    /// Takes the pending error.
    pub(crate) fn take(&self) -> Option<Errno> {
        let number = self.error.swap(0, Ordering::AcqRel);
        let number = u32::try_from(number).ok().filter(|&number| number != 0)?;
        [Errno::ECONNREFUSED, Errno::ECONNRESET, Errno::EPIPE, Errno::ETIMEDOUT]
            .into_iter()
            .find(|&errno| errno as u32 == number)
    }

    /// Publishes what can be done, and wakes who waits where that is new, or where something has `arrived`.
    pub(crate) fn publish(&self, readiness: Readiness, connecting: bool, arrived: bool) {
        let before = self.readiness.swap(readiness.bits(), Ordering::AcqRel);
        let was_connecting = self.connecting.swap(connecting, Ordering::AcqRel);
        let is_new = before != readiness.bits() || was_connecting != connecting || self.has_error();
        if is_new || arrived {
            self.readers.wake();
        }
        if is_new {
            self.writers.wake();
        }
    }
}
