//! Reads and writes of several ranges in one call: from the position on, or at a place.

use abi::{Errno, Result, general};
use base::user::UserSlice;
use lockorder::{Root, Task};
use process::Current;

use crate::arguments::{Arguments, usable, vector};
use crate::files::{finish, read_into, write_from};
use crate::sockets::messages;

/// What `preadv2` and its twin may be told, and what needs nothing of a filesystem in memory.
const KNOWN: u32 = general::RWF_HIPRI | general::RWF_DSYNC | general::RWF_SYNC | general::RWF_NOWAIT;

/// Does one operation after the other until one does less than it could.
fn each_of(
    held: &mut Root<'_, Task>,
    ranges: &[UserSlice],
    mut operate: impl FnMut(&mut Root<'_, Task>, UserSlice) -> Result<usize>,
) -> Result<usize> {
    let mut done = 0;
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        match operate(held, *range) {
            Ok(count) => {
                done += count;
                if count < range.len() {
                    break;
                }
            }
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

pub(crate) fn read_vector(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let ranges = vector(held, a.0[1], a.0[2]);
    let done = ranges.and_then(|ranges| match socket::file::of(file.file()) {
        // What is one message comes at once.
        Some(socket) => messages::read(current, held, &file, socket, &ranges),
        None => each_of(held, &ranges, |held, range| read_into(current, held, &file, range)),
    });
    finish(held, file, done)
}

pub(crate) fn write_vector(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let ranges = vector(held, a.0[1], a.0[2]);
    let done = ranges.and_then(|ranges| match socket::file::of(file.file()) {
        Some(socket) => messages::write(current, held, &file, socket, &ranges),
        None => each_of(held, &ranges, |held, range| write_from(current, held, &file, range)),
    });
    finish(held, file, done)
}

/// Where a call at a place begins, and what it is told besides; none for the position.
fn place(a: &Arguments, is_second: bool) -> Result<Option<u64>> {
    if is_second {
        if a.int(5) & !KNOWN != 0 {
            return Err(Errno::EOPNOTSUPP);
        }
        if a.0[3] == u64::MAX {
            return Ok(None);
        }
    }
    i64::try_from(a.0[3]).map(|at| Some(at.cast_unsigned())).map_err(|_| Errno::EINVAL)
}

pub(crate) fn read_at(
    current: &Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    is_second: bool,
) -> Result<u64> {
    let Some(mut at) = place(a, is_second)? else { return read_vector(current, held, a) };
    let file = usable(current, held, a.0[0])?;
    let ranges = vector(held, a.0[1], a.0[2]);
    let done = ranges.and_then(|ranges| {
        each_of(held, &ranges, |held, range| {
            let count = file.read_at(held, range, at)?;
            at = at.saturating_add(count as u64);
            Ok(count)
        })
    });
    finish(held, file, done)
}

pub(crate) fn write_at(
    current: &Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    is_second: bool,
) -> Result<u64> {
    let Some(mut at) = place(a, is_second)? else { return write_vector(current, held, a) };
    let file = usable(current, held, a.0[0])?;
    let ranges = vector(held, a.0[1], a.0[2]);
    let done = ranges.and_then(|ranges| {
        each_of(held, &ranges, |held, range| {
            let count = file.write_at(held, range, at)?;
            at = at.saturating_add(count as u64);
            Ok(count)
        })
    });
    finish(held, file, done)
}
