//! Sending and receiving: from and to one range or several, with and without addresses and control messages, one message or many.

use alloc::vec::Vec;

use abi::{Errno, Result, net};
use base::time::Instant;
use base::user::UserSlice;
use fs::{OpenFile, OpenFlags, Waits};
use lockorder::{Root, Task};
use process::Current;
use process::signal::Signal;
use socket::{
    Address, Bytes, Call, Common, Control, Kind, MessageFlags, Outgoing, Received, Room, Socket, SocketFile,
};

use super::addresses::{give_address, give_part, take_address};
use super::caller::{By, with_socket, with_timed_socket};
use super::control::{give_control, take_control};
use crate::arguments::{Arguments, VECTORS, give, take, vector, word};

/// The longest address that is looked at.
const LONGEST_ADDRESS: u32 = 128;
/// What a message in user memory takes: `struct msghdr`.
const HEADER: usize = 56;
/// The same with its length behind it: `struct mmsghdr`.
const LONG_HEADER: u64 = 64;
/// For a caller of 32 bits, which this kernel has none of.
const COMPATIBLE: u32 = 1 << 31;
/// For `recvmmsg`: only the first is waited for.
const WAIT_FOR_ONE: u32 = 0x1_0000;

/// What is said of a message.
fn flags(bits: u32) -> Result<MessageFlags> {
    if bits & COMPATIBLE != 0 { Err(Errno::EINVAL) } else { Ok(MessageFlags::from_bits_retain(bits)) }
}

/// A message in user memory.
struct Header {
    name: u64,
    name_length: u32,
    ranges: Vec<UserSlice>,
    control: [u64; 2],
}

impl Header {
    /// The message at an address.
    fn take(held: &mut Root<'_, Task>, at: u64) -> Result<Self> {
        let bytes: [u8; HEADER] = take(held, at)?;
        let count = word(&bytes, 3);
        if count > VECTORS as u64 {
            return Err(Errno::EMSGSIZE);
        }
        let name_length = crate::arguments::low(word(&bytes, 1));
        if name_length.cast_signed() < 0 {
            return Err(Errno::EINVAL);
        }
        let ranges = vector(held, word(&bytes, 2), count)?;
        let name = word(&bytes, 0);
        let name_length = if name == 0 { 0 } else { name_length.min(LONGEST_ADDRESS) };
        Ok(Self { name, name_length, ranges, control: [word(&bytes, 4), word(&bytes, 5)] })
    }
}

/// Sends what is at hand; the signal is sent where nobody reads.
fn send(
    current: &Current,
    held: &mut Root<'_, Task>,
    socket: &dyn Socket,
    nonblocking: bool,
    message: Outgoing<'_>,
) -> Result<usize> {
    let flags = message.flags;
    let by = By(current);
    let nonblocking = nonblocking || flags.contains(MessageFlags::DO_NOT_WAIT);
    let waits = Waits { nonblocking, interrupted: &|| by.is_interrupted() };
    let deadline = socket.common().send_deadline();
    let sent = socket.send(held, message, &Call { waits, deadline, caller: Some(&by) });
    let is_quiet = flags.contains(MessageFlags::NO_SIGNAL) || socket.common().kind() != Kind::Stream;
    if sent == Err(Errno::EPIPE) && !is_quiet {
        current.process().post(held, Signal::PIPE, Some(current.thread.id()));
    }
    sent
}

/// Receives into what is at hand.
fn receive(
    current: &Current,
    held: &mut Root<'_, Task>,
    socket: &dyn Socket,
    nonblocking: bool,
    to: Room<'_>,
    flags: MessageFlags,
) -> Result<Received> {
    let by = By(current);
    let nonblocking = nonblocking || flags.contains(MessageFlags::DO_NOT_WAIT);
    let waits = Waits { nonblocking, interrupted: &|| by.is_interrupted() };
    let deadline = socket.common().receive_deadline();
    socket.receive(held, to, flags, &Call { waits, deadline, caller: Some(&by) })
}

/// Reads into ranges: for `read` and its relatives.
pub(crate) fn read(
    current: &Current,
    held: &mut Root<'_, Task>,
    file: &OpenFile,
    socket: &SocketFile,
    ranges: &[UserSlice],
) -> Result<usize> {
    let by = By(current);
    let nonblocking = file.flags().contains(OpenFlags::NONBLOCKING);
    let waits = Waits { nonblocking, interrupted: &|| by.is_interrupted() };
    socket.read(held, Room(ranges), waits, Some(&by))
}

/// Writes ranges: for `write` and its relatives.
pub(crate) fn write(
    current: &Current,
    held: &mut Root<'_, Task>,
    file: &OpenFile,
    socket: &SocketFile,
    ranges: &[UserSlice],
) -> Result<usize> {
    let nonblocking = file.flags().contains(OpenFlags::NONBLOCKING);
    let mut control = Control::default();
    let flags = MessageFlags::empty();
    let message = Outgoing { bytes: Bytes::User(ranges), address: None, control: &mut control, flags };
    send(current, held, &**socket.socket(), nonblocking, message)
}

pub(crate) fn send_to(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let sent =
        with_timed_socket(current, held, a.0[0], Common::send_time, |current, held, socket, nonblocking| {
            let flags = flags(a.int(3))?;
            let ranges = [a.slice(1, 2)?];
            let address = match a.0[4] {
                0 => None,
                at => Some(take_address(held, at, a.int(5))?),
            };
            let address = address.as_ref().filter(|address| !address.bytes().is_empty());
            let mut control = Control::default();
            let message = Outgoing { bytes: Bytes::User(&ranges), address, control: &mut control, flags };
            send(current, held, &**socket, nonblocking, message)
        });
    sent.map(|count| count as u64)
}

