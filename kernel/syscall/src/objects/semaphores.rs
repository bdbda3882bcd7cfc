//! `semget`, `semop`, `semtimedop`, `semctl`.

use alloc::vec::Vec;

use abi::{Encoder, Errno, Result};
use base::user::copy_out;
use lockorder::{Root, Task};
use process::Current;
use sysv::operations::{MOST_VALUE, Operation};
use sysv::semaphores::{Facts, MOST_OF_ALL, MOST_OF_SET, MOST_PARTS, MOST_SETS};
use sysv::table::ANYBODY;
use sysv::{Kind, Permissions, Semaphores, Waits};

use super::{
    LIMITS, NO_WAIT, REMOVE, SET, TELL, Which, caller, command, encode, int, objects, take_owner, tell, wish,
};
use crate::arguments::{Arguments, give, slice, take, take_bytes};
use crate::time::duration;

/// Commands of `semctl`.
const GET_PROCESS: u32 = 11;
const GET_VALUE: u32 = 12;
const GET_ALL: u32 = 13;
const GET_GROWS: u32 = 14;
const GET_ENDS: u32 = 15;
const SET_VALUE: u32 = 16;
const SET_ALL: u32 = 17;
const TELL_AT: u32 = 18;
const TELL_OF_ALL: u32 = 19;
const TELL_AT_TO_ALL: u32 = 20;

/// In the flags of a part: it is undone when the process ends.
const UNDO: u16 = 0x1000;

/// Bytes of one part, and of what is told of a set.
const PART: usize = 6;
const TOLD: usize = 104;

fn semaphores(current: &Current) -> &Semaphores {
    &objects(current).semaphores
}

pub(crate) fn get(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let program = current.process().program(held);
    let count = usize::try_from(a.int(1).cast_signed()).map_err(|_| Errno::EINVAL)?;
    semaphores(current).get(held, wish(a, 2), &caller(&program), count).map(u64::from)
}

/// Reads the parts of an operation.
fn parts(held: &mut Root<'_, Task>, at: u64, count: u64) -> Result<Vec<Operation>> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if count == 0 {
        return Err(Errno::EINVAL);
    }
    if count > MOST_PARTS {
        return Err(Errno::E2BIG);
    }
    let bytes = take_bytes(held, at, count * PART)?;
    let mut parts = Vec::new();
    parts.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    parts.extend(bytes.chunks_exact(PART).map(|bytes| {
        let half = |place: usize| u16::from_le_bytes([bytes[place], bytes[place + 1]]);
        let flags = half(4);
        Operation {
            which: half(0),
            change: half(2).cast_signed(),
            undo: flags & UNDO != 0,
            nonblocking: u32::from(flags) & NO_WAIT != 0,
        }
    }));
    Ok(parts)
}

/// Does an operation, until a time is over if there is one.
pub(crate) fn operate(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    timed: bool,
) -> Result<u64> {
    let time = match a.0[3] {
        at if timed && at != 0 => Some(duration(&take(held, at)?, 1)?),
        _ => None,
    };
    let parts = parts(held, a.0[1], a.0[2])?;
    current.never_restarts = true;
    let deadline = time.map(|time| current.until(time));
    let process = current.process();
    let program = process.program(held);
    if parts.iter().any(|part| part.undo) {
        process.settings.undoes.set(1);
    }
    let waits = Waits { nonblocking: false, deadline, interrupted: &|| current.thread.is_interrupted() };
    let by = (&caller(&program), process.id());
    semaphores(current).operate(held, a.int(0), by, &parts, &waits)?;
    Ok(0)
}

/// What is told of a set.
fn told(permissions: &Permissions, facts: &Facts) -> [u8; TOLD] {
    let mut encoder = encode(permissions);
    encoder.u64(facts.operated).u64(0).u64(facts.changed).u64(0).u64(facts.count as u64);
    encoder.finish()
}

pub(crate) fn control(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let program = current.process().program(held);
    let (caller, process) = (caller(&program), current.process().id());
    let (all, number, which, argument) = (semaphores(current), a.int(0), a.int(1), a.0[3]);
    let command = command(a, 2);
    match command {
        REMOVE => all.remove(held, number, &caller)?,
        SET => {
            let (owner, mode) = take_owner(held, argument)?;
            all.set_owner(held, number, &caller, owner, mode)?;
        }
        TELL => return tell(held, all, Which::Number(number), &caller, told, argument),
        TELL_AT => return tell(held, all, Which::Place(number), &caller, told, argument),
        TELL_AT_TO_ALL => return tell(held, all, Which::PlaceForAll(number), &caller, told, argument),
        LIMITS | TELL_OF_ALL => {
            // How many there are, where that is asked for; else the most that is undone.
            let most = MOST_VALUE.unsigned_abs() as usize;
            let (sets, used) = if command == LIMITS { (0, most) } else { all.used(held) };
            let numbers =
                [MOST_OF_ALL, MOST_SETS, MOST_OF_ALL, MOST_OF_ALL, MOST_OF_SET, MOST_PARTS, MOST_PARTS];
            let mut encoder = Encoder::<40>::new();
            for number in numbers.into_iter().chain([sets, most, used]) {
                encoder.u32(int(number));
            }
            give(held, argument, &encoder.finish())?;
            return Ok(all.highest(held));
        }
        GET_VALUE | GET_PROCESS | GET_GROWS | GET_ENDS => {
            let one = all.one(held, number, &caller, which)?;
            return Ok(match command {
                GET_VALUE => u64::from(one.value.cast_unsigned()),
                GET_PROCESS => u64::from(one.process),
                GET_GROWS => u64::from(one.grows),
                _ => u64::from(one.ends),
            });
        }
        GET_ALL => {
            let values = all.values(held, number, &caller)?;
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(2 * values.len()).map_err(|_| Errno::ENOMEM)?;
            bytes.extend(values.into_iter().flat_map(u16::to_le_bytes));
            copy_out(held, slice(argument, bytes.len() as u64)?, &bytes).map_err(|_| Errno::EFAULT)?;
        }
        SET_VALUE => {
            // Above what fits the value is wrong whatever it is.
            let value = u16::try_from(a.int(3)).map_err(|_| Errno::ERANGE)?;
            all.set_values(held, number, (&caller, process), which, &[value])?;
        }
        SET_ALL => {
            let (_, facts) = all.facts(held, number, &caller, ANYBODY)?;
            let bytes = take_bytes(held, argument, 2 * facts.count)?;
            let mut values = Vec::new();
            values.try_reserve_exact(facts.count).map_err(|_| Errno::ENOMEM)?;
            values.extend(bytes.chunks_exact(2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]])));
            all.set_values(held, number, (&caller, process), 0, &values)?;
        }
        _ => return Err(Errno::EINVAL),
    }
    Ok(0)
}
