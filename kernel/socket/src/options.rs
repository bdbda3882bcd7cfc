//! Options of the level `SOL_SOCKET`, as all sockets have them, and the way to those that a family has.
//!
//! A family is asked first, and leaves to this file what it has nothing to say about.

use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use core::time::Duration;

use abi::{Errno, Result, net};
use base::mm::fallible::try_copy;
use lockorder::{Root, Task};

use crate::call::Call;
use crate::common::Linger;
use crate::contract::Socket;

/// The most seconds of a time that are not for ever.
const MOST_SECONDS: i64 = 1 << 32;

/// Options that are on or off.
const fn is_switch(name: u32) -> bool {
    matches!(
        name,
        net::SO_DEBUG
            | net::SO_REUSEADDR
            | net::SO_DONTROUTE
            | net::SO_BROADCAST
            | net::SO_KEEPALIVE
            | net::SO_OOBINLINE
            | net::SO_NO_CHECK
            | net::SO_REUSEPORT
            | net::SO_PASSCRED
            | net::SO_TIMESTAMP
            | net::SO_TIMESTAMPNS
            | net::SO_RXQ_OVFL
    )
}

/// A number as an option has it.
pub(crate) fn int(number: i32) -> Result<Vec<u8>> {
    bytes(&number.to_ne_bytes())
}

/// Bytes as an option has them.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub fn bytes(bytes: &[u8]) -> Result<Vec<u8>> {
    try_copy(bytes).map_err(|_| Errno::ENOMEM)
}

/// The number that a value begins with.
///
/// # Errors
///
/// [`Errno::EINVAL`] where it is too short for one.
pub fn number(value: &[u8]) -> Result<i32> {
    value.first_chunk().map(|bytes| i32::from_ne_bytes(*bytes)).ok_or(Errno::EINVAL)
}

/// A size that is no larger than a number may be.
fn size(size: usize) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}

/// A time as `struct timeval`: zeros for ever.
fn time(time: Option<Duration>) -> Result<Vec<u8>> {
    let time = time.unwrap_or_default();
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let fields = abi::Encoder::<16>::new().i64(seconds).i64(i64::from(time.subsec_micros())).finish();
    bytes(&fields)
}

/// The time that a `struct timeval` says: none for ever.
fn to_time(value: &[u8]) -> Result<Option<Duration>> {
    let (seconds, rest) = value.split_first_chunk::<8>().ok_or(Errno::EINVAL)?;
    let microseconds = rest.first_chunk::<8>().ok_or(Errno::EINVAL)?;
    let (seconds, microseconds) = (i64::from_ne_bytes(*seconds), i64::from_ne_bytes(*microseconds));
    let fraction = u32::try_from(microseconds).ok().filter(|&part| part < 1_000_000).ok_or(Errno::EDOM)?;
    if seconds < 0 {
        return Ok(Some(Duration::ZERO));
    }
    if seconds == 0 && fraction == 0 || seconds > MOST_SECONDS {
        return Ok(None);
    }
    Ok(Some(Duration::new(seconds.cast_unsigned(), fraction.saturating_mul(1000))))
}

/// The value of an option.
///
/// # Errors
///
/// [`Errno::ENOPROTOOPT`] for one that there is not; [`Errno::EOPNOTSUPP`] for a level; [`Errno::ENOMEM`].
pub fn get(held: &mut Root<'_, Task>, socket: &dyn Socket, level: u32, name: u32) -> Result<Vec<u8>> {
    if let Some(value) = socket.get_option(held, level, name)? {
        return Ok(value);
    }
    let common = socket.common();
    if level != net::SOL_SOCKET {
        return Err(Errno::ENOPROTOOPT);
    }
    if let Some(kept) = common.number(name) {
        return int(kept.load(Ordering::Relaxed));
    }
    match name {
        net::SO_TYPE => int(common.kind().number()),
        net::SO_DOMAIN => int(common.family().cast_signed()),
        net::SO_PROTOCOL => int(common.protocol().cast_signed()),
        net::SO_ERROR => int(common.take_error().map_or(0, |error| i32::from(error as u16))),
        net::SO_ACCEPTCONN => int(i32::from(socket.is_listening())),
        net::SO_SNDBUF => int(size(common.send_buffer())),
        net::SO_RCVBUF => int(size(common.receive_buffer())),
        net::SO_SNDLOWAT => int(1),
        net::SO_RCVTIMEO => time(common.receive_time()),
        net::SO_SNDTIMEO => time(common.send_time()),
        net::SO_LINGER => {
            let linger = common.linger();
            let fields = abi::Encoder::<8>::new().u32(u32::from(linger.on)).u32(linger.seconds).finish();
            bytes(&fields)
        }
        name if is_switch(name) => int(i32::from(common.is_on(name))),
        _ => Err(Errno::ENOPROTOOPT),
    }
}

/// Sets an option.
///
/// # Errors
///
/// As for [`get`]; [`Errno::EINVAL`], [`Errno::EDOM`] for a value that it cannot have; [`Errno::EPERM`].
pub fn set(
    held: &mut Root<'_, Task>,
    socket: &dyn Socket,
    [level, name]: [u32; 2],
    value: &[u8],
    call: &Call<'_>,
) -> Result<()> {
    if socket.set_option(held, level, name, value, call)? {
        return Ok(());
    }
    let common = socket.common();
    if level != net::SOL_SOCKET {
        return Err(Errno::ENOPROTOOPT);
    }
    // Whatever the option is, a number comes first.
    let first = number(value)?;
    let wanted = usize::try_from(first).unwrap_or(usize::MAX);
    match name {
        net::SO_SNDBUF => common.set_send_buffer(wanted),
        net::SO_RCVBUF => common.set_receive_buffer(wanted),
        net::SO_SNDBUFFORCE | net::SO_RCVBUFFORCE => {
            if !call.caller.is_some_and(|caller| caller.is_privileged(held)) {
                return Err(Errno::EPERM);
            }
            if name == net::SO_SNDBUFFORCE {
                common.set_send_buffer(wanted);
            } else {
                common.set_receive_buffer(wanted);
            }
        }
        net::SO_RCVTIMEO => common.set_receive_time(to_time(value)?),
        net::SO_SNDTIMEO => common.set_send_time(to_time(value)?),
        net::SO_LINGER => {
            let seconds = number(value.get(4..).unwrap_or_default())?.cast_unsigned();
            common.set_linger(Linger { on: first != 0, seconds });
        }
        name if is_switch(name) => common.switch(name, first != 0),
        name => match common.number(name) {
            Some(kept) => kept.store(first, Ordering::Relaxed),
            None => return Err(Errno::ENOPROTOOPT),
        },
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{time, to_time};
    use abi::Errno;
    use core::time::Duration;

    #[test]
    fn a_time_of_zeros_is_for_ever() {
        assert_eq!(to_time(&time(None).unwrap()), Ok(None));
        let half = Some(Duration::from_millis(500));
        assert_eq!(to_time(&time(half).unwrap()), Ok(half));
    }

    #[test]
    fn a_time_has_its_bounds() {
        let value = |seconds: i64, micros: i64| [seconds.to_ne_bytes(), micros.to_ne_bytes()].concat();
        assert_eq!(to_time(&value(0, 1_000_000)), Err(Errno::EDOM));
        assert_eq!(to_time(&value(0, -1)), Err(Errno::EDOM));
        assert_eq!(to_time(&value(-1, 0)), Ok(Some(Duration::ZERO)));
        assert_eq!(to_time(&value(i64::MAX, 0)), Ok(None));
        assert_eq!(to_time(&[0; 15]), Err(Errno::EINVAL));
    }
}
