//! Sending: bytes of a stream, in pieces of a buffer, and messages, each whole.
//!
//! What a user sends is copied with nothing held, and put into what the other side has received under that one's lock. Open files go
//! with the first piece, with the graph held.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use abi::{Errno, Result, net};
use base::mm::fallible::{try_arc, try_zeroed};
use lockorder::{Root, Task};
use socket::{Bytes, Call, Kind, MessageFlags, Outgoing};

use super::binding::bind_to_any;
use super::bytes::Attached;
use super::ending;
use super::endpoint::{CLOSED, CONNECTED, Endpoint, Inside, NO_RECEIVING, NO_SENDING, Queue, State};
use super::graph;
use super::names;
use super::open_files::endpoint_of;
use super::packets::Packet;
use crate::pipe::buffer::{Buffer, SIZE};
use crate::pipe::ring::Refusal;

/// What is no longer than this is copied into the buffer that others' bytes are in.
const SMALL: usize = 512;
/// How many messages a socket of datagrams receives from strangers before they wait; one more comes in.
const MOST_MESSAGES: usize = 10;
/// What a message leaves free of its sender's buffer.
const MARGIN: usize = 32;

/// Why something was not put into what a socket has received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// The sender's buffer is full.
    Full,
    /// Too many messages wait there; the number of the sender's releases so far.
    Stalled(u64),
    /// It will not be.
    Error(Errno),
}

impl From<Errno> for Refused {
    fn from(error: Errno) -> Self {
        Self::Error(error)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Full => Self::Full,
            Refusal::NoMemory => Self::Error(Errno::ENOMEM),
        }
    }
}

/// Sends.
pub(super) fn send(
    own: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    message: Outgoing<'_>,
    call: &Call<'_>,
) -> Result<usize> {
    if message.flags.contains(MessageFlags::OUT_OF_BAND) {
        return Err(Errno::EOPNOTSUPP);
    }
    if !message.control.rights.is_empty() {
        graph::collect_if_many(held, endpoint_of);
    }
    if own.common.kind() == Kind::Stream {
        send_bytes(own, held, message, call)
    } else {
        send_message(own, held, message, call)
    }
}

/// What goes with what a socket sends to another: credentials where one of them asks for them.
fn attached(
    own: &Endpoint,
    held: &mut Root<'_, Task>,
    other: &Endpoint,
    message: &mut Outgoing<'_>,
    call: &Call<'_>,
) -> Attached {
    let given = message.control.credentials.take();
    let is_asked = || [own, other].iter().any(|socket| socket.common.is_on(net::SO_PASSCRED));
    let credentials = match given {
        Some(given) => Some(given),
        None if is_asked() => Some(call.sender(held)),
        None => None,
    };
    Attached { rights: core::mem::take(&mut message.control.rights), credentials }
}

/// Runs an operation on what a socket has received, with the graph held where open files go in.
fn put<O>(
    other: &Endpoint,
    held: &mut Root<'_, Task>,
    attached: &mut Attached,
    operation: impl FnOnce(&mut Inside, &mut Attached) -> core::result::Result<O, Refused>,
) -> core::result::Result<O, Refused> {
    if attached.rights.is_empty() {
        return other.with(held, |inside| operation(inside, attached));
    }
    graph::with(held, |graph, held| {
        graph.add(&attached.rights, endpoint_of)?;
        let done = other.with(held, |inside| operation(inside, attached));
        if done.is_err() {
            // What was not taken is in flight no more.
            graph.remove(&attached.rights);
        }
        done
    })
}

/// Sends bytes to the peer.
fn send_bytes(
    own: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    message: Outgoing<'_>,
    call: &Call<'_>,
) -> Result<usize> {
    let mut message = message;
    if message.address.is_some() {
        return Err(if own.is(CONNECTED) { Errno::EISCONN } else { Errno::EOPNOTSUPP });
    }
    let peer = own.peer(held).ok_or(Errno::ENOTCONN)?;
    if own.is(NO_SENDING) {
        return Err(Errno::EPIPE);
    }
    let mut attached = attached(own, held, &peer, &mut message, call);
    let to = Stream { own, peer: &peer };
    let sent = to.send(held, message.bytes, &mut attached, call);
    // What has not gone is the caller's again.
    message.control.rights = attached.rights;
    sent
}

/// A stream from one socket to another.
struct Stream<'a> {
    own: &'a Endpoint,
    peer: &'a Endpoint,
}

