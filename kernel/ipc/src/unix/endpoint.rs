//! A socket as others know it: what it has received, whom it is connected with, who waits to be accepted.
//!
//! **Locks.** What it has received, its name and its peer are behind a spinning lock of class [`UnixSocket`]; no two of these are
//! held together. Connections that wait to be accepted are behind one of class [`UnixListener`], outside of it.
//!
//! **Who waits, waits at its own sources.** A sender counts what it has sent and nobody has received ([`Endpoint::sent`]): the
//! receiver lowers that, and wakes the sender when a quarter of its buffer is full or less, as Linux does. A sender that has found a
//! receiver's queue too long is entered in a list there, and marked as stalled until it has become shorter. So readiness is atomics of
//! the socket's own.

use alloc::collections::VecDeque;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting::Source;
use fs::OpenFile;
use lockorder::{Before, Held, MaySpin, Root, SpinLock, Task, hierarchy};
use socket::{Common, Credentials, Kind};

use super::bytes::{ByteQueue, CAPACITY};
use super::name::Name;
use super::packets::PacketQueue;

hierarchy! {
    /// Connections to one socket that wait to be accepted.
    pub class UnixListener in base::levels::Ipc = 3;
    /// What one socket has received, its name, and whom it is connected with.
    pub class UnixSocket in base::levels::Ipc = 4;
}

/// It receives no more.
pub(super) const NO_RECEIVING: u32 = 1;
/// It sends no more.
pub(super) const NO_SENDING: u32 = 2;
/// It is closed.
pub(super) const CLOSED: u32 = 4;
/// It is, or was, connected.
pub(super) const CONNECTED: u32 = 8;
/// It waits for connections.
pub(super) const LISTENING: u32 = 16;

/// What a socket is about to be, or is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing yet.
    New,
    /// Connected, by a call that has not returned.
    Connecting,
    /// Connected.
    Connected,
    /// Waiting for connections.
    Listening,
}

/// What was received.
pub(super) enum Queue {
    /// By a stream.
    Bytes(ByteQueue),
    /// By the others.
    Packets(PacketQueue<Endpoint>),
}

impl Queue {
    /// Calls `each` for all open files in it.
    pub(super) fn each_right(&self, each: &mut dyn FnMut(&Arc<OpenFile>)) {
        match self {
            Self::Bytes(bytes) => bytes.each_right(each),
            Self::Packets(packets) => packets.each_right(each),
        }
    }

    /// Takes them out, as far as there is memory for a list of them.
    pub(super) fn take_rights(&mut self, to: &mut Vec<Arc<OpenFile>>) {
        match self {
            Self::Bytes(bytes) => bytes.take_rights(to),
            Self::Packets(packets) => packets.take_rights(to),
        }
    }
}

/// What is behind a socket's lock.
pub(super) struct Inside {
    pub(super) state: State,
    pub(super) name: Option<Arc<Name>>,
    pub(super) peer: Option<Arc<Endpoint>>,
    /// Who has made the other side: `SO_PEERCRED`.
    pub(super) credentials: Option<Credentials>,
    pub(super) queue: Queue,
    /// Senders that have found the queue too long.
    pub(super) stalled: Vec<Weak<Endpoint>>,
}

/// A socket, as others know it.
pub(super) struct Endpoint {
    pub(super) common: Common,
    flags: AtomicU32,
    /// Protects what was received, the name and the peer; class `UnixSocket`.
    inside: SpinLock<UnixSocket, Inside>,
    /// Protects connections that wait; class `UnixListener`.
    pub(super) backlog: SpinLock<UnixListener, VecDeque<Arc<Self>>>,
    /// Woken when something can be received or accepted, and at an end.
    pub(super) readers: Source,
    /// Woken when something can be sent, when a connection has been accepted, and at an end.
    pub(super) writers: Source,
    /// How many bytes it has received, how many messages, and how long the first is: published under the lock.
    bytes: AtomicUsize,
    messages: AtomicUsize,
    first: AtomicUsize,
    /// How many parts of them have open files, published under the lock.
    with_rights: AtomicUsize,
    /// How many connections wait, published under the lock.
    pub(super) pending: AtomicUsize,
    /// How many may wait; one more does.
    pub(super) most: AtomicUsize,
    /// How much of what it has sent nobody has received. Changes under the receiver's lock.
    sent: AtomicUsize,
    /// Whether its receiver's queue was too long, and has not become shorter.
    pub(super) stalled: AtomicBool,
    /// How often a receiver's queue that was too long has become shorter, or is somebody else's.
    pub(super) releases: AtomicU64,
    /// Whether it has a name.
    pub(super) is_named: AtomicBool,
}

