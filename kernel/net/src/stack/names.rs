//! Names: which a socket may have, and which is found for it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use abi::{Errno, Result};
use smoltcp::time::Instant;

use super::packet::Head;
use super::slot::{Phase, Slot, SlotId, Transport};
use super::value::Stack;

/// The ports that are given to who asks for none, as on Linux.
const FIRST_PORT: u16 = 32768;
const PORTS: u16 = 28232;

/// Whether an address is one of this machine.
pub(crate) const fn is_own(address: IpAddr) -> bool {
    address.is_loopback()
}

/// The address that is sent from to another one, which where none is said is this machine's.
pub(crate) fn ends(local: Option<IpAddr>, to: IpAddr) -> (IpAddr, IpAddr) {
    let own = match to {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    let to = if to.is_unspecified() { own } else { to };
    (local.filter(|local| !local.is_unspecified()).unwrap_or(own), to)
}

impl Stack {
    /// Whether a socket may not have a name because another one has it.
    fn is_taken(&mut self, now: Instant, id: SlotId, name: SocketAddr) -> Result<bool> {
        let slot = self.slot(id)?;
        let (transport, reuses, only_v6) = (slot.transport, slot.reuses(), slot.settings.only_v6);
        let own = self.slots.get(id).and_then(Option::as_ref);
        let others = self.slots.iter().enumerate().filter(|(other, _)| *other != id);
        let mut others = others.filter_map(|(_, slot)| slot.as_ref());
        let is_taken = others.any(|other| {
            let is_let = own.is_some_and(|own| own.is_let_by(other));
            other.transport == transport && other.overlaps(name, only_v6) && !is_let
        });
        let mut ended = self.waits.names(now).filter(|_| transport == Transport::Stream);
        let same = |ended: SocketAddr| {
            ended.port() == name.port() && (name.ip().is_unspecified() || name.ip() == ended.ip())
        };
        Ok(is_taken || ended.any(|(ended, other)| same(ended) && !(reuses && other)))
    }

    /// A port that nobody has.
    ///
    /// # Errors
    ///
    /// [`Errno::EADDRINUSE`] where there is none.
    fn free_port(&mut self, now: Instant, transport: Transport, random: u16) -> Result<u16> {
        self.ports.fill(0);
        let slots = self.slots.iter().flatten().filter(|slot| slot.transport == transport);
        let ended = self.waits.names(now).map(|(name, _)| name);
        for name in slots.filter_map(|slot| slot.local).chain(ended) {
            if let Some(byte) = self.ports.get_mut(usize::from(name.port() / 8)) {
                *byte |= 1 << (name.port() % 8);
            }
        }
        let first = random % PORTS;
        let mut ports = (0..PORTS).map(|step| FIRST_PORT + (first + step) % PORTS);
        let is_free = |port: &u16| {
            self.ports.get(usize::from(port / 8)).is_some_and(|byte| byte & 1 << (port % 8) == 0)
        };
        ports.find(is_free).ok_or(Errno::EADDRINUSE)
    }

    /// Gives a socket a name; a port that is free, found from `random` on, where it has none.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for one that has a name; [`Errno::EADDRNOTAVAIL`] for an address that is not this machine's;
    /// [`Errno::EADDRINUSE`].
    pub(crate) fn bind(&mut self, now: Instant, id: SlotId, name: SocketAddr, random: u16) -> Result<()> {
        let slot = self.slot(id)?;
        if slot.local.is_some() {
            return Err(Errno::EINVAL);
        }
        if !(name.ip().is_unspecified() || is_own(name.ip())) {
            return Err(Errno::EADDRNOTAVAIL);
        }
        let transport = slot.transport;
        let mut name = name;
        if name.port() == 0 {
            name.set_port(self.free_port(now, transport, random)?);
        } else if self.is_taken(now, id, name)? {
            return Err(Errno::EADDRINUSE);
        }
        let slot = self.slot(id)?;
        slot.was_bound = true;
        self.name(id, name)
    }

    /// Gives a socket a port that is free, if it has none.
    ///
    /// # Errors
    ///
    /// [`Errno::EADDRINUSE`].
    pub(super) fn bind_any(&mut self, now: Instant, id: SlotId, address: IpAddr, random: u16) -> Result<()> {
        let slot = self.slot(id)?;
        if slot.local.is_some() {
            return Ok(());
        }
        let transport = slot.transport;
        let port = self.free_port(now, transport, random)?;
        self.name(id, SocketAddr::new(address, port))
    }

    /// Has a socket be called something, and datagrams for that name go to it.
    fn name(&mut self, id: SlotId, name: SocketAddr) -> Result<()> {
        let slot = self.slot(id)?;
        slot.local = Some(name);
        if let Phase::Datagrams(alone, _) = &mut slot.phase {
            // Which address it is was looked at before a packet is given to it.
            alone.get_mut().bind(name.port()).map_err(|_| Errno::EINVAL)?;
            self.receivers.push(id);
        }
        Ok(())
    }

    /// Whether another listener has the name of one that is to be.
    pub(super) fn is_listened_at(&mut self, id: SlotId, name: SocketAddr) -> Result<bool> {
        let only_v6 = self.slot(id)?.settings.only_v6;
        let own = self.slots.get(id).and_then(Option::as_ref);
        let mut others = self.receivers.iter().filter_map(|&other| self.slots.get(other)?.as_ref());
        Ok(others.any(|other| {
            let shares = own.is_some_and(|own| own.shares(other));
            other.is_listening() && other.overlaps(name, only_v6) && !shares
        }))
    }

    /// Who receives a packet that begins something: the one whose name fits best, of those the latest.
    pub(super) fn receiver(&self, transport: Transport, head: &Head) -> Option<SlotId> {
        let of = |&id: &SlotId| {
            let slot: &Slot = self.slots.get(id)?.as_ref()?;
            let fits = slot.fits(head.to).filter(|_| slot.transport == transport)?;
            match &slot.phase {
                Phase::Listening(_) | Phase::Datagrams(_, None) => Some((fits, id)),
                Phase::Datagrams(_, Some(peer)) if *peer == head.from => Some((fits + 4, id)),
                _ => None,
            }
        };
        self.receivers.iter().filter_map(of).max_by_key(|found| found.0).map(|found| found.1)
    }
}
