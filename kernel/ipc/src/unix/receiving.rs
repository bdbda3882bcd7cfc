//! Receiving: bytes of a stream, copied out under the lock as far as user memory is there, and messages, taken out first.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result, net};
use base::user::MOST_FAULTS;
use fs::OpenFile;
use lockorder::{Root, Task};
use socket::{Call, Control, Credentials, Kind, MessageFlags, Received, Room};

use super::bytes::{Ended, Reading};
use super::endpoint::{CONNECTED, Endpoint, Inside, NO_RECEIVING, Queue};
use super::graph;
use super::packets::Packet;

/// Receives.
pub(super) fn receive(
    own: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    to: Room<'_>,
    flags: MessageFlags,
    call: &Call<'_>,
) -> Result<Received> {
    if flags.contains(MessageFlags::OUT_OF_BAND) {
        return Err(Errno::EOPNOTSUPP);
    }
    if own.common.kind() == Kind::Stream {
        receive_bytes(own, held, to, flags, call)
    } else {
        receive_message(own, held, to, flags, call)
    }
}

/// Credentials for a receiver that asks for them.
fn told(own: &Endpoint, credentials: Option<Credentials>) -> Option<Credentials> {
    own.common.is_on(net::SO_PASSCRED).then(|| credentials.unwrap_or(Credentials::NOBODY))
}

/// Goes on with a receiver. Under the lock, and with the graph where that is said.
fn step(
    own: &Endpoint,
    inside: &mut Inside,
    to: Room<'_>,
    graph_is_held: bool,
    reading: &mut Reading,
) -> (Ended, bool) {
    // Under the lock, and before the bytes: whoever has gone has sent before.
    let is_over = own.is(NO_RECEIVING);
    let Queue::Bytes(queue) = &mut inside.queue else { return (Ended::Empty, true) };
    let ended = queue.read(to, graph_is_held, reading);
    if !reading.peeks
        && let Some(peer) = &inside.peer
    {
        peer.set_sent(queue.used());
        if peer.has_room() {
            peer.writers.wake();
        }
    }
    (ended, is_over)
}

/// The same, with the graph held: what comes out is in flight no more.
fn step_with_graph(
    own: &Endpoint,
    held: &mut Root<'_, Task>,
    to: Room<'_>,
    reading: &mut Reading,
) -> (Ended, bool) {
    graph::with(held, |graph, held| {
        let before = reading.rights.len();
        let ended = own.with(held, |inside| step(own, inside, to, true, reading));
        if !reading.peeks {
            graph.remove(reading.rights.get(before..).unwrap_or_default());
        }
        ended
    })
}

/// Receives bytes.
fn receive_bytes(
    own: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    to: Room<'_>,
    flags: MessageFlags,
    call: &Call<'_>,
) -> Result<Received> {
    if !own.is(CONNECTED) {
        return Err(Errno::EINVAL);
    }
    let peeks = flags.contains(MessageFlags::PEEK);
    let waits_for_all = flags.contains(MessageFlags::WAIT_ALL) && !peeks;
    let mut reading = Reading::new(peeks, own.common.is_on(net::SO_PASSCRED));
    let read = read_bytes(own, held, to, waits_for_all, &mut reading, call);
    let Reading { done, credentials, has_begun, rights, .. } = reading;
    let mut control = Control { rights, credentials: None, others: Vec::new() };
    if let Err(error) = read
        && done == 0
    {
        control.close(held);
        return Err(error);
    }
    if has_begun {
        control.credentials = told(own, credentials);
    }
    let address = sender(own, held);
    Ok(Received { count: done, flags: 0, address, control })
}

/// The address of the peer, if it has a name.
fn sender(own: &Endpoint, held: &mut Root<'_, Task>) -> Option<socket::Address> {
    let peer = own.with(held, |inside| {
        let is_named = |peer: &&Arc<Endpoint>| peer.is_named.load(core::sync::atomic::Ordering::Acquire);
        inside.peer.as_ref().filter(is_named).cloned()
    });
    peer?.name(held).map(|name| name.address())
}

/// Reads until there is enough, or no more.
fn read_bytes(
    own: &Endpoint,
    held: &mut Root<'_, Task>,
    to: Room<'_>,
    waits_for_all: bool,
    reading: &mut Reading,
    call: &Call<'_>,
) -> Result<()> {
    let (mut with_graph, mut faults) = (false, 0);
    loop {
        let before = reading.done;
        let (ended, is_over) = if with_graph {
            step_with_graph(own, held, to, reading)
        } else {
            own.with(held, |inside| step(own, inside, to, false, reading))
        };
        with_graph = false;
        match ended {
            Ended::AtMost => {}
            Ended::Full | Ended::Barrier => return Ok(()),
            Ended::Rights => with_graph = true,
            Ended::NoMemory => return Err(Errno::ENOMEM),
            Ended::Fault(count) => {
                faults = if reading.done == before { faults + 1 } else { 0 };
                if faults > MOST_FAULTS {
                    return Err(Errno::EFAULT);
                }
                to.fault_in(held, reading.done, count)?;
            }
            Ended::Empty if reading.done > 0 && !waits_for_all => return Ok(()),
            Ended::Empty => {
                if reading.done == 0
                    && let Some(error) = own.common.take_error()
                {
                    return Err(error);
                }
                // Open files that came with bytes end this.
                if is_over || !reading.rights.is_empty() {
                    return Ok(());
                }
                wait(own, held, call)?;
            }
        }
    }
}

