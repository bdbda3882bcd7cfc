//! Giving a socket a name: a path, where an inode is made, bytes, or any that is not in use.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_copy};
use fs::{Kind, Start};
use lockorder::{Root, Task};
use socket::{Address, Call};

use super::endpoint::Endpoint;
use super::name::{Asked, Name, asked};
use super::names;

/// How many names there are that any socket may be given: five digits.
const ANY: u32 = 1 << 20;

/// The number of the name that is given next.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Gives a socket a name that leads to it from then on.
///
/// # Errors
///
/// [`Errno::EINVAL`] where it has one; [`Errno::EADDRINUSE`]; [`Errno::ENOMEM`]; those of a path.
pub(super) fn bind(
    endpoint: &Arc<Endpoint>,
    held: &mut Root<'_, Task>,
    address: &Address,
    call: &Call<'_>,
) -> Result<()> {
    let asked = asked(address)?;
    if endpoint.is_named.load(Ordering::Acquire) {
        // Any name will do: it has one.
        return if asked == Asked::Any { Ok(()) } else { Err(Errno::EINVAL) };
    }
    match asked {
        Asked::Any => bind_to_any(endpoint, held),
        Asked::Abstract(bytes) => {
            let bytes = try_copy(bytes).map_err(|_| Errno::ENOMEM)?;
            set(endpoint, held, Name::Abstract(bytes))
        }
        Asked::Path(path) => {
            let copy = try_copy(path).map_err(|_| Errno::ENOMEM)?;
            let mut made = None;
            let mut walk = |held: &mut Root<'_, Task>, start: &Start<'_>| {
                made = Some(start.make(held, path, Kind::Socket, 0o777, &[])?);
                Ok(())
            };
            let result = call.caller.ok_or(Errno::EINVAL)?.with_start(held, &mut walk);
            result.map_err(|error| if error == Errno::EEXIST { Errno::EADDRINUSE } else { error })?;
            set(endpoint, held, Name::Path(copy, made.ok_or(Errno::EINVAL)?))
        }
    }
}

/// Gives a socket that has no name any that is not in use.
///
/// # Errors
///
/// [`Errno::ENOSPC`] where all are; [`Errno::ENOMEM`].
pub(super) fn bind_to_any(endpoint: &Arc<Endpoint>, held: &mut Root<'_, Task>) -> Result<()> {
    for _ in 0..ANY {
        if endpoint.is_named.load(Ordering::Acquire) {
            return Ok(());
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed) % ANY;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(5).map_err(|_| Errno::ENOMEM)?;
        let digits = [16, 12, 8, 4, 0].map(|shift| char::from_digit(number >> shift & 0xf, 16));
        bytes.extend(digits.into_iter().flatten().filter_map(|digit| u8::try_from(digit).ok()));
        match set(endpoint, held, Name::Abstract(bytes)) {
            Err(Errno::EADDRINUSE) => {}
            result => return result,
        }
    }
    Err(Errno::ENOSPC)
}

/// Has a name be a socket's.
fn set(endpoint: &Arc<Endpoint>, held: &mut Root<'_, Task>, name: Name) -> Result<()> {
    let name = try_arc(name).map_err(|_| Errno::ENOMEM)?;
    names::add(held, &name, endpoint)?;
    let own = Arc::clone(&name);
    let is_first = endpoint.with(held, |inside| {
        let is_first = inside.name.is_none();
        if is_first {
            inside.name = Some(own);
            endpoint.is_named.store(true, Ordering::Release);
        }
        is_first
    });
    if is_first {
        return Ok(());
    }
    // Another thread has named it meanwhile.
    names::remove_one(held, &name);
    Err(Errno::EINVAL)
}
