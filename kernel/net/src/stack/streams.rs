//! What is done with streams: listening, accepting, connecting, sending, receiving, ending.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use abi::{Errno, Result};
use smoltcp::socket::tcp::State;
use smoltcp::time::{Duration, Instant};

use super::names::{ends, is_own};
use super::packet::Head;
use super::slot::{Connection, Listening, Phase, Settings, Slot, SlotId, Stage, Transport, new_stream};
use super::value::Stack;
use crate::shared::Shared;

/// How long a connection is tried to be made, as on Linux.
const PATIENCE: Duration = Duration::from_secs(127);

/// How often an idle connection is looked after that wants to be, as on Linux.
const KEEP_ALIVE: Duration = Duration::from_secs(7200);

/// The most that may wait at a listener.
const MOST_WAITING: usize = 4096;

/// What came of an operation that may have to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<T> {
    /// It is done.
    Done(T),
    /// It is to wait.
    Wait,
}

impl Stack {
    /// Has a stream wait for connections.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where it has one; [`Errno::EADDRINUSE`] where another one listens there; [`Errno::ENOMEM`].
    pub(crate) fn listen(&mut self, now: Instant, id: SlotId, backlog: usize, random: u16) -> Result<()> {
        let backlog = backlog.min(MOST_WAITING);
        let slot = self.slot(id)?;
        match &mut slot.phase {
            Phase::Idle => {}
            Phase::Listening(listening) => {
                let more = (backlog + 1).saturating_sub(listening.ready.len());
                listening.ready.try_reserve(more).map_err(|_| Errno::ENOMEM)?;
                listening.backlog = backlog;
                return Ok(());
            }
            Phase::Connected(_) | Phase::Datagrams(..) => return Err(Errno::EINVAL),
        }
        let mut ready = VecDeque::new();
        ready.try_reserve(backlog + 1).map_err(|_| Errno::ENOMEM)?;
        let any = if slot.is_v6() { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        self.bind_any(now, id, any, random)?;
        let name = self.slot(id)?.local.ok_or(Errno::EINVAL)?;
        if self.is_listened_at(id, name)? {
            return Err(Errno::EADDRINUSE);
        }
        self.slot(id)?.phase = Phase::Listening(Listening { backlog, coming: 0, ready });
        self.receivers.push(id);
        self.publish(id, false);
        Ok(())
    }

    /// A slot for a connection that a packet asks a listener for.
    ///
    /// # Errors
    ///
    /// [`Errno::EAGAIN`] where enough wait; [`Errno::ENOBUFS`], [`Errno::ENOMEM`].
    pub(super) fn coming(&mut self, listener: SlotId, head: &Head) -> Result<SlotId> {
        let slot = self.slot(listener)?;
        let (settings, reuses) = (slot.settings, slot.reuses());
        let Phase::Listening(listening) = &slot.phase else { return Err(Errno::EINVAL) };
        if listening.coming > listening.backlog {
            return Err(Errno::EAGAIN);
        }
        let id = self.connection(settings, (head.to, head.from), Some(listener), |mut connection| {
            let socket = connection.alone.get_mut();
            socket.listen(head.to).map_err(|_| Errno::EADDRNOTAVAIL)?;
            let local = Some(connection.local);
            Ok(Slot {
                shared: None,
                transport: Transport::Stream,
                local,
                was_bound: false,
                reuses,
                settings,
                phase: Phase::Connected(connection),
                error: None,
                deadline: None,
                expires: None,
                is_dirty: false,
            })
        })?;
        if let Ok(Slot { phase: Phase::Listening(listening), .. }) = self.slot(listener) {
            listening.coming += 1;
        }
        if let Err(error) = self.route((head.to, head.from), id) {
            self.remove(id);
            return Err(error);
        }
        Ok(id)
    }

    /// A new slot with a connection between two names.
    fn connection(
        &mut self,
        settings: Settings,
        (local, remote): (SocketAddr, SocketAddr),
        listener: Option<SlotId>,
        fill: impl FnOnce(Connection) -> Result<Slot>,
    ) -> Result<SlotId> {
        self.take_buffers()?;
        let made =
            new_stream(settings).and_then(|alone| fill(Connection::new(alone, local, remote, listener)));
        made.and_then(|slot| self.insert(slot)).inspect_err(|_| self.buffered -= 1)
    }

    /// Notes that a listener's connection is made.
    pub(super) fn is_ready(&mut self, listener: SlotId, id: SlotId) {
        if let Ok(Slot { phase: Phase::Listening(listening), .. }) = self.slot(listener) {
            // There is memory for all that may wait.
            listening.ready.push_back(id);
            self.publish(listener, true);
        }
    }

    /// Gives the next connection of a listener to a file; its slot, its name, and the other side's.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where it does not listen.
    pub(crate) fn accept(&mut self, id: SlotId, shared: &Arc<Shared>) -> Result<Step<(SlotId, SocketAddr)>> {
        let slot = self.slot(id)?;
        let Phase::Listening(listening) = &mut slot.phase else { return Err(Errno::EINVAL) };
        let Some(child) = listening.ready.pop_front() else { return Ok(Step::Wait) };
        listening.coming -= 1;
        self.publish(id, false);
        let slot = self.slot(child)?;
        slot.shared = Some(Arc::clone(shared));
        if let Some(error) = slot.error.take() {
            shared.fail(error);
        }
        let connection = slot.connection().ok_or(Errno::EINVAL)?;
        connection.listener = None;
        let remote = connection.remote;
        self.publish(child, true);
        Ok(Step::Done((child, remote)))
    }

    /// Begins to connect a stream.
    ///
    /// # Errors
    ///
    /// [`Errno::EISCONN`], [`Errno::EALREADY`] where it is or is being; [`Errno::ENETUNREACH`] for what is not this machine;
    /// [`Errno::EADDRNOTAVAIL`] where there is such a connection, or no port; [`Errno::ENOBUFS`]; [`Errno::ENOMEM`].
    pub(crate) fn connect(&mut self, now: Instant, id: SlotId, to: SocketAddr, random: u16) -> Result<()> {
        let slot = self.slot(id)?;
        match &slot.phase {
            Phase::Idle => {}
            Phase::Connected(connection) if connection.stage == Stage::Opening => {
                return Err(Errno::EALREADY);
            }
            Phase::Connected(_) | Phase::Listening(_) => return Err(Errno::EISCONN),
            Phase::Datagrams(..) => return Err(Errno::EINVAL),
        }
        let (own, address) = ends(slot.local.map(|local| local.ip()), to.ip());
        if own.is_ipv4() != address.is_ipv4() || !is_own(address) {
            return Err(Errno::ENETUNREACH);
        }
        if to.port() == 0 {
            return Err(Errno::ECONNREFUSED);
        }
        let settings = slot.settings;
        self.bind_any(now, id, own, random).map_err(|_| Errno::EADDRNOTAVAIL)?;
        let made = self.begin(now, id, own, SocketAddr::new(address, to.port()), settings);
        if made.is_err() {
            let slot = self.slot(id)?;
            slot.local = slot.local.filter(|_| slot.was_bound);
        }
        made
    }

    /// Begins a connection from a port that the slot has.
    fn begin(
        &mut self,
        now: Instant,
        id: SlotId,
        own: IpAddr,
        remote: SocketAddr,
        settings: Settings,
    ) -> Result<()> {
        let name = self.slot(id)?.local.ok_or(Errno::EINVAL)?;
        let local = SocketAddr::new(own, name.port());
        if self.waits.has(now, local, remote) {
            return Err(Errno::EADDRNOTAVAIL);
        }
        self.take_buffers()?;
        let made = new_stream(settings).and_then(|mut alone| {
            let socket = alone.get_mut();
            socket.set_timeout(Some(PATIENCE));
            socket.set_keep_alive(settings.keep_alive.then_some(KEEP_ALIVE));
            let context = self.interface.context();
            socket.connect(context, remote, local).map_err(|_| Errno::EADDRNOTAVAIL)?;
            self.route((local, remote), id)?;
            Ok(alone)
        });
        let alone = made.inspect_err(|_| self.buffered -= 1)?;
        let slot = self.slot(id)?;
        slot.local = Some(local);
        slot.phase = Phase::Connected(Connection::new(alone, local, remote, None));
        self.mark(id);
        self.publish(id, false);
        Ok(())
    }

    /// Sends a part of some bytes; gives how many.
    ///
    /// # Errors
    ///
    /// [`Errno::EPIPE`] where it is not connected, or nothing can be sent any more.
    pub(crate) fn send(&mut self, id: SlotId, bytes: &[u8]) -> Result<Step<usize>> {
        let connection = self.slot(id)?.connection().ok_or(Errno::EPIPE)?;
        if connection.stage == Stage::Opening {
            return Ok(Step::Wait);
        }
        if connection.writes_no_more {
            return Err(Errno::EPIPE);
        }
        let sent = connection.alone.get_mut().send_slice(bytes).map_err(|_| Errno::EPIPE)?;
        if sent == 0 {
            return Ok(Step::Wait);
        }
        self.mark(id);
        self.publish(id, false);
        Ok(Step::Done(sent))
    }

    /// The connection to receive from; none where it is being made.
    fn receiving(&mut self, id: SlotId) -> Result<Option<&mut Connection>> {
        let connection = self.slot(id)?.connection().ok_or(Errno::ENOTCONN)?;
        Ok((connection.stage != Stage::Opening).then_some(connection))
    }

    /// What a receiver gets where there is nothing.
    fn nothing(connection: &Connection) -> Step<usize> {
        let tcp = connection.alone.get();
        let ends = connection.reads_no_more || connection.stage == Stage::Over || !tcp.may_recv();
        if ends { Step::Done(0) } else { Step::Wait }
    }

    /// Has `take` look at bytes that have arrived, and say how many it has taken; what that gives, and nothing at the end.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTCONN`]; those of `take`, which has taken nothing then.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        id: SlotId,
        take: impl FnOnce(&[u8]) -> Result<usize>,
    ) -> Result<Step<usize>> {
        let Some(connection) = self.receiving(id)? else { return Ok(Step::Wait) };
        if !connection.alone.get().can_recv() {
            return Ok(Self::nothing(connection));
        }
        let taken = connection.alone.get_mut().recv(|bytes| match take(bytes) {
            Ok(count) => (count, Ok(count)),
            Err(error) => (0, Err(error)),
        });
        let count = taken.map_err(|_| Errno::ENOTCONN)??;
        // The other side may be told of the room.
        self.reschedule(now, id, false);
        self.publish(id, false);
        Ok(Step::Done(count))
    }

