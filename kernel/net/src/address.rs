//! Addresses as programs say them, `struct sockaddr_in` and `struct sockaddr_in6`, and as the stack does.
//!
//! A socket of version 6 says addresses of version 4 as those that are mapped (RFC 4291, 2.5.5.2).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use abi::{Encoder, Errno, Result, net};
use socket::Address;

/// The shortest address of version 6: without the scope.
const SHORTEST_V6: usize = 24;

/// Whether a socket is of version 6 by its family.
pub(crate) const fn is_v6(family: u32) -> bool {
    family == net::AF_INET6
}

/// Says an address to a program whose socket is of a version.
///
/// # Errors
///
/// None: it is short enough.
pub(crate) fn encode(address: SocketAddr, v6: bool) -> Result<Address> {
    let port = address.port().to_be_bytes();
    if v6 {
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv6Addr::UNSPECIFIED,
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        let mut encoder = Encoder::<28>::new();
        Address::new(&encoder.u16(10).bytes(&port).u32(0).bytes(&ip.octets()).u32(0).finish())
    } else {
        let ip = match address.ip() {
            IpAddr::V4(ip) => ip,
            IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
        };
        Address::new(&Encoder::<16>::new().u16(2).bytes(&port).bytes(&ip.octets()).finish())
    }
}

/// Whether an address is none: who connects to it is disconnected.
pub(crate) fn is_none(address: &Address) -> bool {
    address.family() == Some(0)
}

/// What a program says whose socket is of a version.
///
/// # Errors
///
/// [`Errno::EINVAL`] for one that is too short; [`Errno::EAFNOSUPPORT`] for one of another family.
pub(crate) fn decode(address: &Address, v6: bool) -> Result<SocketAddr> {
    let family = u32::from(address.family().ok_or(Errno::EINVAL)?);
    if family != if v6 { net::AF_INET6 } else { net::AF_INET } {
        return Err(Errno::EAFNOSUPPORT);
    }
    let (port, rest) = address.rest().split_first_chunk::<2>().ok_or(Errno::EINVAL)?;
    let port = u16::from_be_bytes(*port);
    let ip = if v6 {
        if address.bytes().len() < SHORTEST_V6 {
            return Err(Errno::EINVAL);
        }
        let octets = rest.get(4..).and_then(|rest| rest.first_chunk::<16>()).ok_or(Errno::EINVAL)?;
        Ipv6Addr::from(*octets).to_canonical()
    } else {
        if address.bytes().len() < 16 {
            return Err(Errno::EINVAL);
        }
        IpAddr::from(*rest.first_chunk::<4>().ok_or(Errno::EINVAL)?)
    };
    Ok(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use abi::Errno;
    use core::net::SocketAddr;
    use socket::Address;

    #[test]
    fn addresses_are_said_as_linux_says_them() {
        let v4: SocketAddr = "127.0.0.1:258".parse().unwrap();
        let v6: SocketAddr = "[::1]:258".parse().unwrap();
        let said = encode(v4, false).unwrap();
        assert_eq!(said.bytes(), [2, 0, 1, 2, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        for (address, is_v6) in [(v4, false), (v6, true), (v4, true)] {
            assert_eq!(decode(&encode(address, is_v6).unwrap(), is_v6), Ok(address));
        }
        assert_eq!(decode(&said, true), Err(Errno::EAFNOSUPPORT));
        assert_eq!(decode(&Address::new(&said.bytes()[..15]).unwrap(), false), Err(Errno::EINVAL));
        assert_eq!(decode(&Address::new(&[]).unwrap(), false), Err(Errno::EINVAL));
    }
}
