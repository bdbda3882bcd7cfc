//! Sockets, whatever their family: making them, giving them names, connecting them.
//!
//! | file | what |
//! |---|---|
//! | [`caller`] | what a family may ask of the process; from a descriptor to its socket |
//! | [`addresses`] | addresses in user memory |
//! | [`messages`] | sending and receiving |
//! | [`control`] | control messages in user memory |
//! | [`options`] | options |

pub(crate) mod addresses;
pub(crate) mod caller;
pub(crate) mod control;
pub(crate) mod messages;
pub(crate) mod options;

use alloc::sync::Arc;

use abi::{Encoder, Errno, Result, general, net};
use fs::Waits;
use lockorder::{Root, Task};
use process::Current;
use socket::{Call, Common, Halves, Kind, New, Socket, file};

use crate::arguments::{Arguments, give};
use addresses::{give_address, take_address};
use caller::{By, with_socket, with_timed_socket};

/// In the kind that is asked for: what is said of the descriptor.
const FLAGS: u32 = general::O_CLOEXEC | general::O_NONBLOCK;
/// In the kind that is asked for: the kind.
const KIND: u32 = 0xf;
/// Kinds have numbers below this.
const KINDS: u32 = 11;

/// What is to be made.
fn new(kind: u32, protocol: u32) -> Result<New> {
    if kind & !(KIND | FLAGS) != 0 || kind & KIND >= KINDS {
        return Err(Errno::EINVAL);
    }
    let kind = Kind::of(kind & KIND).ok_or(Errno::ESOCKTNOSUPPORT)?;
    Ok(New { kind, protocol })
}

/// A call that waits for nothing.
fn immediate<'a>(by: &'a By<'a>) -> Call<'a> {
    Call { waits: Waits { nonblocking: true, interrupted: &|| false }, deadline: None, caller: Some(by) }
}

/// Gives a socket a descriptor.
fn insert(current: &Current, held: &mut Root<'_, Task>, socket: Arc<dyn Socket>, flags: u32) -> Result<u64> {
    let process = current.process();
    let owner = process.program(held).credentials;
    let nonblocking = flags & general::O_NONBLOCK != 0;
    let file = file::open(held, socket, owner.uids[1], owner.gids[1], nonblocking)?;
    process.descriptors(held)?.insert(held, file, 0, flags & general::O_CLOEXEC != 0)
}

pub(crate) fn create(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(1) & !(KIND | FLAGS) != 0 {
        return Err(Errno::EINVAL);
    }
    let family = current.process().system().families.get(a.int(0))?;
    let new = new(a.int(1), a.int(2))?;
    let by = By(current);
    let socket = family.create(held, new, &immediate(&by))?;
    insert(current, held, socket, a.int(1))
}

pub(crate) fn pair(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(1) & !(KIND | FLAGS) != 0 {
        return Err(Errno::EINVAL);
    }
    let family = current.process().system().families.get(a.int(0))?;
    let new = new(a.int(1), a.int(2))?;
    let by = By(current);
    let [one, other] = family.pair(held, new, &immediate(&by))?;
    let descriptors = current.process().descriptors(held)?;
    let one = match insert(current, held, one, a.int(1)) {
        Ok(one) => one,
        Err(error) => {
            other.close(held);
            return Err(error);
        }
    };
    let other = match insert(current, held, other, a.int(1)) {
        Ok(other) => other,
        Err(error) => {
            descriptors.close(held, one)?;
            return Err(error);
        }
    };
    let int = |number: u64| i32::try_from(number).unwrap_or(-1);
    let bytes = Encoder::<8>::new().i32(int(one)).i32(int(other)).finish();
    if let Err(error) = give(held, a.0[3], &bytes) {
        descriptors.close(held, one)?;
        descriptors.close(held, other)?;
        return Err(error);
    }
    Ok(0)
}

pub(crate) fn bind(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    with_socket(current, held, a.0[0], |held, socket, _| {
        let address = take_address(held, a.0[1], a.int(2))?;
        let by = By(current);
        socket.bind(held, &address, &immediate(&by))?;
        Ok(0)
    })
}

pub(crate) fn listen(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    with_socket(current, held, a.0[0], |held, socket, _| {
        let by = By(current);
        socket.listen(held, a.int(1), &immediate(&by))?;
        Ok(0)
    })
}

pub(crate) fn accept(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    flags: u32,
) -> Result<u64> {
    if flags & !FLAGS != 0 {
        return Err(Errno::EINVAL);
    }
    with_timed_socket(current, held, a.0[0], Common::receive_time, |current, held, socket, nonblocking| {
        // Before a connection is taken out: it waits for who has a number for it.
        current.process().descriptors(held)?.has_room(held)?;
        let by = By(current);
        let waits = Waits { nonblocking, interrupted: &|| by.is_interrupted() };
        let deadline = socket.common().receive_deadline();
        let (new, address) = socket.accept(held, &Call { waits, deadline, caller: Some(&by) })?;
        if a.0[1] != 0
            && let Err(error) = give_address(held, Some(&address), a.0[1], a.0[2])
        {
            new.close(held);
            return Err(error);
        }
        insert(current, held, new, flags)
    })
}

pub(crate) fn connect(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    with_timed_socket(current, held, a.0[0], Common::send_time, |current, held, socket, nonblocking| {
        let address = take_address(held, a.0[1], a.int(2))?;
        let by = By(current);
        let waits = Waits { nonblocking, interrupted: &|| by.is_interrupted() };
        let deadline = socket.common().send_deadline();
        socket.connect(held, &address, &Call { waits, deadline, caller: Some(&by) })?;
        Ok(0)
    })
}

pub(crate) fn local_address(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    with_socket(current, held, a.0[0], |held, socket, _| {
        let address = socket.local_address(held)?;
        give_address(held, Some(&address), a.0[1], a.0[2])?;
        Ok(0)
    })
}

pub(crate) fn peer_address(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    with_socket(current, held, a.0[0], |held, socket, _| {
        let address = socket.peer_address(held)?;
        give_address(held, Some(&address), a.0[1], a.0[2])?;
        Ok(0)
    })
}

pub(crate) fn shut_down(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    with_socket(current, held, a.0[0], |held, socket, _| {
        let halves = match a.int(1) {
            net::SHUT_RD => Halves::RECEIVE,
            net::SHUT_WR => Halves::SEND,
            net::SHUT_RDWR => Halves::all(),
            _ => return Err(Errno::EINVAL),
        };
        socket.shutdown(held, halves)?;
        Ok(0)
    })
}
