//! `shmget`, `shmat`, `shmdt`, `shmctl`.

use alloc::sync::Arc;

use abi::{Encoder, Errno, Result, general};
use lockorder::{Root, Task};
use process::Current;
use process::memory::{self, Backing, Protection, Request};
use sysv::segments::{Facts, MOST_SEGMENTS};
use sysv::{Kind, Permissions, Segments};

use super::{
    LIMITS, REMOVE, SET, TELL, Which, caller, command, encode, int, objects, take_owner, tell, wish,
};
use crate::arguments::{Arguments, give};

/// Commands of `shmctl`.
const LOCK: u32 = 11;
const UNLOCK: u32 = 12;
const TELL_AT: u32 = 13;
const TELL_OF_ALL: u32 = 14;
const TELL_AT_TO_ALL: u32 = 15;

/// In the flags of `shmat`: for reading only; the address is rounded down; what is there goes; for executing too.
const READ_ONLY: u32 = 0o10000;
const ROUNDS: u32 = 0o20000;
const REPLACES: u32 = 0o40000;
const EXECUTES: u32 = 0o100_000;

/// Bytes of a page.
const PAGE: u64 = 4096;
/// Bytes of what is told of a segment.
const TOLD: usize = 112;

fn segments(current: &Current) -> &Segments {
    &objects(current).segments
}

pub(crate) fn get(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let program = current.process().program(held);
    let by = (&caller(&program), current.process().id());
    segments(current).get(held, wish(a, 2), by, a.0[1]).map(u64::from)
}

pub(crate) fn attach(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let flags = a.int(2);
    let at = match a.0[1] {
        at if flags & ROUNDS != 0 => at & !(PAGE - 1),
        at if at.is_multiple_of(PAGE) => at,
        _ => return Err(Errno::EINVAL),
    };
    let place = match (at, flags & REPLACES != 0) {
        (0, true) => return Err(Errno::EINVAL),
        (0, false) => 0,
        (_, true) => general::MAP_FIXED,
        (_, false) => general::MAP_FIXED_NOREPLACE,
    };
    let writes = flags & READ_ONLY == 0;
    let mut protection = general::PROT_READ;
    let mut allowed = Protection::READ | Protection::EXECUTE;
    if writes {
        protection |= general::PROT_WRITE;
        allowed |= Protection::WRITE;
    }
    if flags & EXECUTES != 0 {
        protection |= general::PROT_EXEC;
    }
    let program = current.process().program(held);
    let by = (&caller(&program), current.process().id());
    let (segment, length) = segments(current).attach(held, a.int(0), by, writes)?;
    let request = Request { at, length, protection, flags: general::MAP_SHARED | place };
    let backing = segment as Arc<dyn Backing>;
    let mapped = current.space.map(held, &request, Some(memory::File { backing, offset: 0, allowed }));
    mapped.map_err(|error| if error == Errno::EEXIST { Errno::EINVAL } else { error })
}

pub(crate) fn detach(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let identity = current.space.attached_at(held, a.0[0]).ok_or(Errno::EINVAL)?;
    let length = segments(current).detach(held, identity, current.process().id())?;
    current.space.detach(held, a.0[0], identity, length)?;
    Ok(0)
}

/// What is told of a segment.
fn told(permissions: &Permissions, facts: &Facts) -> [u8; TOLD] {
    let mut encoder = encode(permissions);
    encoder.u64(facts.size).u64s(&facts.moved).u64(facts.changed);
    encoder.u32(facts.processes[0]).u32(facts.processes[1]).u64(facts.attached);
    encoder.finish()
}

pub(crate) fn control(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let program = current.process().program(held);
    let caller = caller(&program);
    let (all, number, argument) = (segments(current), a.int(0), a.0[2]);
    let command = command(a, 1);
    match command {
        REMOVE => all.remove(held, number, &caller)?,
        SET => {
            let (owner, mode) = take_owner(held, argument)?;
            all.set_owner(held, number, &caller, owner, mode)?;
        }
        TELL => return tell(held, all, Which::Number(number), &caller, told, argument),
        TELL_AT => return tell(held, all, Which::Place(number), &caller, told, argument),
        TELL_AT_TO_ALL => return tell(held, all, Which::PlaceForAll(number), &caller, told, argument),
        LIMITS => {
            let pages = all.most_pages();
            let bytes = pages.saturating_mul(PAGE);
            let limits = [bytes, 1, MOST_SEGMENTS as u64, MOST_SEGMENTS as u64, pages];
            give(held, argument, &Encoder::<72>::new().u64s(&limits).finish())?;
            return Ok(all.highest(held));
        }
        TELL_OF_ALL => {
            let (count, pages) = all.used(held);
            let mut encoder = Encoder::<48>::new();
            encoder.u32(int(count)).skip(4).u64s(&[pages, pages, 0, 0, 0]);
            give(held, argument, &encoder.finish())?;
            return Ok(all.highest(held));
        }
        LOCK | UNLOCK => all.lock(held, number, &caller, command == LOCK)?,
        _ => return Err(Errno::EINVAL),
    }
    Ok(0)
}
