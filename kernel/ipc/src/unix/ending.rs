//! Ends: shutting down halves of a connection, and closing a socket.
//!
//! A socket that is closed says so first, by an atomic, and is emptied under its lock then: whoever sends looks at the first under the
//! lock, so that nothing comes into an emptied one.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

use abi::Errno;
use lockorder::{Root, Task};
use socket::Halves;

use super::endpoint::{CLOSED, Endpoint, Inside, LISTENING, NO_RECEIVING, NO_SENDING, Queue};
use super::graph;
use super::names;
use super::open_files::endpoint_of;
use super::packets::PacketQueue;

/// The end of halves of a socket, which the other side sees.
pub(super) fn shut_down(own: &Arc<Endpoint>, held: &mut Root<'_, Task>, halves: Halves) {
    let (receive, send) = (halves.contains(Halves::RECEIVE), halves.contains(Halves::SEND));
    let flags = |receive: bool, send: bool| {
        (if receive { NO_RECEIVING } else { 0 }) | (if send { NO_SENDING } else { 0 })
    };
    own.set(flags(receive, send));
    own.wake();
    if own.connects()
        && let Some(peer) = own.peer(held)
    {
        peer.set(flags(send, receive));
        peer.wake();
    }
}

/// What a socket had received, and has no more.
struct Left {
    queue: Queue,
    peer: Option<Arc<Endpoint>>,
}

/// Empties a socket; none where it has open files and the graph is not held.
fn empty(inside: &mut Inside, empty: &mut Option<Queue>, graph_is_held: bool) -> Option<Left> {
    let has_rights = match &inside.queue {
        Queue::Bytes(bytes) => bytes.with_rights() > 0,
        Queue::Packets(packets) => packets.with_rights() > 0,
    };
    if has_rights && !graph_is_held {
        return None;
    }
    inside.release_stalled();
    let queue = match empty.take() {
        Some(empty) => core::mem::replace(&mut inside.queue, empty),
        None => return None,
    };
    Some(Left { queue, peer: inside.peer.take() })
}

/// The same, whatever that needs; lets go of what was in flight.
fn leave(own: &Endpoint, held: &mut Root<'_, Task>) -> Option<Left> {
    // Nothing comes any more: so the list of messages is as good as any.
    let mut fresh = Some(Queue::Packets(PacketQueue::new()));
    if let Some(left) = own.with(held, |inside| empty(inside, &mut fresh, false)) {
        return Some(left);
    }
    let mut rights = Vec::new();
    let left = graph::with(held, |graph, held| {
        let mut left = own.with(held, |inside| empty(inside, &mut fresh, true))?;
        left.queue.take_rights(&mut rights);
        graph.remove(&rights);
        left.queue.each_right(&mut |file| graph.remove(core::slice::from_ref(file)));
        Some(left)
    });
    graph::let_go(held, rights, endpoint_of);
    left
}

/// Ends a socket of datagrams' being connected with a peer: what it has received from that goes, and the peer hears of it.
pub(super) fn leave_peer(own: &Arc<Endpoint>, held: &mut Root<'_, Task>, peer: &Arc<Endpoint>) {
    let had_received = own.has_received();
    while own.has_received() {
        let mut rights = Vec::new();
        graph::with(held, |graph, held| {
            let packet = own.with(held, |inside| {
                inside.release_stalled();
                match &mut inside.queue {
                    Queue::Packets(packets) => packets.pop(),
                    Queue::Bytes(_) => None,
                }
            });
            if let Some(packet) = packet {
                graph.remove(&packet.attached.rights);
                packet.sender.refund(packet.cost());
                if let Ok(packet) = Arc::try_unwrap(packet) {
                    rights = packet.attached.rights;
                }
            }
        });
        graph::let_go(held, rights, endpoint_of);
    }
    let is_mutual = peer.peer(held).is_some_and(|back| Arc::ptr_eq(&back, own));
    if had_received && is_mutual && !peer.is(CLOSED) {
        peer.common.set_error(Errno::ECONNRESET);
        peer.wake();
    }
}

/// Closes a socket: nobody has it open any more, or, where `is_embryo` says so, nobody has accepted it.
pub(super) fn close(own: &Arc<Endpoint>, held: &mut Root<'_, Task>, is_embryo: bool) {
    if own.set(CLOSED | NO_RECEIVING | NO_SENDING) & CLOSED != 0 {
        return;
    }
    if own.is_named.load(Ordering::Acquire) {
        names::remove(held, own);
    }
    if own.is(LISTENING) {
        // Who is about to put one in looks at the flags under the lock.
        let waiting = held.with(&own.backlog, |waiting, _| core::mem::take(waiting));
        for pending in waiting {
            close(&pending, held, true);
        }
    }
    let Some(Left { queue, peer }) = leave(own, held) else { return };
    let had_received = match &queue {
        Queue::Bytes(bytes) => bytes.bytes() > 0,
        Queue::Packets(packets) => packets.len() > 0,
    };
    if let Queue::Packets(packets) = queue {
        refund(packets);
    }
    own.wake();
    if let Some(peer) = peer {
        if own.connects() {
            if had_received || is_embryo {
                peer.common.set_error(Errno::ECONNRESET);
            }
            peer.set(NO_RECEIVING | NO_SENDING);
            peer.set_sent(0);
        }
        peer.wake();
    }
    graph::collect(held, endpoint_of);
}

/// Has those who have sent messages that nobody receives send others.
fn refund(mut packets: PacketQueue<Endpoint>) {
    while let Some(packet) = packets.pop() {
        packet.sender.refund(packet.cost());
    }
}