pub(crate) fn receive_from(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let received = with_timed_socket(
        current,
        held,
        a.0[0],
        Common::receive_time,
        |current, held, socket, nonblocking| {
            let flags = flags(a.int(3))?;
            let ranges = [a.slice(1, 2)?];
            let mut received = receive(current, held, &**socket, nonblocking, Room(&ranges), flags)?;
            // Who asks so has no room for them.
            received.control.close(held);
            if a.0[4] != 0 {
                give_address(held, received.address.as_ref(), a.0[4], a.0[5])?;
            }
            Ok(received.count)
        },
    );
    received.map(|count| count as u64)
}

/// Sends a message in user memory.
fn send_one(
    current: &Current,
    held: &mut Root<'_, Task>,
    socket: &dyn Socket,
    nonblocking: bool,
    at: u64,
    flags: MessageFlags,
) -> Result<usize> {
    let header = Header::take(held, at)?;
    let address = match header.name_length {
        0 => None,
        length => Some(take_address(held, header.name, length)?),
    };
    let [at, length] = header.control;
    let mut control = take_control(current, held, socket.common().family(), at, length)?;
    let address: Option<&Address> = address.as_ref();
    let message = Outgoing { bytes: Bytes::User(&header.ranges), address, control: &mut control, flags };
    let sent = send(current, held, socket, nonblocking, message);
    control.close(held);
    sent
}

/// Receives into a message in user memory.
fn receive_one(
    current: &Current,
    held: &mut Root<'_, Task>,
    socket: &dyn Socket,
    nonblocking: bool,
    at: u64,
    flags: MessageFlags,
) -> Result<usize> {
    let header = Header::take(held, at)?;
    let received = receive(current, held, socket, nonblocking, Room(&header.ranges), flags)?;
    let Received { count, flags: told, address, mut control } = received;
    if header.name != 0 {
        let given = give_part(held, address.as_ref(), header.name, header.name_length as usize)
            .and_then(|length| give(held, at + 8, &length.to_ne_bytes()));
        if let Err(error) = given {
            control.close(held);
            return Err(error);
        }
    }
    let closes = flags.contains(MessageFlags::CLOSE_ON_EXEC);
    let (used, is_cut) = give_control(current, held, control, header.control, closes)?;
    let told =
        told | if is_cut { net::MSG_CTRUNC } else { 0 } | if closes { net::MSG_CMSG_CLOEXEC } else { 0 };
    give(held, at + 48, &told.to_ne_bytes())?;
    give(held, at + 40, &(used as u64).to_ne_bytes())?;
    Ok(count)
}

pub(crate) fn send_message(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let sent =
        with_timed_socket(current, held, a.0[0], Common::send_time, |current, held, socket, nonblocking| {
            send_one(current, held, &**socket, nonblocking, a.0[1], flags(a.int(2))?)
        });
    sent.map(|count| count as u64)
}

pub(crate) fn receive_message(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
) -> Result<u64> {
    let received = with_timed_socket(
        current,
        held,
        a.0[0],
        Common::receive_time,
        |current, held, socket, nonblocking| {
            receive_one(current, held, &**socket, nonblocking, a.0[1], flags(a.int(2))?)
        },
    );
    received.map(|count| count as u64)
}

/// Does something with each of several messages until one fails; gives with how many it was done. `goes_on` says whether there is
/// to be another one.
fn each_of(
    held: &mut Root<'_, Task>,
    [at, count]: [u64; 2],
    mut operate: impl FnMut(&mut Root<'_, Task>, u64, bool) -> Result<usize>,
    goes_on: impl Fn() -> bool,
) -> Result<u64> {
    let mut done = 0;
    while done < count.min(VECTORS as u64) {
        let place = at.checked_add(done * LONG_HEADER).ok_or(Errno::EFAULT)?;
        let result = operate(held, place, done == 0).and_then(|length| {
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            give(held, place + HEADER as u64, &length.to_ne_bytes())
        });
        match result {
            Ok(()) => done += 1,
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
        if !goes_on() {
            break;
        }
    }
    Ok(done)
}

pub(crate) fn send_messages(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    with_socket(current, held, a.0[0], |held, socket, nonblocking| {
        let flags = flags(a.int(3))?;
        let send =
            |held: &mut Root<'_, Task>, at, _| send_one(current, held, &**socket, nonblocking, at, flags);
        each_of(held, [a.0[1], u64::from(a.int(2))], send, || true)
    })
}

pub(crate) fn receive_messages(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    with_socket(current, held, a.0[0], |held, socket, nonblocking| {
        let flags = flags(a.int(3))?;
        let waits_for_one = a.int(3) & WAIT_FOR_ONE != 0;
        let until = match a.0[4] {
            0 => None,
            at => {
                let bytes: [u8; 16] = take(held, at)?;
                Some(Instant::now() + crate::time::duration(&bytes, 1)?)
            }
        };
        let receive = |held: &mut Root<'_, Task>, at, is_first: bool| {
            let nonblocking = nonblocking || waits_for_one && !is_first;
            receive_one(current, held, &**socket, nonblocking, at, flags)
        };
        let goes_on = || until.is_none_or(|until| Instant::now() < until);
        each_of(held, [a.0[1], u64::from(a.int(2))], receive, goes_on)
    })
}