impl Stream<'_> {
    /// Whether anybody will read.
    fn is_over(&self) -> bool {
        self.own.is(NO_SENDING) || self.peer.is(NO_RECEIVING | CLOSED)
    }

    /// Sends all bytes, as far as the call may wait.
    fn send(
        &self,
        held: &mut Root<'_, Task>,
        bytes: Bytes<'_>,
        attached: &mut Attached,
        call: &Call<'_>,
    ) -> Result<usize> {
        let length = bytes.len();
        let (mut done, mut spare) = (0, None);
        let mut result = Ok(());
        while done < length && result.is_ok() {
            let count = (length - done).min(SIZE);
            let more = length - done > count;
            result = self.send_piece(held, (bytes, done, count), more, attached, &mut spare, call);
            if result.is_ok() {
                done += count;
            }
        }
        if let Some(buffer) = spare {
            // Beyond those that are kept it is dropped after the lock.
            drop(self.peer.with(held, |inside| match &mut inside.queue {
                Queue::Bytes(bytes) => bytes.put_back(buffer),
                Queue::Packets(_) => Some(buffer),
            }));
        }
        if done > 0 {
            self.peer.readers.wake();
            return Ok(done);
        }
        result.map(|()| 0)
    }

    /// Sends what fits into one buffer, in one step.
    fn send_piece(
        &self,
        held: &mut Root<'_, Task>,
        (bytes, at, count): (Bytes<'_>, usize, usize),
        more: bool,
        attached: &mut Attached,
        spare: &mut Option<Buffer>,
        call: &Call<'_>,
    ) -> Result<()> {
        // Before the copy, which would be in vain.
        if self.is_over() {
            return Err(Errno::EPIPE);
        }
        if self.own.sent() >= self.own.limit() {
            self.wait(held, call)?;
        }
        if count <= SMALL {
            let mut small = [0; SMALL];
            let Some(small) = small.get_mut(..count) else { return Err(Errno::EINVAL) };
            bytes.copy_in(held, at, small)?;
            loop {
                let put = put(self.peer, held, attached, |inside, attached| {
                    self.with_bytes(inside, |queue| queue.append(small, attached).map_err(Refused::from))
                });
                match put {
                    Err(Refused::Error(error)) => return Err(error),
                    Err(_) => self.wait(held, call)?,
                    Ok(()) => return Ok(()),
                }
            }
        }
        let taken = spare.take().or_else(|| {
            self.peer.with(held, |inside| match &mut inside.queue {
                Queue::Bytes(bytes) => bytes.take_spare(),
                Queue::Packets(_) => None,
            })
        });
        let mut buffer = match taken {
            Some(buffer) => buffer,
            None => Buffer::new().map_err(|_| Errno::ENOMEM)?,
        };
        bytes.copy_in(held, at, buffer.part_mut(0, count))?;
        let mut buffer = Some(buffer);
        loop {
            let put = put(self.peer, held, attached, |inside, attached| {
                self.with_bytes(inside, |queue| {
                    let Some(full) = buffer.take() else { return Err(Refused::Full) };
                    queue.put(full, count, more, attached).map_err(|(back, refusal)| {
                        buffer = Some(back);
                        refusal.into()
                    })
                })
            });
            match put {
                Err(Refused::Error(error)) => return Err(error),
                Err(_) => self.wait(held, call)?,
                Ok(other) => {
                    *spare = other;
                    return Ok(());
                }
            }
        }
    }

    /// Runs an operation on what the peer has received, if it receives more and this one may send more.
    fn with_bytes<O>(
        &self,
        inside: &mut Inside,
        operation: impl FnOnce(&mut super::bytes::ByteQueue) -> core::result::Result<O, Refused>,
    ) -> core::result::Result<O, Refused> {
        // Under the lock: one that has closed reads nothing of this.
        let Queue::Bytes(queue) = &mut inside.queue else { return Err(Errno::EPIPE.into()) };
        if self.is_over() {
            return Err(Errno::EPIPE.into());
        }
        if queue.used() >= self.own.limit() {
            return Err(Refused::Full);
        }
        let output = operation(queue)?;
        self.own.set_sent(queue.used());
        Ok(output)
    }

    /// Waits for room.
    fn wait(&self, held: &mut Root<'_, Task>, call: &Call<'_>) -> Result<()> {
        // What was sent so far makes the room.
        self.peer.readers.wake();
        call.wait(held, &[&self.own.writers], || {
            if self.is_over() {
                return Some(Err(Errno::EPIPE));
            }
            self.own.has_room().then_some(Ok(()))
        })
    }
}

