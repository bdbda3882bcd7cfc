//! The stack as one value: the interface, the device, and a slot for each socket.
//!
//! Each socket is in a set of its own, and is polled when something has happened to it: a packet that arrives is looked up by who
//! sends it to whom, one that is to be sent comes from a slot that is *dirty*. So the work does not grow with the number of sockets.
//!
//! All that grows is reserved before it is needed: whoever makes a slot gets memory for its places in all lists.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;

use abi::{Errno, Result};
use base::mm::fallible::try_zeroed;
use smoltcp::iface::{Config, Interface};
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};

use super::device::Loopback;
use super::slot::{Connection, Phase, Settings, Slot, SlotId, Stage, Transport, new_datagrams};
use super::waits::Waits;
use crate::shared::Shared;

/// A connection as packets for it say it: its own name, and the other side's.
type Route = (SocketAddr, SocketAddr);

/// How many slots there are at most.
const MOST_SLOTS: usize = 8192;

/// Bytes with a bit for each port.
const PORT_BYTES: usize = 65536 / 8;

/// The stack.
pub(crate) struct Stack {
    pub(crate) interface: Interface,
    pub(crate) device: Loopback,
    pub(super) slots: Vec<Option<Slot>>,
    free: Vec<SlotId>,
    /// Slots to be polled.
    pub(super) dirty: VecDeque<SlotId>,
    /// Where packets of connections go, sorted.
    routes: Vec<(Route, SlotId)>,
    /// Listeners, and bound sockets of datagrams; the latest last.
    pub(super) receivers: Vec<SlotId>,
    pub(super) waits: Waits,
    /// Which ports are in use, where one is looked for.
    pub(super) ports: Vec<u8>,
    /// When to poll without being asked; it may be too early.
    pub(super) earliest: Option<Instant>,
    /// How many slots have buffers, and how many may.
    pub(super) buffered: usize,
    most_buffered: usize,
}

impl core::fmt::Debug for Stack {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Stack").field("slots", &self.slots.len()).finish_non_exhaustive()
    }
}

/// Reserves a place for each of `count`.
fn reserve<T>(list: &mut Vec<T>, count: usize) -> Result<()> {
    list.try_reserve(count.saturating_sub(list.len())).map_err(|_| Errno::ENOMEM)
}

