//! What the stack has of a socket: whose it is, what it is called, and what state it is in.
//!
//! A connection outlives its file: what was sent is delivered after the close. It comes before its file, too: who connects to a
//! listener is connected before that accepts. So a slot has a file or none, and goes when it has none and nothing is left to be said.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, SocketAddr};

use abi::{Errno, Result, net};
use base::mm::fallible::try_zeroed;
use smoltcp::iface::{SocketHandle, SocketSet, SocketStorage};
use smoltcp::socket::{AnySocket, tcp, udp};
use smoltcp::time::Instant;

use crate::shared::Shared;

/// A slot's number. A file keeps it until it closes; the stack until the slot goes.
pub(crate) type SlotId = usize;

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// TCP.
    Stream,
    /// UDP.
    Datagram,
}

/// Bytes of each buffer of a connection.
pub(crate) const STREAM_BUFFER: usize = 64 * 1024;

/// Bytes of datagrams that wait to be received: one of the longest, at least.
const DATAGRAMS: usize = 128 * 1024;

/// How many of them wait at most, where they are short.
const DATAGRAM_COUNT: usize = 256;

/// Bytes for the one that is being sent: they are sent at once.
const SENT_DATAGRAM: usize = 64 * 1024;

/// What is said of connections before there is one, and kept for those that a listener has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Whether short pieces are sent at once: `TCP_NODELAY`.
    pub(crate) no_delay: bool,
    /// Whether an idle connection is looked after: `SO_KEEPALIVE`.
    pub(crate) keep_alive: bool,
    /// Whether only version 6 is meant where no address is said: `IPV6_V6ONLY`.
    pub(crate) only_v6: bool,
}

/// One of smoltcp's sockets, in a set of its own: it is polled alone, whatever number there are.
pub(crate) struct Alone<T> {
    pub(crate) set: SocketSet<'static>,
    handle: SocketHandle,
    what: core::marker::PhantomData<T>,
}

impl<T: AnySocket<'static>> Alone<T> {
    /// Of a socket.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    fn new(socket: T) -> Result<Self> {
        let mut storage = Vec::new();
        storage.try_reserve_exact(1).map_err(|_| Errno::ENOMEM)?;
        storage.push(SocketStorage::EMPTY);
        let mut set = SocketSet::new(storage);
        let handle = set.add(socket);
        Ok(Self { set, handle, what: core::marker::PhantomData })
    }

    /// The socket.
    pub(crate) fn get(&self) -> &T {
        self.set.get(self.handle)
    }

    /// The socket, to be changed.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.set.get_mut(self.handle)
    }
}

impl<T> fmt::Debug for Alone<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Alone")
    }
}

/// A new socket for a connection.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub(crate) fn new_stream(settings: Settings) -> Result<Alone<tcp::Socket<'static>>> {
    let buffer = || try_zeroed(STREAM_BUFFER).map(tcp::SocketBuffer::new).map_err(|_| Errno::ENOMEM);
    let mut socket = tcp::Socket::new(buffer()?, buffer()?);
    socket.set_nagle_enabled(!settings.no_delay);
    // Packets are received when they are sent: to wait for more to acknowledge would only need a timer.
    socket.set_ack_delay(None);
    Alone::new(socket)
}

/// A new socket for datagrams.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub(crate) fn new_datagrams() -> Result<Alone<udp::Socket<'static>>> {
    let buffer = |count, bytes| -> Result<udp::PacketBuffer<'static>> {
        let mut heads = Vec::new();
        heads.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
        heads.resize(count, udp::PacketMetadata::EMPTY);
        Ok(udp::PacketBuffer::new(heads, try_zeroed(bytes).map_err(|_| Errno::ENOMEM)?))
    };
    Alone::new(udp::Socket::new(buffer(DATAGRAM_COUNT, DATAGRAMS)?, buffer(2, SENT_DATAGRAM)?))
}

/// A listener.
#[derive(Debug)]
pub(crate) struct Listening {
    /// How many connections may wait, but one.
    pub(crate) backlog: usize,
    /// How many there are that are not accepted: those that are being made, and those that wait.
    pub(crate) coming: usize,
    /// Those that wait, in order.
    pub(crate) ready: VecDeque<SlotId>,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It is being made.
    Opening,
    /// It was made.
    Open,
    /// Nothing of it is sent any more, and nothing arrives. What has arrived can be read.
    Over,
}

/// A connection.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is said by somebody else")]
pub(crate) struct Connection {
    pub(crate) alone: Alone<tcp::Socket<'static>>,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) stage: Stage,
    /// The listener that it waits at.
    pub(crate) listener: Option<SlotId>,
    /// Whether nothing more is to be read, by `shutdown`.
    pub(crate) reads_no_more: bool,
    /// Whether nothing more is to be written, by `shutdown`.
    pub(crate) writes_no_more: bool,
    /// Whether the other side is told so when all has been received.
    pub(crate) closes_later: bool,
    /// Whether something was sent.
    pub(crate) has_begun: bool,
}