/// Sends a message, to an address or to the peer.
fn send_message(
    own: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    message: Outgoing<'_>,
    call: &Call<'_>,
) -> Result<usize> {
    let mut message = message;
    let connects = own.connects();
    if connects && !own.is(CONNECTED) {
        return Err(Errno::ENOTCONN);
    }
    let address = message.address.filter(|_| !connects);
    if own.common.is_on(net::SO_PASSCRED) && !connects {
        bind_to_any(own, held)?;
    }
    let other = match address {
        Some(address) => names::find(held, address, call)?,
        None => own.peer(held).ok_or(Errno::ENOTCONN)?,
    };
    if other.common.kind() != own.common.kind() {
        return Err(Errno::EPROTOTYPE);
    }
    let length = message.bytes.len();
    if length > own.common.send_buffer().saturating_sub(MARGIN) {
        return Err(Errno::EMSGSIZE);
    }
    let mut bytes = try_zeroed(length).map_err(|_| Errno::ENOMEM)?;
    message.bytes.copy_in(held, 0, &mut bytes)?;
    let name = own.name(held);
    let mut attached = attached(own, held, &other, &mut message, call);
    let packet = try_arc(Packet { bytes, attached: Attached::default(), sender: Arc::clone(own), name });
    let sent = match packet {
        Ok(mut packet) => loop {
            match put(&other, held, &mut attached, |inside, attached| {
                push(own, &other, inside, &mut packet, attached)
            }) {
                Ok(()) => break Ok(length),
                Err(Refused::Error(error)) => break Err(error),
                Err(refused) => {
                    if let Err(error) = wait(own, held, &other, refused, call) {
                        break Err(error);
                    }
                }
            }
        },
        Err(_) => Err(Errno::ENOMEM),
    };
    if sent.is_ok() {
        other.readers.wake();
    }
    message.control.rights = attached.rights;
    if sent == Err(Errno::ECONNREFUSED) && address.is_none() {
        // The peer is gone, and is the peer no more.
        let was_peer = own.with(held, |inside| {
            let is_peer = inside.peer.as_ref().is_some_and(|peer| Arc::ptr_eq(peer, &other));
            if is_peer {
                inside.peer = None;
                inside.state = State::New;
            }
            is_peer
        });
        if was_peer {
            ending::leave_peer(own, held, &other);
        }
    }
    sent
}

/// Puts a message into what a socket has received. Under its lock.
fn push(
    own: &Arc<Endpoint>,
    other: &Arc<Endpoint>,
    inside: &mut Inside,
    packet: &mut Arc<Packet<Endpoint>>,
    attached: &mut Attached,
) -> core::result::Result<(), Refused> {
    if other.is(CLOSED) {
        return Err(if own.connects() { Errno::EPIPE } else { Errno::ECONNREFUSED }.into());
    }
    if own.is(NO_SENDING) || other.is(NO_RECEIVING) {
        return Err(Errno::EPIPE.into());
    }
    let is_mutual = inside.peer.as_ref().is_some_and(|peer| Arc::ptr_eq(peer, own));
    if inside.peer.is_some() && !is_mutual {
        return Err(Errno::EPERM.into());
    }
    let Queue::Packets(queue) = &mut inside.queue else { return Err(Errno::ECONNREFUSED.into()) };
    if own.sent() >= own.limit() {
        return Err(Refused::Full);
    }
    if !is_mutual && !Arc::ptr_eq(own, other) && queue.len() > MOST_MESSAGES {
        let weak = Arc::downgrade(own);
        if !inside.stalled.iter().any(|stalled| stalled.ptr_eq(&weak)) {
            inside.stalled.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            inside.stalled.push(weak);
        }
        own.stalled.store(true, Ordering::Release);
        return Err(Refused::Stalled(own.releases.load(Ordering::Acquire)));
    }
    queue.reserve()?;
    let Some(message) = Arc::get_mut(packet) else { return Err(Errno::EINVAL.into()) };
    message.attached = core::mem::take(attached);
    own.add_sent(message.cost());
    queue.push(Arc::clone(packet));
    Ok(())
}

/// Waits until a message may be sent.
fn wait(
    own: &Endpoint,
    held: &mut Root<'_, Task>,
    other: &Endpoint,
    refused: Refused,
    call: &Call<'_>,
) -> Result<()> {
    call.wait(held, &[&own.writers], || {
        let is_over = own.is(NO_SENDING) || other.is(NO_RECEIVING | CLOSED);
        let may = match refused {
            // By the number: another thread may have stalled at another receiver meanwhile.
            Refused::Stalled(seen) => own.releases.load(Ordering::Acquire) != seen,
            _ => own.has_room(),
        };
        (is_over || may).then_some(Ok(()))
    })
}
