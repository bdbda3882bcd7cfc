//! Sockets as `/proc/net` lists them.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use smoltcp::socket::tcp::State;

use super::slot::{Phase, Slot, SlotId, Transport};
use super::value::Stack;

/// A socket in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its own name.
    pub(crate) local: SocketAddr,
    /// The other side's; zeros where there is none.
    pub(crate) remote: SocketAddr,
    /// Linux's number of its state.
    pub(crate) state: u8,
    /// Bytes that are not received by the other side.
    pub(crate) unsent: usize,
    /// Bytes that are not read, or connections that are not accepted.
    pub(crate) unread: usize,
}

/// Linux's number of a state.
const fn number(state: State) -> u8 {
    match state {
        State::Established => 1,
        State::SynSent => 2,
        State::SynReceived => 3,
        State::FinWait1 => 4,
        State::FinWait2 => 5,
        State::TimeWait => 6,
        State::Closed => 7,
        State::CloseWait => 8,
        State::LastAck => 9,
        State::Listen => 10,
        State::Closing => 11,
    }
}

/// What is listed of a slot; nothing of one that has no name, or only that.
fn listed(slot: &Slot) -> Option<Listed> {
    let local = slot.local?;
    let any = match local.ip() {
        IpAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        IpAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    Some(match &slot.phase {
        Phase::Idle => return None,
        Phase::Listening(listening) => {
            Listed { local, remote: any, state: 10, unsent: 0, unread: listening.ready.len() }
        }
        Phase::Connected(connection) => {
            let tcp = connection.alone.get();
            let (unsent, unread) = (tcp.send_queue(), tcp.recv_queue());
            Listed { local, remote: connection.remote, state: number(tcp.state()), unsent, unread }
        }
        Phase::Datagrams(alone, peer) => {
            let udp = alone.get();
            let state = if peer.is_some() { 1 } else { 7 };
            let (unsent, unread) = (udp.send_queue(), udp.recv_queue());
            Listed { local, remote: peer.unwrap_or(any), state, unsent, unread }
        }
    })
}

impl Stack {
    /// Adds sockets of a kind and a version, from a slot on, while there is room for one of each slot; the slot to go on from.
    pub(crate) fn list(
        &self,
        from: SlotId,
        transport: Transport,
        v6: bool,
        to: &mut Vec<Listed>,
    ) -> Option<SlotId> {
        let count = to.capacity().saturating_sub(to.len());
        let slots = self.slots.get(from..).filter(|slots| !slots.is_empty())?;
        let some = slots.iter().take(count).flatten().filter(|slot| slot.transport == transport);
        to.extend(some.filter_map(listed).filter(|listed| listed.local.is_ipv6() == v6));
        Some(from.saturating_add(count))
    }
}