impl Connection {
    /// One that is to be made.
    pub(crate) const fn new(
        alone: Alone<tcp::Socket<'static>>,
        local: SocketAddr,
        remote: SocketAddr,
        listener: Option<SlotId>,
    ) -> Self {
        let (reads_no_more, writes_no_more, closes_later) = (false, false, false);
        let (stage, has_begun) = (Stage::Opening, false);
        Self { alone, local, remote, stage, listener, reads_no_more, writes_no_more, closes_later, has_begun }
    }

    /// Ends what is sent. In LAST-ACK smoltcp does not hear that the other side has room again, but by a probe: so a
    /// side that ends last does so when all has been received.
    pub(crate) fn finish(&mut self) {
        let tcp = self.alone.get_mut();
        self.closes_later = tcp.state() == tcp::State::CloseWait && tcp.send_queue() > 0;
        if !self.closes_later {
            tcp.close();
        }
    }
}

/// What a slot is.
#[derive(Debug)]
pub(crate) enum Phase {
    /// A stream without a connection.
    Idle,
    /// A stream that waits for connections.
    Listening(Listening),
    /// A stream with one.
    Connected(Connection),
    /// Datagrams, and where they go if that is not said.
    Datagrams(Alone<udp::Socket<'static>>, Option<SocketAddr>),
}

/// A slot.
#[derive(Debug)]
pub(crate) struct Slot {
    /// What its file shares; none where it has no file yet, or no more.
    pub(crate) shared: Option<Arc<Shared>>,
    pub(crate) transport: Transport,
    /// What it is called.
    pub(crate) local: Option<SocketAddr>,
    /// Whether that was asked for.
    pub(crate) was_bound: bool,
    /// Whether others may have its name, where it has no file that says so.
    pub(crate) reuses: bool,
    pub(crate) settings: Settings,
    pub(crate) phase: Phase,
    /// What to tell its file when it gets one.
    pub(crate) error: Option<Errno>,
    /// When to poll it without being asked.
    pub(crate) deadline: Option<Instant>,
    /// When it goes, whatever is left to say.
    pub(crate) expires: Option<Instant>,
    /// Whether it waits to be polled.
    pub(crate) is_dirty: bool,
}

impl Slot {
    /// Whether its file was made for version 6.
    pub(crate) fn is_v6(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.common.family() == net::AF_INET6)
    }

    /// Whether others may have its name who say the same.
    pub(crate) fn reuses(&self) -> bool {
        self.shared.as_ref().map_or(self.reuses, |shared| shared.reuses())
    }

    /// Whose sockets may listen where it does who say the same.
    fn shares_with(&self) -> Option<u32> {
        self.shared.as_ref().filter(|shared| shared.shares()).map(|shared| shared.owner())
    }

    /// Whether it and another one may listen at one name: both say so, and are one user's.
    pub(crate) fn shares(&self, other: &Self) -> bool {
        self.shares_with().is_some_and(|owner| other.shares_with() == Some(owner))
    }

    /// Whether another one, which has a name, lets it have that as well.
    pub(crate) fn is_let_by(&self, other: &Self) -> bool {
        let reuses = |slot: &Self| slot.shared.as_ref().map_or(slot.reuses, |shared| shared.reuses_address());
        reuses(self) && reuses(other) && !other.is_listening() || self.shares(other)
    }

    /// Tells its file of an error, now or when it has one.
    pub(crate) fn fail(&mut self, error: Errno) {
        match &self.shared {
            Some(shared) => shared.fail(error),
            None => self.error = Some(error),
        }
    }

    /// The connection.
    pub(crate) const fn connection(&mut self) -> Option<&mut Connection> {
        match &mut self.phase {
            Phase::Connected(connection) => Some(connection),
            _ => None,
        }
    }

    /// Whether it waits for connections.
    pub(crate) const fn is_listening(&self) -> bool {
        matches!(self.phase, Phase::Listening(_))
    }

    /// Whether what goes to an address may be for it: how well it fits, if it does.
    pub(crate) fn fits(&self, to: SocketAddr) -> Option<u32> {
        let local = self.local.filter(|local| local.port() == to.port())?;
        if local.ip() == to.ip() {
            return Some(3);
        }
        if !local.ip().is_unspecified() {
            return None;
        }
        match (local.ip(), to.ip()) {
            (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => Some(2),
            (IpAddr::V6(_), IpAddr::V4(_)) if !self.settings.only_v6 => Some(1),
            _ => None,
        }
    }

    /// Whether it and one that is to be called `name` would be called the same.
    pub(crate) fn overlaps(&self, name: SocketAddr, only_v6: bool) -> bool {
        let Some(local) = self.local.filter(|local| local.port() == name.port()) else { return false };
        let both = |v6: SocketAddr, only_v6: bool| v6.ip().is_unspecified() && !only_v6;
        match (local, name) {
            (SocketAddr::V6(_), SocketAddr::V4(_)) => both(local, self.settings.only_v6),
            (SocketAddr::V4(_), SocketAddr::V6(_)) => both(name, only_v6),
            _ => local.ip() == name.ip() || local.ip().is_unspecified() || name.ip().is_unspecified(),
        }
    }
}
