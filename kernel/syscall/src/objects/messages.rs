//! `msgget`, `msgsnd`, `msgrcv`, `msgctl`.

use abi::{Encoder, Errno, Result};
use base::user::{Access, copy_out, fault_in};
use lockorder::{Root, Task};
use process::Current;
use sysv::messages::{Choice, Facts, MOST_OF_MESSAGE, MOST_OF_QUEUE, MOST_QUEUES, Message};
use sysv::{Kind, Messages, Permissions, Waits};

use super::{
    LIMITS, NO_WAIT, PERMISSIONS, REMOVE, SET, TELL, Which, caller, command, encode, int, objects, owner,
    tell, wish,
};
use crate::arguments::{Arguments, give, slice, take, take_bytes, word};

/// Commands of `msgctl`.
const TELL_AT: u32 = 11;
const TELL_OF_ALL: u32 = 12;
const TELL_AT_TO_ALL: u32 = 13;

/// In the flags of a receiver: the beginning of a message that is too long is enough.
const TRUNCATES: u32 = 0o10000;
/// In the flags of a receiver: any number but this.
const EXCEPT: u32 = 0o20000;
/// In the flags of a receiver: the message stays, which is for a checkpoint and not supported.
const COPIES: u32 = 0o40000;

/// Bytes of what is told of a queue.
const TOLD: usize = 120;
/// Bytes of a message's number.
const KIND: u64 = 8;

fn messages(current: &Current) -> &Messages {
    &objects(current).messages
}

pub(crate) fn get(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let program = current.process().program(held);
    messages(current).get(held, wish(a, 1), &caller(&program)).map(u64::from)
}

pub(crate) fn send(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let length = usize::try_from(a.0[2]).ok().filter(|&length| length <= MOST_OF_MESSAGE);
    let length = length.ok_or(Errno::EINVAL)?;
    let kind = i64::from_le_bytes(take(held, a.0[1])?);
    let from = a.0[1].checked_add(KIND).ok_or(Errno::EFAULT)?;
    let bytes = take_bytes(held, from, length)?;
    current.never_restarts = true;
    let program = current.process().program(held);
    let interrupted = || current.thread.is_interrupted();
    let waits = Waits { nonblocking: a.int(3) & NO_WAIT != 0, deadline: None, interrupted: &interrupted };
    let by = (&caller(&program), current.process().id());
    messages(current).send(held, a.int(0), by, Message { kind, bytes }, &waits)?;
    Ok(0)
}

/// Which message a receiver wants.
const fn choice(kind: i64, flags: u32) -> Choice {
    match kind {
        0 => Choice::First,
        1.. if flags & EXCEPT != 0 => Choice::Except(kind),
        1.. => Choice::Only(kind),
        // The least number has no counterpart: all are up to the largest.
        _ => Choice::Least(if kind == i64::MIN { i64::MAX } else { -kind }),
    }
}

pub(crate) fn receive(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let (flags, kind) = (a.int(4), a.0[3].cast_signed());
    if flags & COPIES != 0 {
        return Err(if flags & EXCEPT != 0 || flags & NO_WAIT == 0 { Errno::EINVAL } else { Errno::ENOSYS });
    }
    let most = usize::try_from(a.0[2].cast_signed()).map_err(|_| Errno::EINVAL)?;
    // First: what was taken is not lost to a bad address.
    let from = a.0[1].checked_add(KIND).ok_or(Errno::EFAULT)?;
    fault_in(held, slice(a.0[1], KIND)?, Access::Write).map_err(|_| Errno::EFAULT)?;
    current.never_restarts = true;
    let program = current.process().program(held);
    let interrupted = || current.thread.is_interrupted();
    let waits = Waits { nonblocking: flags & NO_WAIT != 0, deadline: None, interrupted: &interrupted };
    let by = (&caller(&program), current.process().id());
    let room = (most, flags & TRUNCATES != 0);
    let message = messages(current).receive(held, a.int(0), by, choice(kind, flags), room, &waits)?;
    give(held, a.0[1], &message.kind.to_le_bytes())?;
    let to = slice(from, message.bytes.len() as u64)?;
    copy_out(held, to, &message.bytes).map_err(|_| Errno::EFAULT)?;
    Ok(message.bytes.len() as u64)
}

/// What is told of a queue.
fn told(permissions: &Permissions, facts: &Facts) -> [u8; TOLD] {
    let mut encoder = encode(permissions);
    encoder.u64s(&facts.moved).u64(facts.changed).u64s(&[facts.bytes, facts.count, facts.most]);
    encoder.u32(facts.processes[0]).u32(facts.processes[1]);
    encoder.finish()
}

pub(crate) fn control(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let program = current.process().program(held);
    let caller = caller(&program);
    let (all, number, argument) = (messages(current), a.int(0), a.0[2]);
    let command = command(a, 1);
    match command {
        REMOVE => all.remove(held, number, &caller)?,
        SET => {
            let bytes: [u8; TOLD] = take(held, argument)?;
            // Behind the permissions: three times, how many bytes and messages there are, and how many there may be.
            let most = word(&bytes, PERMISSIONS / 8 + 5);
            all.set(held, number, &caller, owner(&bytes)?, most)?;
        }
        TELL => return tell(held, all, Which::Number(number), &caller, told, argument),
        TELL_AT => return tell(held, all, Which::Place(number), &caller, told, argument),
        TELL_AT_TO_ALL => return tell(held, all, Which::PlaceForAll(number), &caller, told, argument),
        LIMITS | TELL_OF_ALL => {
            // What there is, where that is asked for, stands in place of limits that there are none of.
            let used = if command == TELL_OF_ALL { all.used(held) } else { [0; 3] };
            let [queues, messages, bytes] = used.map(int);
            let mut encoder = Encoder::<32>::new();
            encoder.u32(queues).u32(messages);
            encoder.u32(int(MOST_OF_MESSAGE)).u32(int(MOST_OF_QUEUE)).u32(int(MOST_QUEUES));
            encoder.u32(0).u32(bytes);
            give(held, argument, &encoder.finish())?;
            return Ok(all.highest(held));
        }
        _ => return Err(Errno::EINVAL),
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use sysv::messages::Choice;

    use super::{EXCEPT, choice};

    #[test]
    fn a_number_says_which_message() {
        assert_eq!(choice(0, EXCEPT), Choice::First);
        assert_eq!((choice(3, 0), choice(3, EXCEPT)), (Choice::Only(3), Choice::Except(3)));
        assert_eq!((choice(-3, 0), choice(i64::MIN, 0)), (Choice::Least(3), Choice::Least(i64::MAX)));
    }
}