impl Endpoint {
    /// A new one, connected with nobody.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(super) fn new(kind: Kind, protocol: u32) -> Result<Arc<Self>> {
        let queue = match kind {
            Kind::Stream => Queue::Bytes(ByteQueue::new()?),
            _ => Queue::Packets(PacketQueue::new()),
        };
        let inside = Inside {
            state: State::New,
            name: None,
            peer: None,
            credentials: None,
            queue,
            stalled: Vec::new(),
        };
        let endpoint = Self {
            common: Common::new(abi::net::AF_UNIX, kind, protocol),
            flags: AtomicU32::new(0),
            inside: SpinLock::new(inside),
            backlog: SpinLock::new(VecDeque::new()),
            readers: Source::new(),
            writers: Source::new(),
            bytes: AtomicUsize::new(0),
            messages: AtomicUsize::new(0),
            first: AtomicUsize::new(0),
            with_rights: AtomicUsize::new(0),
            pending: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            sent: AtomicUsize::new(0),
            stalled: AtomicBool::new(false),
            releases: AtomicU64::new(0),
            is_named: AtomicBool::new(false),
        };
        try_arc(endpoint).map_err(|_| Errno::ENOMEM)
    }

    /// Runs an operation under the lock, and publishes what it leaves.
    pub(super) fn with<H: Before<UnixSocket>, O>(
        &self,
        held: &mut Held<'_, H, impl MaySpin>,
        operation: impl FnOnce(&mut Inside) -> O,
    ) -> O {
        held.below::<UnixSocket>().to_atomic().with(&self.inside, |inside, _| {
            let output = operation(inside);
            let (bytes, messages, first, with_rights) = match &inside.queue {
                Queue::Bytes(bytes) => (bytes.bytes(), 0, bytes.bytes(), bytes.with_rights()),
                Queue::Packets(packets) => {
                    let first = packets.first().map_or(0, |packet| packet.bytes.len());
                    (packets.bytes(), packets.len(), first, packets.with_rights())
                }
            };
            self.bytes.store(bytes, Ordering::Relaxed);
            self.messages.store(messages, Ordering::Relaxed);
            self.first.store(first, Ordering::Relaxed);
            self.with_rights.store(with_rights, Ordering::Relaxed);
            output
        })
    }

    /// Whether any of these flags is set.
    pub(super) fn is(&self, flags: u32) -> bool {
        self.flags.load(Ordering::Acquire) & flags != 0
    }

    /// Sets flags; gives those that there were.
    pub(super) fn set(&self, flags: u32) -> u32 {
        self.flags.fetch_or(flags, Ordering::AcqRel)
    }

    /// Whether both halves have ended.
    pub(super) fn is_over(&self) -> bool {
        let both = NO_RECEIVING | NO_SENDING;
        self.flags.load(Ordering::Acquire) & both == both
    }

    /// Has all look again that wait for it.
    pub(super) fn wake(&self) {
        self.readers.wake();
        self.writers.wake();
    }

    /// Whether its kind has connections.
    pub(super) fn connects(&self) -> bool {
        self.common.kind() != Kind::Datagram
    }

    /// Whether something was received.
    pub(super) fn has_received(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > 0 || self.messages.load(Ordering::Relaxed) > 0
    }

    /// How many bytes it has received.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How long the first message is that it has received.
    pub(super) fn first(&self) -> usize {
        self.first.load(Ordering::Relaxed)
    }

    /// Whether something that it has received has open files.
    pub(super) fn has_rights(&self) -> bool {
        self.with_rights.load(Ordering::Relaxed) > 0
    }

    /// How much of what it has sent nobody has received.
    pub(super) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// How much of that there may be.
    pub(super) fn limit(&self) -> usize {
        let buffer = self.common.send_buffer();
        if self.common.kind() == Kind::Stream { buffer.min(CAPACITY) } else { buffer }
    }

    /// Says how much of what it has sent nobody has received. Under the receiver's lock.
    pub(super) fn set_sent(&self, sent: usize) {
        self.sent.store(sent, Ordering::Relaxed);
    }

    /// Notes that more was sent. Under the receiver's lock.
    pub(super) fn add_sent(&self, cost: usize) {
        self.sent.fetch_add(cost, Ordering::Relaxed);
    }

    /// Notes that some of it was received, and has it go on sending if it waits for that.
    pub(super) fn refund(&self, cost: usize) {
        self.sent.fetch_sub(cost, Ordering::Relaxed);
        if self.has_room() {
            self.writers.wake();
        }
    }

    /// Whether a sender that has waited goes on: a quarter of its buffer is full, or less.
    pub(super) fn has_room(&self) -> bool {
        self.sent().saturating_mul(4) <= self.limit()
    }

    /// Whether something can be sent, as `poll` says it.
    pub(super) fn is_writable(&self) -> bool {
        !self.is(LISTENING) && self.has_room() && !self.stalled.load(Ordering::Acquire)
    }

    /// Whom it is connected with.
    pub(super) fn peer(&self, held: &mut Root<'_, Task>) -> Option<Arc<Self>> {
        self.with(held, |inside| inside.peer.clone())
    }

    /// Its name.
    pub(super) fn name(&self, held: &mut Root<'_, Task>) -> Option<Arc<Name>> {
        if !self.is_named.load(Ordering::Acquire) {
            return None;
        }
        self.with(held, |inside| inside.name.clone())
    }
}

impl Endpoint {
    /// What it has found too long is so no more: who waits for that goes on.
    pub(super) fn release(&self) {
        self.stalled.store(false, Ordering::Release);
        self.releases.fetch_add(1, Ordering::AcqRel);
        self.writers.wake();
    }
}

impl Inside {
    /// Has those go on sending that have found the queue too long.
    pub(super) fn release_stalled(&mut self) {
        for sender in self.stalled.drain(..) {
            if let Some(sender) = sender.upgrade() {
                sender.release();
            }
        }
    }
}
