//! Moving packets: from sockets to the device, from the device to sockets, until nothing moves.
//!
//! What is in the device is received before anything is sent: so the device never has more than one packet and an answer to it, and
//! a packet is never lost for want of room.
//!
//! **After each packet** the slot is looked at ([`Stack::settle`]): whether a connection is made, was refused, reset, or is over; when
//! it wants to be polled again; what can be done with it. A slot without a file goes when nothing is left to be said.

use alloc::vec::Vec;

use abi::Errno;
use smoltcp::iface::SocketSet;
use smoltcp::socket::tcp::State;
use smoltcp::time::{Duration, Instant};

use super::packet::{Head, head};
use super::slot::{Connection, Phase, Slot, SlotId, Stage, Transport};
use super::value::Stack;

/// How long a connection without a file may wait for the other side to end it, as on Linux.
const ORPHAN: Duration = Duration::from_secs(60);

/// After how long a slot is polled again that wanted to be and had nothing to send.
const LATER: Duration = Duration::from_millis(10);

/// Where a packet goes.
enum To {
    Slot(SlotId),
    /// To nobody, which is answered.
    Nobody,
    /// Nowhere.
    Nowhere,
}

/// What a connection was before a packet.
#[derive(Clone, Copy)]
struct Before {
    state: State,
    /// Whether the packet resets it.
    resets: bool,
    /// Whether a packet has arrived.
    arrived: bool,
    /// Whether nothing was sent where something was to be.
    is_stuck: bool,
}

impl Stack {
    /// Moves so many packets; says whether there may be more.
    pub(crate) fn pump(&mut self, now: Instant, most: usize) -> bool {
        for _ in 0..most {
            if self.device.next().is_some() {
                self.deliver(now);
            } else if let Some(id) = self.dirty.pop_front() {
                self.emit(now, id);
            } else {
                return false;
            }
        }
        true
    }

    /// Has those polled whose time has come, and finds out when that is next.
    pub(crate) fn run_deadlines(&mut self, now: Instant) {
        let mut earliest = None::<Instant>;
        for id in 0..self.slots.len() {
            let Ok(slot) = self.slot(id) else { continue };
            if slot.expires.is_some_and(|expires| expires <= now) {
                self.remove(id);
                continue;
            }
            let due = slot.deadline.take_if(|deadline| *deadline <= now);
            earliest = [slot.deadline, slot.expires, earliest].into_iter().flatten().min();
            if due.is_some() {
                self.mark(id);
            }
        }
        self.earliest = earliest;
    }

