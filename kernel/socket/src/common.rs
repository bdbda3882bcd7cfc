//! What all sockets have, whatever their family: kind, pending error, and the options of the level `SOL_SOCKET`. All of it is atomics.

use core::sync::atomic::{AtomicI32, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;

use abi::{Errno, net};
use base::time::Instant;

/// Bytes that a buffer may have at first, by Linux's way of counting.
pub const BUFFER: usize = 212_992;
/// The most that anybody may ask for; it is doubled.
const LARGEST_BUFFER: usize = 212_992;
/// The fewest of a buffer to send.
const SMALLEST_TO_SEND: usize = 4_608;
/// The fewest of a buffer to receive.
const SMALLEST_TO_RECEIVE: usize = 2_304;

/// What may be pending: a connection's end, and what a network says of a message. Anything else is told as [`Errno::EIO`].
const PENDING: [Errno; 11] = [
    Errno::ECONNREFUSED,
    Errno::ECONNRESET,
    Errno::ECONNABORTED,
    Errno::EPIPE,
    Errno::ETIMEDOUT,
    Errno::ENETUNREACH,
    Errno::EHOSTUNREACH,
    Errno::EADDRNOTAVAIL,
    Errno::EMSGSIZE,
    Errno::ENOBUFS,
    Errno::ENOTCONN,
];

/// What kind of messages a socket has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// Bytes of a connection.
    Stream = net::SOCK_STREAM,
    /// Messages, each to an address.
    Datagram = net::SOCK_DGRAM,
    /// The network's own packets.
    Raw = net::SOCK_RAW,
    /// Messages of a connection.
    SequencedPacket = net::SOCK_SEQPACKET,
}

impl Kind {
    /// The kind with a number.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        let all = [Self::Stream, Self::Datagram, Self::Raw, Self::SequencedPacket];
        all.into_iter().find(|kind| *kind as u32 == number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> i32 {
        (self as u32).cast_signed()
    }
}

/// What a socket does with unsent bytes when it is closed: `SO_LINGER`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Linger {
    /// Whether anything was asked for.
    pub on: bool,
    /// For how many seconds its closer waits; 0 throws them away.
    pub seconds: u32,
}

/// What all sockets have.
#[derive(Debug)]
pub struct Common {
    family: u32,
    kind: Kind,
    protocol: u32,
    /// The error that the next call is told; 0 for none.
    error: AtomicU16,
    /// Options that are on or off, each by the bit of its number.
    switches: AtomicU64,
    /// Whether it lingers, and how many seconds.
    linger: AtomicU64,
    send_buffer: AtomicUsize,
    receive_buffer: AtomicUsize,
    /// In nanoseconds; the largest number for ever.
    send_time: AtomicU64,
    receive_time: AtomicU64,
    /// Options that are numbers and that nothing depends on.
    priority: AtomicI32,
    mark: AtomicI32,
    low_water: AtomicI32,
}

/// When a time that begins now is over.
fn after(time: &AtomicU64) -> Option<Instant> {
    let time = time.load(Ordering::Relaxed);
    (time != u64::MAX).then(|| Instant::now() + Duration::from_nanos(time))
}

impl Common {
    /// Of a new socket.
    #[must_use]
    pub const fn new(family: u32, kind: Kind, protocol: u32) -> Self {
        Self {
            family,
            kind,
            protocol,
            error: AtomicU16::new(0),
            switches: AtomicU64::new(0),
            linger: AtomicU64::new(0),
            send_buffer: AtomicUsize::new(BUFFER),
            receive_buffer: AtomicUsize::new(BUFFER),
            send_time: AtomicU64::new(u64::MAX),
            receive_time: AtomicU64::new(u64::MAX),
            priority: AtomicI32::new(0),
            mark: AtomicI32::new(0),
            low_water: AtomicI32::new(1),
        }
    }

