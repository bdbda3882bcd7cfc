//! What is done with datagrams: sending, receiving, saying where they go.

use core::net::{IpAddr, SocketAddr};

use abi::{Errno, Result};
use smoltcp::socket::udp::{SendError, UdpMetadata};
use smoltcp::time::Instant;

use super::device::LONGEST;
use super::names::{ends, is_own};
use super::packet::Head;
use super::slot::{Phase, Slot, SlotId};
use super::streams::Step;
use super::value::Stack;

/// Bytes of the headers of a datagram in a packet of each version.
const HEADERS: (usize, usize) = (20 + 8, 40 + 8);

/// The longest datagram to an address.
pub(crate) const fn longest(to: IpAddr) -> usize {
    LONGEST - if to.is_ipv4() { HEADERS.0 } else { HEADERS.1 }
}

impl Stack {
    /// Says where datagrams go that go nowhere else, and who alone they come from; none for anybody.
    ///
    /// # Errors
    ///
    /// [`Errno::ENETUNREACH`] for what is not this machine; [`Errno::EAGAIN`] where there is no port.
    pub(crate) fn associate(
        &mut self,
        now: Instant,
        id: SlotId,
        to: Option<SocketAddr>,
        random: u16,
    ) -> Result<()> {
        let slot = self.slot(id)?;
        if let Some(to) = to {
            let (own, address) = ends(slot.local.map(|local| local.ip()), to.ip());
            if own.is_ipv4() != address.is_ipv4() || !is_own(address) {
                return Err(Errno::ENETUNREACH);
            }
            self.bind_any(now, id, own, random).map_err(|_| Errno::EAGAIN)?;
            let slot = self.slot(id)?;
            // It is called by the address that it sends from.
            slot.local = slot.local.map(|local| SocketAddr::new(own, local.port()));
            if let Phase::Datagrams(_, peer) = &mut slot.phase {
                *peer = Some(SocketAddr::new(address, to.port()));
            }
        } else if let Phase::Datagrams(_, peer) = &mut slot.phase {
            *peer = None;
            if let Some(local) = slot.local.filter(|_| !slot.was_bound) {
                let any: IpAddr = if local.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
                slot.local = Some(SocketAddr::new(any, local.port()));
            }
        }
        Ok(())
    }

    /// Sends a datagram, to where the socket is associated if that is not said.
    ///
    /// # Errors
    ///
    /// [`Errno::EDESTADDRREQ`] where nothing says where it goes; [`Errno::EMSGSIZE`]; [`Errno::ENETUNREACH`]; [`Errno::EAGAIN`].
    pub(crate) fn send_datagram(
        &mut self,
        now: Instant,
        id: SlotId,
        to: Option<SocketAddr>,
        bytes: &[u8],
        random: u16,
    ) -> Result<Step<usize>> {
        let slot = self.slot(id)?;
        let Phase::Datagrams(_, peer) = &slot.phase else { return Err(Errno::EINVAL) };
        let to = to.or(*peer).ok_or(Errno::EDESTADDRREQ)?;
        let (own, address) = ends(slot.local.map(|local| local.ip()), to.ip());
        if own.is_ipv4() != address.is_ipv4() || !is_own(address) {
            return Err(Errno::ENETUNREACH);
        }
        if to.port() == 0 {
            return Err(Errno::EINVAL);
        }
        if bytes.len() > longest(address) {
            return Err(Errno::EMSGSIZE);
        }
        let any = if address.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
        self.bind_any(now, id, any, random).map_err(|_| Errno::EAGAIN)?;
        let slot = self.slot(id)?;
        let Phase::Datagrams(alone, _) = &mut slot.phase else { return Err(Errno::EINVAL) };
        let mut meta =
            UdpMetadata::from(smoltcp::wire::IpEndpoint::from(SocketAddr::new(address, to.port())));
        meta.local_address = Some(own.into());
        match alone.get_mut().send_slice(bytes, meta) {
            Ok(()) => {
                self.mark(id);
                Ok(Step::Done(bytes.len()))
            }
            Err(SendError::BufferFull) => {
                // Whoever has filled it has not had it sent yet.
                self.mark(id);
                Ok(Step::Wait)
            }
            Err(SendError::Unaddressable) => Err(Errno::EINVAL),
        }
    }

    /// Tells who has sent a datagram to a name that nobody has, if it sends to nobody else.
    pub(super) fn refuse_datagram(&mut self, head: &Head) {
        let is_sender = |slot: &Slot| match &slot.phase {
            Phase::Datagrams(_, Some(peer)) => *peer == head.to && slot.local == Some(head.from),
            _ => false,
        };
        let mut receivers = self.receivers.iter().copied();
        let found = receivers.find(|&id| self.slots.get(id).and_then(Option::as_ref).is_some_and(is_sender));
        if let Some(id) = found
            && let Ok(slot) = self.slot(id)
        {
            slot.fail(Errno::ECONNREFUSED);
            self.publish(id, true);
        }
    }

    /// Has `copy` look at the next datagram, and who has sent it; it is gone then, unless the receiver peeks, or `copy` fails.
    ///
    /// # Errors
    ///
    /// Those of `copy`.
    pub(crate) fn receive_datagram<T>(
        &mut self,
        id: SlotId,
        peeks: bool,
        copy: impl FnOnce(&[u8], SocketAddr) -> Result<T>,
    ) -> Result<Step<T>> {
        let slot = self.slot(id)?;
        let Phase::Datagrams(alone, _) = &mut slot.phase else { return Err(Errno::EINVAL) };
        let udp = alone.get_mut();
        let Ok((bytes, meta)) = udp.peek() else { return Ok(Step::Wait) };
        let from = SocketAddr::new(meta.endpoint.addr.into(), meta.endpoint.port);
        let copied = copy(bytes, from)?;
        if !peeks {
            let _ = udp.recv();
            self.publish(id, false);
        }
        Ok(Step::Done(copied))
    }

    /// How long the next datagram is; none where there is none.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`].
    pub(crate) fn next_datagram(&mut self, id: SlotId) -> Result<Option<usize>> {
        let slot = self.slot(id)?;
        let Phase::Datagrams(alone, _) = &mut slot.phase else { return Err(Errno::EINVAL) };
        Ok(alone.get_mut().peek().ok().map(|(bytes, _)| bytes.len()))
    }
}