/// Waits until something was received, or nothing will be.
fn wait(own: &Endpoint, held: &mut Root<'_, Task>, call: &Call<'_>) -> Result<()> {
    call.wait(held, &[&own.readers], || {
        let is_over = own.is(NO_RECEIVING) || own.common.has_error();
        (own.has_received() || is_over).then_some(Ok(()))
    })
}

/// What a receiver of messages finds.
enum Found {
    /// This one.
    Message(Arc<Packet<Endpoint>>),
    /// None; whether there will be none.
    Nothing(bool),
    /// One with open files: to be taken with the graph held.
    Rights,
}

/// The next message; it is taken out unless it stays. Under the lock.
fn next(own: &Endpoint, inside: &mut Inside, peeks: bool, graph_is_held: bool) -> Found {
    let is_over = own.is(NO_RECEIVING);
    let Queue::Packets(queue) = &mut inside.queue else { return Found::Nothing(true) };
    let Some(first) = queue.first() else { return Found::Nothing(is_over) };
    if !first.attached.rights.is_empty() && !graph_is_held {
        return Found::Rights;
    }
    if peeks {
        return Found::Message(Arc::clone(first));
    }
    let Some(first) = queue.pop() else { return Found::Nothing(is_over) };
    first.sender.refund(first.cost());
    inside.release_stalled();
    Found::Message(first)
}

/// A list of the same open files.
fn copies(rights: &[Arc<OpenFile>]) -> Result<Vec<Arc<OpenFile>>> {
    let mut copies = Vec::new();
    copies.try_reserve_exact(rights.len()).map_err(|_| Errno::ENOMEM)?;
    copies.extend(rights.iter().cloned());
    Ok(copies)
}

/// Takes a message, waiting for one; none at the end. Gives its open files beside it.
fn take(
    own: &Endpoint,
    held: &mut Root<'_, Task>,
    peeks: bool,
    call: &Call<'_>,
) -> Result<Option<(Arc<Packet<Endpoint>>, Vec<Arc<OpenFile>>)>> {
    loop {
        if let Some(error) = own.common.take_error() {
            return Err(error);
        }
        let found = match own.with(held, |inside| next(own, inside, peeks, false)) {
            Found::Rights => graph::with(held, |graph, held| {
                let found = own.with(held, |inside| next(own, inside, peeks, true));
                let Found::Message(message) = found else { return Ok((found, Vec::new())) };
                if !peeks {
                    graph.remove(&message.attached.rights);
                }
                copies(&message.attached.rights).map(|rights| (Found::Message(message), rights))
            })?,
            found => (found, Vec::new()),
        };
        match found {
            (Found::Message(message), rights) => return Ok(Some((message, rights))),
            (Found::Nothing(true), _) if own.connects() || !call.waits.nonblocking => return Ok(None),
            _ => wait_for_message(own, held, call)?,
        }
    }
}

/// Waits until a message was received, or none will be.
fn wait_for_message(own: &Endpoint, held: &mut Root<'_, Task>, call: &Call<'_>) -> Result<()> {
    if call.waits.nonblocking && !own.has_received() {
        return Err(Errno::EAGAIN);
    }
    wait(own, held, call)
}

/// Receives a message.
fn receive_message(
    own: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    to: Room<'_>,
    flags: MessageFlags,
    call: &Call<'_>,
) -> Result<Received> {
    if own.connects() && !own.is(CONNECTED) {
        return Err(Errno::ENOTCONN);
    }
    let taken = take(own, held, flags.contains(MessageFlags::PEEK), call)?;
    let Some((message, rights)) = taken else { return Ok(Received::default()) };
    let credentials = told(own, message.attached.credentials);
    let mut control = Control { rights, credentials, others: Vec::new() };
    let (length, room) = (message.bytes.len(), to.len());
    let part = message.bytes.get(..length.min(room)).unwrap_or_default();
    if let Err(error) = to.copy_out(held, 0, part) {
        control.close(held);
        return Err(error);
    }
    let is_cut = length > room;
    let count = if flags.contains(MessageFlags::TRUNCATED) { length } else { part.len() };
    let address = message.name.as_ref().map(|name| name.address());
    Ok(Received { count, flags: if is_cut { net::MSG_TRUNC } else { 0 }, address, control })
}
