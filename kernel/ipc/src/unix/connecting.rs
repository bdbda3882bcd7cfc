//! Connections: listening, connecting, accepting; and the peer of a socket of datagrams.
//!
//! Who connects makes the socket of the other side, connected with its own, and puts it where the listener's wait. From then on
//! either side may send: the one who accepts is handed what is there already.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use abi::{Errno, Result, net};
use lockorder::{Root, Task};
use socket::{Address, Call, Credentials, Kind};

use super::binding::bind_to_any;
use super::ending;
use super::endpoint::{CONNECTED, Endpoint, LISTENING, NO_RECEIVING, State};
use super::name::FAMILY;
use super::names;

/// The most connections that may wait, whatever was asked for.
const MOST: usize = 4096;
/// Who is named where nobody is.
pub(super) const UNKNOWN: Credentials = Credentials { pid: 0, uid: u32::MAX, gid: u32::MAX };

/// Connects two new sockets with each other.
pub(super) fn join(held: &mut Root<'_, Task>, pair: [&Arc<Endpoint>; 2], credentials: Credentials) {
    let [one, other] = pair;
    for (own, peer) in [(one, other), (other, one)] {
        let peer = Arc::clone(peer);
        own.with(held, |inside| {
            inside.peer = Some(peer);
            inside.state = State::Connected;
            inside.credentials = Some(credentials);
        });
        own.set(CONNECTED);
    }
}

/// Has a socket wait for connections.
pub(super) fn listen(
    own: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    backlog: u32,
    call: &Call<'_>,
) -> Result<()> {
    if !own.connects() {
        return Err(Errno::EOPNOTSUPP);
    }
    let credentials = call.credentials(held);
    own.with(held, |inside| {
        let may = matches!(inside.state, State::New | State::Listening) && inside.name.is_some();
        if !may {
            return Err(Errno::EINVAL);
        }
        inside.state = State::Listening;
        inside.credentials = Some(credentials);
        Ok(())
    })?;
    let most = usize::try_from(backlog).unwrap_or(MOST).min(MOST);
    own.most.store(most, Ordering::Relaxed);
    own.set(LISTENING);
    // Who waits for a place may have one now.
    own.writers.wake();
    Ok(())
}

/// Puts a connection where a listener's wait; false where too many do.
fn enqueue(listener: &Endpoint, held: &mut Root<'_, Task>, new: &Arc<Endpoint>) -> Result<bool> {
    let new = Arc::clone(new);
    let is_in = held.with(&listener.backlog, |waiting, _| {
        // Under the lock: a listener that closes empties it afterwards.
        if !is_open(listener) {
            return Err(Errno::ECONNREFUSED);
        }
        if waiting.len() > listener.most.load(Ordering::Relaxed) {
            return Ok(false);
        }
        waiting.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        waiting.push_back(new);
        listener.pending.store(waiting.len(), Ordering::Relaxed);
        Ok(true)
    })?;
    if is_in {
        listener.readers.wake();
    }
    Ok(is_in)
}

/// Whether a socket can be connected to.
fn is_open(listener: &Endpoint) -> bool {
    listener.is(LISTENING) && !listener.is(NO_RECEIVING)
}

/// Connects a socket that has connections.
fn connect_to_listener(
    own: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    address: &Address,
    call: &Call<'_>,
) -> Result<()> {
    let credentials = call.credentials(held);
    loop {
        let listener = names::find(held, address, call)?;
        if listener.common.kind() != own.common.kind() {
            return Err(Errno::EPROTOTYPE);
        }
        if !is_open(&listener) {
            return Err(Errno::ECONNREFUSED);
        }
        let new = Endpoint::new(own.common.kind(), own.common.protocol())?;
        let (name, theirs) =
            listener.with(held, |inside| (inside.name.clone(), inside.credentials.unwrap_or(UNKNOWN)));
        let peer = Arc::clone(own);
        new.with(held, |inside| {
            inside.name = name;
            inside.peer = Some(peer);
            inside.state = State::Connected;
            inside.credentials = Some(credentials);
        });
        new.is_named.store(true, Ordering::Release);
        new.set(CONNECTED);
        let entered = enqueue(&listener, held, &new);
        if entered == Ok(true) {
            own.with(held, |inside| {
                inside.peer = Some(new);
                inside.state = State::Connected;
                inside.credentials = Some(theirs);
            });
            own.set(CONNECTED);
            return Ok(());
        }
        // Nobody has seen it: its reference to this one goes.
        new.with(held, |inside| inside.peer = None);
        entered?;
        call.wait(held, &[&listener.writers], || {
            let has_place = listener.pending.load(Ordering::Relaxed) <= listener.most.load(Ordering::Relaxed);
            (has_place || !is_open(&listener)).then_some(Ok(()))
        })?;
    }
}