    /// Copies bytes that have arrived, and leaves them.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTCONN`].
    pub(crate) fn peek(&mut self, id: SlotId, to: &mut [u8]) -> Result<Step<usize>> {
        let Some(connection) = self.receiving(id)? else { return Ok(Step::Wait) };
        if !connection.alone.get().can_recv() {
            return Ok(Self::nothing(connection));
        }
        connection.alone.get_mut().peek_slice(to).map(Step::Done).map_err(|_| Errno::ENOTCONN)
    }

    /// How many bytes have arrived and are not read, and how many are not received by the other side.
    pub(crate) fn queued(&mut self, id: SlotId) -> Result<(usize, usize)> {
        Ok(match &self.slot(id)?.phase {
            Phase::Connected(connection) => {
                let tcp = connection.alone.get();
                (tcp.recv_queue(), tcp.send_queue())
            }
            Phase::Idle | Phase::Listening(_) => (0, 0),
            Phase::Datagrams(..) => return Err(Errno::EINVAL),
        })
    }

    /// Ends what is received, what is sent, or both. A listener that receives no more listens no more.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTCONN`].
    pub(crate) fn shut(&mut self, now: Instant, id: SlotId, reads: bool, writes: bool) -> Result<()> {
        let slot = self.slot(id)?;
        match &mut slot.phase {
            Phase::Listening(_) => {
                if reads {
                    self.stop_listening(now, id);
                    self.publish(id, true);
                }
                return Ok(());
            }
            Phase::Connected(connection) if connection.stage != Stage::Opening => {
                if connection.stage == Stage::Over {
                    return Err(Errno::ENOTCONN);
                }
                connection.reads_no_more |= reads;
                if writes {
                    connection.writes_no_more = true;
                    connection.finish();
                }
            }
            _ => return Err(Errno::ENOTCONN),
        }
        self.mark(id);
        self.publish(id, true);
        Ok(())
    }