    /// Its family's number.
    #[must_use]
    pub const fn family(&self) -> u32 {
        self.family
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its protocol.
    #[must_use]
    pub const fn protocol(&self) -> u32 {
        self.protocol
    }

    /// Has the next call be told of an error. Wake who waits then.
    pub fn set_error(&self, error: Errno) {
        self.error.store(error as u16, Ordering::Release);
    }

    /// Whether an error is pending.
    #[must_use]
    pub fn has_error(&self) -> bool {
        self.error.load(Ordering::Acquire) != 0
    }

    /// Takes the pending error: `SO_ERROR`, and whoever is told of it.
    #[must_use]
    pub fn take_error(&self) -> Option<Errno> {
        if !self.has_error() {
            return None;
        }
        let number = self.error.swap(0, Ordering::AcqRel);
        let found = PENDING.into_iter().find(|&error| error as u16 == number);
        found.or_else(|| (number != 0).then_some(Errno::EIO))
    }

    /// Whether an option is on that is on or off, by its number of the level `SOL_SOCKET`.
    #[must_use]
    pub fn is_on(&self, name: u32) -> bool {
        1_u64.checked_shl(name).is_some_and(|bit| self.switches.load(Ordering::Relaxed) & bit != 0)
    }

    /// Sets one.
    pub fn switch(&self, name: u32, on: bool) {
        let bit = 1_u64.checked_shl(name).unwrap_or(0);
        if on {
            self.switches.fetch_or(bit, Ordering::Relaxed);
        } else {
            self.switches.fetch_and(!bit, Ordering::Relaxed);
        }
    }

    /// What it does with unsent bytes at its end.
    #[must_use]
    pub fn linger(&self) -> Linger {
        let value = self.linger.load(Ordering::Relaxed);
        Linger { on: value >> 32 != 0, seconds: u32::try_from(value & 0xffff_ffff).unwrap_or(0) }
    }

    /// Says that.
    pub fn set_linger(&self, linger: Linger) {
        let value = u64::from(linger.on) << 32 | u64::from(linger.seconds);
        self.linger.store(value, Ordering::Relaxed);
    }

    /// How much may wait to be sent: `SO_SNDBUF`.
    #[must_use]
    pub fn send_buffer(&self) -> usize {
        self.send_buffer.load(Ordering::Relaxed)
    }

    /// How much may wait to be received: `SO_RCVBUF`.
    #[must_use]
    pub fn receive_buffer(&self) -> usize {
        self.receive_buffer.load(Ordering::Relaxed)
    }

    /// Says how much may wait to be sent: twice as much as was asked for, within bounds.
    pub fn set_send_buffer(&self, size: usize) {
        let size = size.min(LARGEST_BUFFER).saturating_mul(2).max(SMALLEST_TO_SEND);
        self.send_buffer.store(size, Ordering::Relaxed);
    }

    /// Says how much may wait to be received: twice as much as was asked for, within bounds.
    pub fn set_receive_buffer(&self, size: usize) {
        let size = size.min(LARGEST_BUFFER).saturating_mul(2).max(SMALLEST_TO_RECEIVE);
        self.receive_buffer.store(size, Ordering::Relaxed);
    }

    /// How long a sender waits for room; none for ever.
    #[must_use]
    pub fn send_time(&self) -> Option<Duration> {
        Some(self.send_time.load(Ordering::Relaxed))
            .filter(|&time| time != u64::MAX)
            .map(Duration::from_nanos)
    }

    /// How long a receiver waits; none for ever.
    #[must_use]
    pub fn receive_time(&self) -> Option<Duration> {
        Some(self.receive_time.load(Ordering::Relaxed))
            .filter(|&time| time != u64::MAX)
            .map(Duration::from_nanos)
    }

    /// Says how long a sender waits.
    pub fn set_send_time(&self, time: Option<Duration>) {
        self.send_time.store(nanoseconds(time), Ordering::Relaxed);
    }

    /// Says how long a receiver waits.
    pub fn set_receive_time(&self, time: Option<Duration>) {
        self.receive_time.store(nanoseconds(time), Ordering::Relaxed);
    }

    /// When a sender that begins now has waited long enough.
    #[must_use]
    pub fn send_deadline(&self) -> Option<Instant> {
        after(&self.send_time)
    }

    /// When a receiver that begins now has waited long enough.
    #[must_use]
    pub fn receive_deadline(&self) -> Option<Instant> {
        after(&self.receive_time)
    }

    /// Options that are numbers, and that are kept for who asks.
    pub(crate) const fn number(&self, name: u32) -> Option<&AtomicI32> {
        match name {
            net::SO_PRIORITY => Some(&self.priority),
            net::SO_MARK => Some(&self.mark),
            net::SO_RCVLOWAT => Some(&self.low_water),
            _ => None,
        }
    }
}

/// A time in nanoseconds; the largest number for ever.
fn nanoseconds(time: Option<Duration>) -> u64 {
    time.map_or(u64::MAX, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Common, Kind};
    use abi::Errno;

    #[test]
    fn an_error_is_told_once() {
        let common = Common::new(1, Kind::Stream, 0);
        assert_eq!(common.take_error(), None);
        common.set_error(Errno::ECONNRESET);
        assert!(common.has_error());
        assert_eq!((common.take_error(), common.take_error()), (Some(Errno::ECONNRESET), None));
    }

    #[test]
    fn buffers_are_doubled_within_bounds() {
        let common = Common::new(1, Kind::Stream, 0);
        common.set_send_buffer(10_000);
        common.set_receive_buffer(1);
        assert_eq!((common.send_buffer(), common.receive_buffer()), (20_000, 2_304));
        common.set_send_buffer(usize::MAX);
        assert_eq!(common.send_buffer(), 425_984);
    }

    #[test]
    fn switches_are_apart() {
        let common = Common::new(1, Kind::Stream, 0);
        common.switch(2, true);
        assert!(common.is_on(2) && !common.is_on(3) && !common.is_on(99));
        common.switch(2, false);
        assert!(!common.is_on(2));
    }
}
