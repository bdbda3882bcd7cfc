//! Control messages in user memory: open files and credentials that are sent and received.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Encoder, Errno, Result, net};
use base::mm::fallible::{try_copy, try_zeroed};
use base::user::{self, Fault};
use fs::OpenFile;
use lockorder::{Root, Task};
use process::Current;
use socket::message::Other;
use socket::{Control, Credentials};

use crate::arguments::{file, give, slice};

/// Bytes before what a message says: its length, level and type.
const HEAD: usize = 16;
/// The most bytes of all messages.
const MOST: u64 = 20_480;
/// The most open files of one message.
const MOST_FILES: usize = 253;

/// A number of four bytes at a place.
fn number(bytes: &[u8], at: usize) -> u32 {
    let found = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    found.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

/// The control messages that a caller sends by a socket of a family.
///
/// # Errors
///
/// [`Errno::EINVAL`]; [`Errno::EBADF`]; [`Errno::EPERM`] for credentials that are not the caller's; [`Errno::ENOBUFS`] for too many.
pub(crate) fn take_control(
    current: &Current,
    held: &mut Root<'_, Task>,
    family: u32,
    at: u64,
    length: u64,
) -> Result<Control> {
    let mut control = Control::default();
    if length == 0 {
        return Ok(control);
    }
    if length > MOST {
        return Err(Errno::ENOBUFS);
    }
    let length = usize::try_from(length).map_err(|_| Errno::ENOBUFS)?;
    let mut bytes = try_zeroed(length).map_err(|_| Errno::ENOBUFS)?;
    user::copy_in(held, slice(at, length as u64)?, &mut bytes).map_err(|Fault| Errno::EFAULT)?;
    let mut rest = &bytes[..];
    while let Some(head) = rest.get(..HEAD) {
        let all = head.first_chunk().map_or(0, |bytes| u64::from_ne_bytes(*bytes));
        let all = usize::try_from(all).unwrap_or(usize::MAX);
        let taken = match rest.get(HEAD..all) {
            Some(says) => {
                take_one(current, held, family, [number(head, 8), number(head, 12)], says, &mut control)
            }
            None => Err(Errno::EINVAL),
        };
        if let Err(error) = taken {
            control.close(held);
            return Err(error);
        }
        rest = rest.get(all.next_multiple_of(8)..).unwrap_or_default();
    }
    Ok(control)
}

/// One of them.
fn take_one(
    current: &Current,
    held: &mut Root<'_, Task>,
    family: u32,
    [level, kind]: [u32; 2],
    says: &[u8],
    control: &mut Control,
) -> Result<()> {
    let is_unix = family == net::AF_UNIX;
    match (level, kind) {
        (net::SOL_SOCKET, net::SCM_RIGHTS) if is_unix => {
            let count = says.len() / 4;
            if control.rights.len() + count > MOST_FILES {
                return Err(Errno::EINVAL);
            }
            control.rights.try_reserve(count).map_err(|_| Errno::ENOMEM)?;
            for place in 0..count {
                control.rights.push(file(current, held, u64::from(number(says, place * 4)))?);
            }
            Ok(())
        }
        (net::SOL_SOCKET, net::SCM_CREDENTIALS) if is_unix => {
            if says.len() != 12 {
                return Err(Errno::EINVAL);
            }
            let given = Credentials { pid: number(says, 0), uid: number(says, 4), gid: number(says, 8) };
            let process = current.process();
            let own = process.program(held).credentials;
            let is_own =
                given.pid == process.id() && own.uids.contains(&given.uid) && own.gids.contains(&given.gid);
            if !is_own && own.uids[1] != 0 {
                return Err(Errno::EPERM);
            }
            control.credentials = Some(given);
            Ok(())
        }
        (net::SOL_SOCKET, _) if is_unix => Err(Errno::EINVAL),
        _ if is_unix => Ok(()),
        (net::SOL_SOCKET, net::SCM_RIGHTS) => Err(Errno::EINVAL),
        _ => {
            let bytes = try_copy(says).map_err(|_| Errno::ENOMEM)?;
            control.others.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            control.others.push(Other { level, kind, bytes });
            Ok(())
        }
    }
}

/// Room for control messages in user memory.
struct Place {
    at: u64,
    room: usize,
    used: usize,
    /// Whether something had no room.
    is_cut: bool,
}

impl Place {
    /// Where the next message begins.
    fn next(&self) -> u64 {
        self.at.saturating_add(self.used as u64)
    }

    /// How many bytes there is room for.
    const fn left(&self) -> usize {
        self.room.saturating_sub(self.used)
    }

    /// The head of a message of so many bytes.
    fn head(&self, held: &mut Root<'_, Task>, [level, kind]: [u32; 2], length: usize) -> Result<()> {
        let bytes = Encoder::<HEAD>::new().u64(length as u64).u32(level).u32(kind).finish();
        give(held, self.next(), &bytes)
    }

    /// Goes on behind a message of so many bytes.
    fn skip(&mut self, length: usize) {
        self.used = self.used.saturating_add(length.next_multiple_of(8)).min(self.room);
    }

    /// Puts a message, as far as there is room.
    fn put(&mut self, held: &mut Root<'_, Task>, is: [u32; 2], says: &[u8]) -> Result<()> {
        if self.left() < HEAD {
            self.is_cut = true;
            return Ok(());
        }
        let wanted = HEAD + says.len();
        let length = wanted.min(self.left());
        self.is_cut |= length < wanted;
        self.head(held, is, length)?;
        give(held, self.next() + HEAD as u64, says.get(..length - HEAD).unwrap_or_default())?;
        self.skip(length);
        Ok(())
    }

    /// Gives open files descriptors, as far as there is room, and closes the others.
    fn put_files(
        &mut self,
        current: &Current,
        held: &mut Root<'_, Task>,
        rights: Vec<Arc<OpenFile>>,
        close_on_exec: bool,
    ) -> Result<()> {
        let room = self.left().saturating_sub(HEAD) / 4;
        let count = rights.len();
        let mut done = 0;
        for file in rights {
            // The first that fails is the last.
            if done >= room || self.is_cut {
                self.is_cut = true;
                file.close(held);
                continue;
            }
            let place = self.next() + (HEAD + 4 * done) as u64;
            match put_file(current, held, file, place, close_on_exec) {
                Ok(()) => done += 1,
                Err(_) => self.is_cut = true,
            }
        }
        self.is_cut |= done < count;
        if done > 0 {
            let length = HEAD + 4 * done;
            self.head(held, [net::SOL_SOCKET, net::SCM_RIGHTS], length)?;
            self.skip(length);
        }
        Ok(())
    }
}

/// Gives an open file a descriptor, and the caller its number.
fn put_file(
    current: &Current,
    held: &mut Root<'_, Task>,
    file: Arc<OpenFile>,
    at: u64,
    close_on_exec: bool,
) -> Result<()> {
    let descriptors = match current.process().descriptors(held) {
        Ok(descriptors) => descriptors,
        Err(error) => {
            file.close(held);
            return Err(error);
        }
    };
    let number = descriptors.insert(held, file, 0, close_on_exec)?;
    let written = give(held, at, &i32::try_from(number).unwrap_or(-1).to_ne_bytes());
    if written.is_err() {
        descriptors.close(held, number)?;
    }
    written
}

/// Gives a caller what has come; gives how many bytes that takes, and whether something had no room. What had none is closed.
///
/// # Errors
///
/// [`Errno::EFAULT`].
pub(crate) fn give_control(
    current: &Current,
    held: &mut Root<'_, Task>,
    control: Control,
    [at, length]: [u64; 2],
    close_on_exec: bool,
) -> Result<(usize, bool)> {
    let room = if at == 0 { 0 } else { usize::try_from(length).unwrap_or(0) };
    let mut place = Place { at, room, used: 0, is_cut: false };
    let Control { rights, credentials, others } = control;
    let mut put = Ok(());
    for other in &others {
        put = put.and_then(|()| place.put(held, [other.level, other.kind], &other.bytes));
    }
    if let Some(credentials) = credentials {
        let is = [net::SOL_SOCKET, net::SCM_CREDENTIALS];
        put = put.and_then(|()| place.put(held, is, &credentials.encode()));
    }
    let was_cut = core::mem::replace(&mut place.is_cut, put.is_err());
    let put_files = place.put_files(current, held, rights, close_on_exec);
    put.and(put_files)?;
    Ok((place.used, was_cut || place.is_cut))
}
