//! Addresses of sockets in user memory.

use abi::{Errno, Result};
use base::user::{self, Fault};
use lockorder::{Root, Task};
use socket::Address;
use socket::address::LONGEST;

use crate::arguments::{give, slice, take};

/// The address that a caller gives, of so many bytes.
///
/// # Errors
///
/// [`Errno::EINVAL`] for a length that none has; [`Errno::EFAULT`].
pub(crate) fn take_address(held: &mut Root<'_, Task>, at: u64, length: u32) -> Result<Address> {
    let length = usize::try_from(length).ok().filter(|&length| length <= LONGEST).ok_or(Errno::EINVAL)?;
    let mut bytes = [0; LONGEST];
    let place = bytes.get_mut(..length).ok_or(Errno::EINVAL)?;
    user::copy_in(held, slice(at, length as u64)?, place).map_err(|Fault| Errno::EFAULT)?;
    Address::new(place)
}

/// Gives a caller as much of an address as it has room for; gives how long the address is.
pub(crate) fn give_part(
    held: &mut Root<'_, Task>,
    address: Option<&Address>,
    at: u64,
    room: usize,
) -> Result<u32> {
    let bytes = address.map_or(&[][..], Address::bytes);
    give(held, at, bytes.get(..room).unwrap_or(bytes))?;
    Ok(u32::try_from(bytes.len()).unwrap_or(0))
}

/// The same, where the room stands in user memory, and the length is to be put.
///
/// # Errors
///
/// [`Errno::EINVAL`] for less room than none; [`Errno::EFAULT`].
pub(crate) fn give_address(
    held: &mut Root<'_, Task>,
    address: Option<&Address>,
    at: u64,
    length_at: u64,
) -> Result<()> {
    let room = i32::from_ne_bytes(take(held, length_at)?);
    let room = usize::try_from(room).map_err(|_| Errno::EINVAL)?;
    let length = give_part(held, address, at, room)?;
    give(held, length_at, &length.to_ne_bytes())
}