impl Stack {
    /// One without sockets. So many may have buffers; numbers that nobody is to guess come from `seed`.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(crate) fn new(seed: u64, now: Instant, most_buffered: usize) -> Result<Self> {
        let mut device = Loopback::new()?;
        let mut configuration = Config::new(HardwareAddress::Ip);
        configuration.random_seed = seed;
        let mut interface = Interface::new(configuration, &mut device, now);
        interface.update_ip_addrs(|addresses| {
            // There is room for two.
            let _ = addresses.push(IpCidr::new(IpAddress::v4(127, 0, 0, 1), 32));
            let _ = addresses.push(IpCidr::new(IpAddress::v6(0, 0, 0, 0, 0, 0, 0, 1), 128));
        });
        // All of 127.0.0.0/8 is this machine; nothing else is sent to.
        interface.set_any_ip(true);
        Ok(Self {
            interface,
            device,
            slots: Vec::new(),
            free: Vec::new(),
            dirty: VecDeque::new(),
            routes: Vec::new(),
            receivers: Vec::new(),
            waits: Waits::new()?,
            ports: try_zeroed(PORT_BYTES).map_err(|_| Errno::ENOMEM)?,
            earliest: None,
            buffered: 0,
            most_buffered,
        })
    }

    /// A slot that there is.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`] where there is none: a file has its slot until it closes.
    pub(crate) fn slot(&mut self, id: SlotId) -> Result<&mut Slot> {
        self.slots.get_mut(id).and_then(Option::as_mut).ok_or(Errno::EBADF)
    }

    /// Counts one more slot with buffers.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOBUFS`] where there are too many.
    pub(super) const fn take_buffers(&mut self) -> Result<()> {
        if self.buffered >= self.most_buffered {
            return Err(Errno::ENOBUFS);
        }
        self.buffered += 1;
        Ok(())
    }

    /// Puts a slot into its place.
    ///
    /// # Errors
    ///
    /// [`Errno::ENFILE`] where there are too many; [`Errno::ENOMEM`].
    pub(super) fn insert(&mut self, slot: Slot) -> Result<SlotId> {
        if self.free.is_empty() {
            let id = self.slots.len();
            if id >= MOST_SLOTS {
                return Err(Errno::ENFILE);
            }
            let count = id + 1;
            reserve(&mut self.slots, count)?;
            reserve(&mut self.free, count)?;
            reserve(&mut self.routes, count)?;
            reserve(&mut self.receivers, count)?;
            self.dirty.try_reserve(count.saturating_sub(self.dirty.len())).map_err(|_| Errno::ENOMEM)?;
            self.slots.push(None);
            self.free.push(id);
        }
        let id = self.free.pop().ok_or(Errno::ENFILE)?;
        if let Some(place) = self.slots.get_mut(id) {
            *place = Some(slot);
        }
        Ok(id)
    }

    /// A new socket of a file.
    ///
    /// # Errors
    ///
    /// [`Errno::ENFILE`], [`Errno::ENOBUFS`] where there are too many; [`Errno::ENOMEM`].
    pub(crate) fn open(&mut self, shared: Arc<Shared>, transport: Transport) -> Result<SlotId> {
        let phase = match transport {
            Transport::Stream => Phase::Idle,
            Transport::Datagram => {
                self.take_buffers()?;
                let made = new_datagrams().map(|alone| Phase::Datagrams(alone, None));
                made.inspect_err(|_| self.buffered -= 1)?
            }
        };
        let has_buffers = matches!(phase, Phase::Datagrams(..));
        let id = self.insert(Slot {
            shared: Some(shared),
            transport,
            local: None,
            was_bound: false,
            reuses: false,
            settings: Settings { no_delay: false, keep_alive: false, only_v6: false },
            phase,
            error: None,
            deadline: None,
            expires: None,
            is_dirty: false,
        });
        let id = id.inspect_err(|_| self.buffered -= usize::from(has_buffers))?;
        self.publish(id, false);
        Ok(id)
    }

    /// Takes a slot out of all lists; what is left of it is dropped.
    pub(super) fn remove(&mut self, id: SlotId) {
        self.unroute(id);
        self.receivers.retain(|&other| other != id);
        self.dirty.retain(|&other| other != id);
        let Some(slot) = self.slots.get_mut(id).and_then(Option::take) else { return };
        if matches!(slot.phase, Phase::Connected(_) | Phase::Datagrams(..)) {
            self.buffered -= 1;
        }
        self.free.push(id);
        let Phase::Connected(Connection { listener: Some(listener), .. }) = slot.phase else { return };
        if let Ok(Slot { phase: Phase::Listening(listening), .. }) = self.slot(listener) {
            listening.coming -= 1;
            listening.ready.retain(|&other| other != id);
        }
    }

    /// The slot of a connection.
    pub(super) fn routed(&self, route: Route) -> Option<SlotId> {
        let place = self.routes.binary_search_by_key(&route, |entry| entry.0).ok()?;
        self.routes.get(place).map(|entry| entry.1)
    }

    /// Has packets of a connection go to a slot.
    ///
    /// # Errors
    ///
    /// [`Errno::EADDRNOTAVAIL`] where they go to another one.
    pub(super) fn route(&mut self, route: Route, id: SlotId) -> Result<()> {
        match self.routes.binary_search_by_key(&route, |entry| entry.0) {
            Ok(_) => Err(Errno::EADDRNOTAVAIL),
            Err(place) => {
                // There is a place for each slot.
                self.routes.insert(place, (route, id));
                Ok(())
            }
        }
    }

    /// Has them go there no more.
    pub(super) fn unroute(&mut self, id: SlotId) {
        let Ok(Slot { phase: Phase::Connected(connection), .. }) = self.slot(id) else { return };
        let route = (connection.local, connection.remote);
        if let Ok(place) = self.routes.binary_search_by_key(&route, |entry| entry.0)
            && self.routes.get(place).is_some_and(|entry| entry.1 == id)
        {
            self.routes.remove(place);
        }
    }

    /// Has a slot be polled.
    pub(super) fn mark(&mut self, id: SlotId) {
        let Ok(slot) = self.slot(id) else { return };
        if !slot.is_dirty {
            slot.is_dirty = true;
            // There is a place for each slot.
            self.dirty.push_back(id);
        }
    }

    /// Publishes what can be done with a socket.
    pub(super) fn publish(&mut self, id: SlotId, arrived: bool) {
        let Ok(slot) = self.slot(id) else { return };
        let Some(shared) = slot.shared.clone() else { return };
        let is_connecting = slot.connection().is_some_and(|connection| connection.stage == Stage::Opening);
        shared.set_listening(slot.is_listening());
        shared.publish(super::ready::readiness(slot), is_connecting, arrived);
    }

    /// Ends a connection that came to nothing: the socket is as it was before.
    pub(super) fn disconnect(&mut self, id: SlotId) {
        self.unroute(id);
        let Ok(slot) = self.slot(id) else { return };
        if matches!(slot.phase, Phase::Connected(_)) {
            slot.phase = Phase::Idle;
            slot.local = slot.local.filter(|_| slot.was_bound);
            slot.deadline = None;
            self.buffered -= 1;
        }
    }

    /// How many slots there are, and how many have buffers.
    #[cfg(test)]
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.slots.iter().flatten().count(), self.buffered)
    }
}
