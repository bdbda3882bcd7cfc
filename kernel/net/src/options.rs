//! Options of TCP, of both versions of IP, and those of all sockets that TCP knows better.
//!
//! What changes nothing on a device that loses nothing is accepted, and forgotten.

use alloc::vec::Vec;

use abi::{Errno, Result, net};
use lockorder::{Root, Task};
use socket::Kind;
use socket::options::{bytes, number};

use crate::end::End;
use crate::network;

/// The levels.
const TCP: u32 = net::IPPROTO_TCP as u32;
const V4: u32 = net::IPPROTO_IP as u32;
const V6: u32 = net::IPPROTO_IPV6 as u32;

/// Options of TCP that only matter on a network.
const fn is_ignored_by_tcp(name: u32) -> bool {
    matches!(
        name,
        net::TCP_CORK
            | net::TCP_KEEPIDLE
            | net::TCP_KEEPINTVL
            | net::TCP_KEEPCNT
            | net::TCP_SYNCNT
            | net::TCP_LINGER2
            | net::TCP_DEFER_ACCEPT
            | net::TCP_QUICKACK
            | net::TCP_USER_TIMEOUT
    )
}

/// Options of IP that only matter on a network, with what they are at first.
const fn ignored_by_ip(level: u32, name: u32) -> Option<i32> {
    match (level, name) {
        (V4, net::IP_TTL) | (V6, net::IPV6_UNICAST_HOPS) => Some(64),
        (
            V4,
            net::IP_TOS
            | net::IP_RECVERR
            | net::IP_MTU_DISCOVER
            | net::IP_FREEBIND
            | net::IP_BIND_ADDRESS_NO_PORT,
        )
        | (V6, net::IPV6_TCLASS | net::IPV6_RECVERR | net::IPV6_MTU_DISCOVER) => Some(0),
        _ => None,
    }
}

/// A number as an option has it.
fn int(number: i32) -> Result<Option<Vec<u8>>> {
    bytes(&number.to_ne_bytes()).map(Some)
}

/// An option that is not left to others.
///
/// # Errors
///
/// [`Errno::ENOPROTOOPT`], [`Errno::EOPNOTSUPP`]; [`Errno::ENOMEM`].
pub(crate) fn get(held: &mut Root<'_, Task>, end: &End, level: u32, name: u32) -> Result<Option<Vec<u8>>> {
    let is_stream = end.shared.common.kind() == Kind::Stream;
    match (level, name) {
        (net::SOL_SOCKET, _) => Ok(None),
        (TCP, net::TCP_NODELAY) if is_stream => {
            let settings = network::look(held, |stack| stack.settings(end.slot))?;
            int(i32::from(settings.no_delay))
        }
        (TCP, net::TCP_MAXSEG) if is_stream => int(536),
        (TCP, name) if is_stream && is_ignored_by_tcp(name) => int(0),
        (V6, net::IPV6_V6ONLY) if end.is_v6() => {
            let settings = network::look(held, |stack| stack.settings(end.slot))?;
            int(i32::from(settings.only_v6))
        }
        (V6, _) if !end.is_v6() => Err(Errno::ENOPROTOOPT),
        (V4 | V6, name) => int(ignored_by_ip(level, name).ok_or(Errno::ENOPROTOOPT)?),
        (TCP, _) if is_stream => Err(Errno::ENOPROTOOPT),
        _ => Err(Errno::EOPNOTSUPP),
    }
}

/// Sets an option that is not left to others; whether it was.
///
/// # Errors
///
/// As for [`get`]; [`Errno::EINVAL`].
pub(crate) fn set(
    held: &mut Root<'_, Task>,
    end: &End,
    [level, name]: [u32; 2],
    value: &[u8],
) -> Result<bool> {
    let is_stream = end.shared.common.kind() == Kind::Stream;
    match (level, name) {
        (net::SOL_SOCKET, net::SO_KEEPALIVE) => {
            let on = number(value)? != 0;
            network::with(held, |stack, _| stack.set(end.slot, |settings| settings.keep_alive = on))?;
            Ok(false)
        }
        (net::SOL_SOCKET, _) => Ok(false),
        (TCP, net::TCP_NODELAY) if is_stream => {
            let on = number(value)? != 0;
            network::with(held, |stack, _| stack.set(end.slot, |settings| settings.no_delay = on))?;
            Ok(true)
        }
        (TCP, name) if is_stream && (is_ignored_by_tcp(name) || name == net::TCP_MAXSEG) => {
            number(value).map(|_| true)
        }
        (V6, net::IPV6_V6ONLY) if end.is_v6() => {
            let on = number(value)? != 0;
            if end.names(held)?.0.is_some() {
                return Err(Errno::EINVAL);
            }
            network::look(held, |stack| stack.set(end.slot, |settings| settings.only_v6 = on))?;
            Ok(true)
        }
        (V6, _) if !end.is_v6() => Err(Errno::ENOPROTOOPT),
        (V4 | V6, name) => ignored_by_ip(level, name).map(|_| true).ok_or(Errno::ENOPROTOOPT),
        (TCP, _) if is_stream => Err(Errno::ENOPROTOOPT),
        _ => Err(Errno::EOPNOTSUPP),
    }
}
