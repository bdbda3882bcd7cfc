//! The families of sockets that this crate has: `AF_INET` and `AF_INET6`.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result, net};
use lockorder::{Root, Task};
use socket::{Call, Family, Kind, New, Socket};

use crate::address::is_v6;
use crate::datagram::Datagrams;
use crate::listing;
use crate::stack::Transport;
use crate::stream::Stream;

/// The numbers of the protocols.
const TCP: u32 = net::IPPROTO_TCP as u32;
const UDP: u32 = net::IPPROTO_UDP as u32;

/// A version of IP.
#[derive(Debug)]
pub struct Version(u32);

/// Version 4.
pub static V4: Version = Version(net::AF_INET);
/// Version 6.
pub static V6: Version = Version(net::AF_INET6);

impl Family for Version {
    fn number(&self) -> u32 {
        self.0
    }

    fn create(&self, held: &mut Root<'_, Task>, new: New, _call: &Call<'_>) -> Result<Arc<dyn Socket>> {
        match (new.kind, new.protocol) {
            (Kind::Stream, 0 | TCP) => Stream::create(held, self.0),
            (Kind::Datagram, 0 | UDP) => Datagrams::create(held, self.0),
            (Kind::Stream | Kind::Datagram, _) => Err(Errno::EPROTONOSUPPORT),
            (Kind::Raw | Kind::SequencedPacket, _) => Err(Errno::ESOCKTNOSUPPORT),
        }
    }

    fn shown(&self, held: &mut Root<'_, Task>, kind: Kind) -> Result<Vec<u8>> {
        let transport = match kind {
            Kind::Stream => Transport::Stream,
            Kind::Datagram => Transport::Datagram,
            Kind::Raw | Kind::SequencedPacket => return Err(Errno::ENOENT),
        };
        listing::list(held, transport, is_v6(self.0))
    }
}