/// Connects a socket.
pub(super) fn connect(
    own: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    address: &Address,
    call: &Call<'_>,
) -> Result<()> {
    if !own.connects() {
        return connect_datagrams(own, held, address, call);
    }
    if address.family() != Some(FAMILY) || address.rest().is_empty() {
        return Err(Errno::EINVAL);
    }
    if own.common.is_on(net::SO_PASSCRED) {
        bind_to_any(own, held)?;
    }
    own.with(held, |inside| match inside.state {
        State::New => {
            inside.state = State::Connecting;
            Ok(())
        }
        State::Connecting => Err(Errno::EALREADY),
        State::Connected => Err(Errno::EISCONN),
        State::Listening => Err(Errno::EINVAL),
    })?;
    let connected = connect_to_listener(own, held, address, call);
    if connected.is_err() {
        own.with(held, |inside| inside.state = State::New);
    }
    connected
}

/// Has a socket of datagrams send to one other, and receive from that only; or to any again.
fn connect_datagrams(
    own: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    address: &Address,
    call: &Call<'_>,
) -> Result<()> {
    let new = if address.family() == Some(0) {
        None
    } else {
        if own.common.is_on(net::SO_PASSCRED) {
            bind_to_any(own, held)?;
        }
        let other = names::find(held, address, call)?;
        if other.common.kind() != Kind::Datagram {
            return Err(Errno::EPROTOTYPE);
        }
        may_send(own, held, &other)?;
        Some(other)
    };
    let (is_connected, wanted) = (new.is_some(), new.clone());
    let before = own.with(held, |inside| {
        inside.state = if is_connected { State::Connected } else { State::New };
        core::mem::replace(&mut inside.peer, new)
    });
    if let Some(before) = before.filter(|before| !wanted.is_some_and(|wanted| Arc::ptr_eq(before, &wanted))) {
        ending::leave_peer(own, held, &before);
    }
    // Whoever it has stalled at may be somebody else now.
    own.release();
    own.writers.wake();
    Ok(())
}

/// Whether a socket may send to another: that has no peer, or this one.
///
/// # Errors
///
/// [`Errno::EPERM`].
fn may_send(own: &Arc<Endpoint>, held: &mut Root<'_, Task>, other: &Endpoint) -> Result<()> {
    let peer = other.peer(held);
    if peer.is_none_or(|peer| Arc::ptr_eq(&peer, own)) { Ok(()) } else { Err(Errno::EPERM) }
}

/// The next connection of a listener.
pub(super) fn accept(own: &Endpoint, held: &mut Root<'_, Task>, call: &Call<'_>) -> Result<Arc<Endpoint>> {
    if !own.connects() {
        return Err(Errno::EOPNOTSUPP);
    }
    if !own.is(LISTENING) {
        return Err(Errno::EINVAL);
    }
    loop {
        let next = held.with(&own.backlog, |waiting, _| {
            let next = waiting.pop_front();
            own.pending.store(waiting.len(), Ordering::Relaxed);
            next
        });
        if let Some(next) = next {
            own.writers.wake();
            next.common.switch(net::SO_PASSCRED, own.common.is_on(net::SO_PASSCRED));
            return Ok(next);
        }
        call.wait(held, &[&own.readers], || {
            if own.is(NO_RECEIVING) {
                return Some(Err(Errno::EINVAL));
            }
            (own.pending.load(Ordering::Relaxed) > 0).then_some(Ok(()))
        })?;
    }
}
