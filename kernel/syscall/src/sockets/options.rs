//! Options of sockets: `getsockopt` and `setsockopt`.

use abi::{Errno, Result};
use lockorder::{Root, Task};
use process::Current;
use socket::options;

use super::caller::{By, with_socket};
use super::immediate;
use crate::arguments::{Arguments, give, take, take_bytes};

/// The longest value.
const LONGEST: usize = 4096;

pub(crate) fn get(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    with_socket(current, held, a.0[0], |held, socket, _| {
        let room = i32::from_ne_bytes(take(held, a.0[4])?);
        let room = usize::try_from(room).map_err(|_| Errno::EINVAL)?;
        let value = options::get(held, &**socket, a.int(1), a.int(2))?;
        let part = value.get(..room).unwrap_or(&value);
        give(held, a.0[3], part)?;
        let length = u32::try_from(part.len()).unwrap_or(0);
        give(held, a.0[4], &length.to_ne_bytes())?;
        Ok(0)
    })
}

pub(crate) fn set(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    with_socket(current, held, a.0[0], |held, socket, _| {
        let length = usize::try_from(a.int(4).cast_signed()).map_err(|_| Errno::EINVAL)?;
        if length > LONGEST {
            return Err(Errno::EINVAL);
        }
        let value = take_bytes(held, a.0[3], length)?;
        let by = By(current);
        options::set(held, &**socket, [a.int(1), a.int(2)], &value, &immediate(&by))?;
        Ok(0)
    })
}