    /// When it wants to be polled without being asked.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.earliest
    }

    /// Notes when a slot wants to be polled.
    fn wants(&mut self, at: Instant) {
        self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
    }

    /// Where the next packet goes.
    fn destination(&mut self, now: Instant, head: &Head) -> To {
        match head.transport {
            Transport::Datagram => self.receiver(Transport::Datagram, head).map_or_else(
                || {
                    self.refuse_datagram(head);
                    To::Nowhere
                },
                To::Slot,
            ),
            Transport::Stream => match self.routed((head.to, head.from)) {
                // Two connect to each other. Smoltcp takes it that its own request was sent, and panics where it was not: the
                // other side asks again.
                Some(id) if head.begins && !self.has_begun(id) => To::Nowhere,
                Some(id) => To::Slot(id),
                None if head.begins => match self.receiver(Transport::Stream, head) {
                    // Who sends it tries again.
                    Some(listener) => self.coming(listener, head).map_or(To::Nowhere, To::Slot),
                    None => To::Nobody,
                },
                None if self.waits.has(now, head.to, head.from) => To::Nowhere,
                None => To::Nobody,
            },
        }
    }

    /// Whether a connection has sent something, or is one that a listener has.
    fn has_begun(&mut self, id: SlotId) -> bool {
        let Ok(slot) = self.slot(id) else { return false };
        slot.connection().is_some_and(|connection| {
            connection.has_begun || connection.alone.get().state() != State::SynSent
        })
    }

    /// Has the next packet received.
    fn deliver(&mut self, now: Instant) {
        let Some(head) = self.device.next().and_then(head) else {
            self.device.discard();
            return;
        };
        match self.destination(now, &head) {
            To::Nowhere => self.device.discard(),
            To::Nobody => {
                let mut nobody = SocketSet::new(Vec::new());
                self.interface.poll_ingress_single(now, &mut self.device, &mut nobody);
            }
            To::Slot(id) => {
                let Some(Some(slot)) = self.slots.get_mut(id) else {
                    self.device.discard();
                    return;
                };
                match &mut slot.phase {
                    Phase::Connected(connection) => {
                        let state = connection.alone.get().state();
                        let set = &mut connection.alone.set;
                        self.interface.poll_ingress_single(now, &mut self.device, set);
                        let before = Before { state, resets: head.resets, arrived: true, is_stuck: false };
                        self.settle(now, id, before);
                    }
                    Phase::Datagrams(alone, _) => {
                        self.interface.poll_ingress_single(now, &mut self.device, &mut alone.set);
                        self.publish(id, true);
                    }
                    Phase::Idle | Phase::Listening(_) => self.device.discard(),
                }
            }
        }
    }

    /// Has a slot send a packet, if it has one to send.
    fn emit(&mut self, now: Instant, id: SlotId) {
        let Some(Some(slot)) = self.slots.get_mut(id) else { return };
        slot.is_dirty = false;
        match &mut slot.phase {
            // What has arrived on one that is over can be read: its timers would clear that.
            Phase::Connected(connection) if connection.stage == Stage::Over => {}
            Phase::Connected(connection) => {
                let state = connection.alone.get().state();
                self.interface.poll_egress(now, &mut self.device, &mut connection.alone.set);
                let is_stuck = self.device.next().is_none();
                connection.has_begun |= !is_stuck;
                self.settle(now, id, Before { state, resets: false, arrived: false, is_stuck });
            }
            Phase::Datagrams(alone, _) => {
                self.interface.poll_egress(now, &mut self.device, &mut alone.set);
                if alone.get().send_queue() > 0 && self.device.next().is_some() {
                    self.mark(id);
                }
            }
            Phase::Idle | Phase::Listening(_) => {}
        }
    }

    /// Looks at a connection after something has happened to it.
    fn settle(&mut self, now: Instant, id: SlotId, before: Before) {
        let Ok(slot) = self.slot(id) else { return };
        let is_orphan = slot.shared.is_none();
        let Some(connection) = slot.connection() else { return };
        if connection.closes_later {
            connection.finish();
        }
        let (stage, listener) = (connection.stage, connection.listener);
        let tcp = connection.alone.get_mut();
        let current = tcp.state();
        match stage {
            Stage::Opening => match current {
                State::SynSent | State::SynReceived => {}
                // A listener's, before it was made.
                State::Listen => return self.remove(id),
                State::Closed if is_orphan => return self.remove(id),
                State::Closed => {
                    slot.fail(if before.resets { Errno::ECONNREFUSED } else { Errno::ETIMEDOUT });
                    self.disconnect(id);
                    return self.publish(id, true);
                }
                _ => {
                    tcp.set_timeout(None);
                    connection.stage = Stage::Open;
                    if let Some(listener) = listener {
                        self.is_ready(listener, id);
                    }
                }
            },
            Stage::Open if current == State::Closed && before.state != State::Closed => {
                let error = match before.state {
                    State::LastAck if !before.resets => None,
                    // What was to be sent is not received by anybody.
                    State::CloseWait if before.resets => Some(Errno::EPIPE),
                    _ if before.resets => Some(Errno::ECONNRESET),
                    _ => Some(Errno::ETIMEDOUT),
                };
                if let Some(error) = error {
                    slot.fail(error);
                }
            }
            Stage::Open | Stage::Over => {}
        }
        self.reschedule(now, id, before.is_stuck);
        self.look_for_the_end(now, id);
        self.publish(id, before.arrived);
    }

    /// Finds out when a connection wants to be polled again.
    pub(super) fn reschedule(&mut self, now: Instant, id: SlotId, is_stuck: bool) {
        let Some(Some(slot)) = self.slots.get_mut(id) else { return };
        let Phase::Connected(connection) = &mut slot.phase else { return };
        if connection.stage == Stage::Over {
            slot.deadline = None;
            return;
        }
        let at = self.interface.poll_at(now, &connection.alone.set);
        match at {
            Some(at) if at <= now && !is_stuck => {
                slot.deadline = None;
                self.mark(id);
            }
            Some(at) => {
                let at = at.max(now + LATER);
                slot.deadline = Some(at);
                self.wants(at);
            }
            None => slot.deadline = None,
        }
    }

    /// Whether nothing of a connection is sent any more: then it is over, and goes if it has no file.
    fn look_for_the_end(&mut self, now: Instant, id: SlotId) {
        let Some(Some(slot)) = self.slots.get_mut(id) else { return };
        let reuses = slot.reuses();
        let has_no_file = slot.shared.is_none();
        let Phase::Connected(connection) = &mut slot.phase else { return };
        let is_orphan = has_no_file && connection.listener.is_none();
        let tcp = connection.alone.get_mut();
        let state = tcp.state();
        if is_orphan && tcp.can_recv() && state != State::Closed {
            // Nobody reads what arrives.
            tcp.abort();
            return self.mark(id);
        }
        let is_quiet = !slot.is_dirty;
        let Connection { local, remote, stage, .. } = connection;
        let (local, remote) = (*local, *remote);
        if matches!(state, State::Closed | State::TimeWait) && is_quiet && *stage != Stage::Over {
            *stage = Stage::Over;
            slot.deadline = None;
            if state == State::TimeWait {
                self.waits.add(now, local, remote, reuses);
            }
            self.unroute(id);
        }
        let Ok(slot) = self.slot(id) else { return };
        let is_over = slot.connection().is_some_and(|connection| connection.stage == Stage::Over);
        if is_orphan && is_over {
            self.remove(id);
        } else if is_orphan && state == State::FinWait2 && slot.expires.is_none() {
            slot.expires = Some(now + ORPHAN);
            self.wants(now + ORPHAN);
        }
    }

    /// What is dropped is not seen again: an orphan's file has gone.
    pub(super) fn orphan(&mut self, now: Instant, id: SlotId) {
        let Ok(Slot { phase: Phase::Connected(_), .. }) = self.slot(id) else { return self.remove(id) };
        self.reschedule(now, id, false);
        self.look_for_the_end(now, id);
    }
}
