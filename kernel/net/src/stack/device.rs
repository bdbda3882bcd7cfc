//! The loopback device: packets that are sent are received, in order, and none is lost.
//!
//! It has few packets, each with memory for the longest one from the start: nothing is allocated when one is sent. Whoever polls has
//! each packet received before the next one is sent, so that few are enough.
//!
//! **There is always one for an answer.** What is received may be answered at once, by one packet. One is spare whenever something
//! is received: sending leaves one, and receiving gives back the one before it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use abi::{Errno, Result};
use base::mm::fallible::try_zeroed;
use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

/// The longest packet. No longer one can be said in the header of either version.
pub(crate) const LONGEST: usize = 65535;

/// How many packets it has.
const PACKETS: usize = 4;

/// A packet: memory for the longest one, and how much of that it is.
struct Packet {
    memory: Vec<u8>,
    length: usize,
}

impl Packet {
    fn bytes(&self) -> &[u8] {
        self.memory.get(..self.length).unwrap_or_default()
    }
}

/// What waits to be received, and what is spare.
struct Queue {
    waiting: VecDeque<Packet>,
    spare: Vec<Packet>,
}

/// The device.
pub(crate) struct Loopback {
    /// What is received now, or was the last.
    current: Option<Packet>,
    queue: Queue,
}

impl fmt::Debug for Loopback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Loopback").field("waiting", &self.queue.waiting.len()).finish_non_exhaustive()
    }
}

impl Loopback {
    /// With nothing in it.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(crate) fn new() -> Result<Self> {
        let (mut waiting, mut spare) = (VecDeque::new(), Vec::new());
        waiting.try_reserve_exact(PACKETS).map_err(|_| Errno::ENOMEM)?;
        spare.try_reserve_exact(PACKETS).map_err(|_| Errno::ENOMEM)?;
        for _ in 0..PACKETS {
            spare.push(Packet { memory: try_zeroed(LONGEST).map_err(|_| Errno::ENOMEM)?, length: 0 });
        }
        Ok(Self { current: None, queue: Queue { waiting, spare } })
    }

    /// The packet that is received next.
    pub(crate) fn next(&self) -> Option<&[u8]> {
        self.queue.waiting.front().map(Packet::bytes)
    }

    /// Has the next packet be received by nobody.
    pub(crate) fn discard(&mut self) {
        self.queue.spare.extend(self.queue.waiting.pop_front());
    }
}

/// A packet to be received.
pub(crate) struct Receiving<'a>(&'a Packet);

/// A packet to be sent.
pub(crate) struct Sending<'a>(&'a mut Queue);

impl RxToken for Receiving<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0.bytes())
    }
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let Some(mut packet) = self.0.spare.pop() else { return write(&mut []) };
        packet.length = length;
        let result = write(packet.memory.get_mut(..length).unwrap_or_default());
        self.0.waiting.push_back(packet);
        result
    }
}

impl Device for Loopback {
    type RxToken<'a> = Receiving<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(Receiving<'_>, Sending<'_>)> {
        let next = self.queue.waiting.pop_front()?;
        self.queue.spare.extend(self.current.replace(next));
        Some((Receiving(self.current.as_ref()?), Sending(&mut self.queue)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Sending<'_>> {
        (self.queue.spare.len() > 1).then_some(Sending(&mut self.queue))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = LONGEST;
        // Nothing changes on the way.
        capabilities.checksum = ChecksumCapabilities::ignored();
        capabilities
    }
}

#[cfg(test)]
mod tests {
    use super::Loopback;
    use smoltcp::phy::{Device, RxToken, TxToken};
    use smoltcp::time::Instant;

    fn send(device: &mut Loopback, byte: u8) -> bool {
        let Some(token) = device.transmit(Instant::ZERO) else { return false };
        token.consume(1, |bytes| bytes[0] = byte);
        true
    }

    #[test]
    fn packets_come_in_order_and_one_is_left_for_an_answer() {
        let mut device = Loopback::new().unwrap();
        let sent = (1..9).take_while(|&byte| send(&mut device, byte)).count();
        assert_eq!(sent, 3);
        for byte in 1..100 {
            let (received, answer) = device.receive(Instant::ZERO).unwrap();
            received.consume(|bytes| assert_eq!(bytes, [byte]));
            answer.consume(1, |bytes| bytes[0] = byte + 3);
        }
        device.discard();
        assert_eq!(device.next(), Some(&[101][..]));
    }
}
