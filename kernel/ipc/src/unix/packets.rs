//! What a socket of messages has received: one after the other, each whole, with what came with it and who has sent it.
//!
//! Everything here happens under the socket's lock. A message is counted, so that its bytes are copied out without that.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use fs::OpenFile;

use super::bytes::Attached;
use super::name::Name;

/// What a message takes beside its bytes, by Linux's way of counting.
const OVERHEAD: usize = 768;

/// A message that a socket of type `S` has sent.
pub(super) struct Packet<S> {
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// What comes with it.
    pub(super) attached: Attached,
    /// Who has sent it, and what that was called.
    pub(super) sender: Arc<S>,
    pub(super) name: Option<Arc<Name>>,
}

impl<S> Packet<S> {
    /// How much of its sender's buffer it takes.
    pub(super) fn cost(&self) -> usize {
        self.bytes.len().saturating_add(OVERHEAD)
    }
}

/// The messages.
pub(super) struct PacketQueue<S> {
    packets: VecDeque<Arc<Packet<S>>>,
    bytes: usize,
    with_rights: usize,
}

impl<S> PacketQueue<S> {
    /// No messages.
    pub(super) const fn new() -> Self {
        Self { packets: VecDeque::new(), bytes: 0, with_rights: 0 }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.packets.len()
    }

    /// How many bytes they have together.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many have open files.
    pub(super) const fn with_rights(&self) -> usize {
        self.with_rights
    }

    /// The first.
    pub(super) fn first(&self) -> Option<&Arc<Packet<S>>> {
        self.packets.front()
    }

    /// Makes room for one more.
    pub(super) fn reserve(&mut self) -> Result<()> {
        self.packets.try_reserve(1).map_err(|_| Errno::ENOMEM)
    }

    /// Adds one, for which there is room.
    pub(super) fn push(&mut self, packet: Arc<Packet<S>>) {
        self.bytes = self.bytes.saturating_add(packet.bytes.len());
        self.with_rights += usize::from(!packet.attached.rights.is_empty());
        self.packets.push_back(packet);
    }

    /// Takes the first out.
    pub(super) fn pop(&mut self) -> Option<Arc<Packet<S>>> {
        let packet = self.packets.pop_front()?;
        self.bytes = self.bytes.saturating_sub(packet.bytes.len());
        self.with_rights -= usize::from(!packet.attached.rights.is_empty());
        Some(packet)
    }

    /// Calls `each` for all open files.
    pub(super) fn each_right(&self, each: &mut dyn FnMut(&Arc<OpenFile>)) {
        self.packets.iter().flat_map(|packet| &packet.attached.rights).for_each(each);
    }

    /// Takes out all open files, as far as there is memory for a list of them and nobody looks at their message.
    pub(super) fn take_rights(&mut self, to: &mut Vec<Arc<OpenFile>>) {
        for packet in &mut self.packets {
            if let Some(packet) = Arc::get_mut(packet)
                && !packet.attached.rights.is_empty()
                && to.try_reserve(packet.attached.rights.len()).is_ok()
            {
                to.append(&mut packet.attached.rights);
                self.with_rights -= 1;
            }
        }
    }
}