    /// Ends a listener: who waits there is reset.
    fn stop_listening(&mut self, now: Instant, id: SlotId) {
        self.receivers.retain(|&other| other != id);
        let Ok(slot) = self.slot(id) else { return };
        slot.phase = Phase::Idle;
        for child in 0..self.slots.len() {
            let Ok(slot) = self.slot(child) else { continue };
            let Some(connection) = slot.connection() else { continue };
            if connection.listener == Some(id) {
                connection.listener = None;
                connection.alone.get_mut().abort();
                self.orphan(now, child);
            }
        }
    }

    /// Ends the use by a file. What was sent is delivered, unless bytes that have arrived were not read, or it is to be `reset`.
    pub(crate) fn close(&mut self, now: Instant, id: SlotId, reset: bool) {
        let Ok(slot) = self.slot(id) else { return };
        slot.reuses = slot.reuses();
        slot.shared = None;
        match &mut slot.phase {
            Phase::Idle | Phase::Datagrams(..) => self.remove(id),
            Phase::Listening(_) => {
                self.stop_listening(now, id);
                self.remove(id);
            }
            Phase::Connected(connection) => {
                if connection.stage == Stage::Over {
                    return self.remove(id);
                }
                let tcp = connection.alone.get_mut();
                if reset || tcp.can_recv() || tcp.state() == State::SynSent {
                    tcp.abort();
                } else {
                    connection.finish();
                }
                self.orphan(now, id);
            }
        }
    }

    /// Says how streams of a socket are to be.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`].
    pub(crate) fn set(&mut self, id: SlotId, change: impl FnOnce(&mut Settings)) -> Result<()> {
        let slot = self.slot(id)?;
        change(&mut slot.settings);
        let settings = slot.settings;
        if let Some(connection) = slot.connection() {
            let tcp = connection.alone.get_mut();
            tcp.set_nagle_enabled(!settings.no_delay);
            tcp.set_keep_alive(settings.keep_alive.then_some(KEEP_ALIVE));
            self.mark(id);
        }
        Ok(())
    }

    /// How streams of a socket are to be.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`].
    pub(crate) fn settings(&mut self, id: SlotId) -> Result<Settings> {
        Ok(self.slot(id)?.settings)
    }

    /// What a socket is called, and the other side, if there is one.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`].
    pub(crate) fn names(&mut self, id: SlotId) -> Result<(Option<SocketAddr>, Option<SocketAddr>)> {
        let slot = self.slot(id)?;
        let remote = match &slot.phase {
            Phase::Connected(connection) if connection.stage == Stage::Open => Some(connection.remote),
            Phase::Datagrams(_, peer) => *peer,
            _ => None,
        };
        Ok((slot.local, remote))
    }
}
