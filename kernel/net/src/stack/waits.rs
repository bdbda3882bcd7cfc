//! Connections that this side has ended: for a while nobody has their names who does not say that it reuses names.
//!
//! On a network such a connection also waits for packets that come late. Here none comes late, so that nothing is kept of it
//! but its name (TIME-WAIT, RFC 9293, 3.6.1).

use alloc::collections::VecDeque;
use core::net::SocketAddr;

use abi::{Errno, Result};
use smoltcp::time::{Duration, Instant};

/// How long, as on Linux.
const TIME: Duration = Duration::from_secs(60);

/// How many are remembered.
const MOST: usize = 1024;

/// The name of one.
#[derive(Clone, Copy, Debug)]
struct Ended {
    local: SocketAddr,
    remote: SocketAddr,
    reuses: bool,
    until: Instant,
}

/// Those that are remembered, the oldest first.
#[derive(Debug)]
pub(crate) struct Waits(VecDeque<Ended>);

impl Waits {
    /// None, with memory for the most.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(crate) fn new() -> Result<Self> {
        let mut ended = VecDeque::new();
        ended.try_reserve_exact(MOST).map_err(|_| Errno::ENOMEM)?;
        Ok(Self(ended))
    }

    /// One more.
    pub(crate) fn add(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr, reuses: bool) {
        self.forget(now);
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(Ended { local, remote, reuses, until: now + TIME });
    }

    /// Forgets those whose time is over.
    fn forget(&mut self, now: Instant) {
        while self.0.front().is_some_and(|ended| ended.until <= now) {
            self.0.pop_front();
        }
    }

    /// The local names, and whether each reuses names.
    pub(crate) fn names(&mut self, now: Instant) -> impl Iterator<Item = (SocketAddr, bool)> {
        self.forget(now);
        self.0.iter().map(|ended| (ended.local, ended.reuses))
    }

    /// Whether it is one between these two.
    pub(crate) fn has(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr) -> bool {
        self.forget(now);
        self.0.iter().any(|ended| (ended.local, ended.remote) == (local, remote))
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, TIME, Waits};
    use core::net::SocketAddr;
    use smoltcp::time::{Duration, Instant};

    #[test]
    fn they_are_forgotten_after_a_while_and_when_there_are_many() {
        let name = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let mut waits = Waits::new().unwrap();
        waits.add(Instant::ZERO, name(1), name(2), true);
        assert!(waits.has(Instant::ZERO, name(1), name(2)));
        assert!(!waits.has(Instant::ZERO, name(2), name(1)));
        assert!(!waits.has(Instant::ZERO + TIME, name(1), name(2)));
        let later = Instant::ZERO + TIME + Duration::from_secs(1);
        for port in 0..=MOST {
            waits.add(later, name(u16::try_from(port).unwrap()), name(9), false);
        }
        assert_eq!(waits.names(later).count(), MOST);
        assert!(!waits.has(later, name(0), name(9)));
    }
}
