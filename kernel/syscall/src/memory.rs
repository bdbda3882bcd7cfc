//! Calls on memory.

use abi::{Errno, Result, general};
use fs::File;
use lockorder::{Root, Task};
use process::Current;
use process::memory::{self, Protection, Request};

use crate::arguments::{self, Arguments, give};

pub(crate) fn map(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let request = Request { at: a.0[0], length: a.0[1], protection: a.int(2), flags: a.int(3) };
    if request.flags & general::MAP_ANONYMOUS != 0 {
        return current.space.map(held, &request, None);
    }
    if !a.0[5].is_multiple_of(4096) {
        return Err(Errno::EINVAL);
    }
    let file = arguments::file(current, held, a.0[4])?;
    let flags = file.flags();
    if !flags.reads() {
        return Err(Errno::EACCES);
    }
    let File::Seekable(seekable) = file.file() else { return Err(Errno::ENODEV) };
    let backing = seekable.backing().ok_or(Errno::ENODEV)?;
    let mut allowed = Protection::READ | Protection::EXECUTE;
    let seals = seekable.inode().seal(held, 0).unwrap_or(0);
    let is_sealed = seals & (general::F_SEAL_WRITE | general::F_SEAL_FUTURE_WRITE) != 0;
    allowed.set(Protection::WRITE, flags.writes() && !is_sealed);
    let is_shared = request.flags & general::MAP_TYPE != general::MAP_PRIVATE;
    if is_sealed && is_shared && flags.writes() && request.protection & general::PROT_WRITE != 0 {
        return Err(Errno::EPERM);
    }
    let mapped = memory::File { backing, offset: a.0[5], allowed };
    current.space.map(held, &request, Some(mapped))
}

pub(crate) fn unmap(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.space.unmap(held, a.0[0], a.0[1])?;
    Ok(0)
}

pub(crate) fn protect(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.space.protect(held, a.0[0], a.0[1], a.int(2))?;
    Ok(0)
}

pub(crate) fn remap(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.space.remap(held, [a.0[0], a.0[1], a.0[2]], a.int(3), a.0[4])
}

pub(crate) fn advise(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.space.advise(held, a.0[0], a.0[1], a.int(2))?;
    Ok(0)
}

pub(crate) fn sync(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.space.sync(held, a.0[0], a.0[1], a.int(2))?;
    Ok(0)
}

pub(crate) fn residence(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let to = a.0[2];
    current.space.residence(held, a.0[0], a.0[1], |held, place, is_there| {
        give(held, to.checked_add(place).ok_or(Errno::EFAULT)?, &[u8::from(is_there)])
    })?;
    Ok(0)
}

pub(crate) fn lock(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.space.lock(held, a.0[0], a.0[1])?;
    Ok(0)
}

pub(crate) fn unlock(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.space.unlock(held, a.0[0], a.0[1])?;
    Ok(0)
}

/// Nothing is ever written out, so all memory is locked.
pub(crate) fn lock_all(a: &Arguments) -> Result<u64> {
    let known = general::MCL_CURRENT | general::MCL_FUTURE | general::MCL_ONFAULT;
    if a.int(0) == 0 || a.int(0) & !known != 0 { Err(Errno::EINVAL) } else { Ok(0) }
}

pub(crate) fn set_break(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    Ok(current.space.set_heap_end(held, a.0[0]))
}
