//! What a socket shares with the stack: what can be done with it at once, and who waits for that.
//!
//! The stack publishes here, under its lock, whenever it has changed something of the socket; who polls or waits reads without
//! one.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use abi::{Errno, Result, net};
use base::sched::waiting::Source;
use fs::Readiness;
use lockorder::{Root, Task};
use socket::{Call, Common, Kind};

/// The first port that is for everybody.
const FIRST_FREE: u16 = 1024;

/// What is published of a socket, and what all sockets have.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) common: Common,
    readiness: AtomicU32,
    /// The user that has given it its name.
    owner: AtomicU32,
    /// Whether it is being connected.
    connecting: AtomicBool,
    /// Whether it waits for connections.
    listening: AtomicBool,
    /// Woken when there is something to read, or an end of that.
    pub(crate) readers: Source,
    /// Woken when there is room to write, or an end of that.
    pub(crate) writers: Source,
}

impl Shared {
    /// Of a new socket.
    pub(crate) const fn new(family: u32, kind: Kind, protocol: u32) -> Self {
        Self {
            common: Common::new(family, kind, protocol),
            readiness: AtomicU32::new(0),
            owner: AtomicU32::new(0),
            connecting: AtomicBool::new(false),
            listening: AtomicBool::new(false),
            readers: Source::new(),
            writers: Source::new(),
        }
    }

    /// What the stack has published: without an error that is pending.
    pub(crate) fn published(&self) -> Readiness {
        Readiness::from_bits_truncate(self.readiness.load(Ordering::Acquire))
    }

    /// What can be done at once.
    pub(crate) fn readiness(&self) -> Readiness {
        let mut readiness = self.published();
        if self.common.has_error() {
            readiness |= Readiness::ERROR | Readiness::READ | Readiness::WRITE;
        }
        readiness
    }

    /// Whether it is being connected.
    pub(crate) fn is_connecting(&self) -> bool {
        self.connecting.load(Ordering::Acquire)
    }

    /// Whether it waits for connections.
    pub(crate) fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Acquire)
    }

    /// Whether others may have its name who say the same.
    pub(crate) fn reuses(&self) -> bool {
        self.reuses_address() || self.shares()
    }

    /// Whether others may have its name who say the same and do not listen.
    pub(crate) fn reuses_address(&self) -> bool {
        self.common.is_on(net::SO_REUSEADDR)
    }

    /// Whether others of its user may listen where it does who say the same.
    pub(crate) fn shares(&self) -> bool {
        self.common.is_on(net::SO_REUSEPORT)
    }

    /// The user that has given it its name.
    pub(crate) fn owner(&self) -> u32 {
        self.owner.load(Ordering::Relaxed)
    }

    /// Checks that who makes a call may give it a name with this port, and notes who that is.
    ///
    /// # Errors
    ///
    /// [`Errno::EACCES`] for a port that is for privileged processes.
    pub(crate) fn named_by(&self, held: &mut Root<'_, Task>, call: &Call<'_>, port: u16) -> Result<()> {
        let is_privileged =
            |held: &mut Root<'_, Task>| call.caller.is_none_or(|caller| caller.is_privileged(held));
        if (1..FIRST_FREE).contains(&port) && !is_privileged(held) {
            return Err(Errno::EACCES);
        }
        self.owner.store(call.credentials(held).uid, Ordering::Relaxed);
        Ok(())
    }

    /// Has the next call be told of an error.
    pub(crate) fn fail(&self, error: Errno) {
        self.common.set_error(error);
    }

    /// Says whether it waits for connections.
    pub(crate) fn set_listening(&self, listens: bool) {
        self.listening.store(listens, Ordering::Release);
    }

    /// Publishes what can be done, and wakes who waits where that is new, or where something has `arrived`.
    pub(crate) fn publish(&self, readiness: Readiness, connecting: bool, arrived: bool) {
        let before = self.readiness.swap(readiness.bits(), Ordering::AcqRel);
        let was_connecting = self.connecting.swap(connecting, Ordering::AcqRel);
        let is_new = before != readiness.bits() || was_connecting != connecting || self.common.has_error();
        if is_new || arrived {
            self.readers.wake();
        }
        if is_new {
            self.writers.wake();
        }
    }
}
