//! Locks on files: `flock`, and those of `fcntl` on ranges of bytes, of a process or of a description.

use alloc::sync::Arc;
use core::ops::Range;

use abi::{Encoder, Errno, Result, general};
use fs::OpenFile;
use fs::locks::{self, Family, Mode, Owner, Request};
use fs::open_file::Whence;
use lockorder::{Root, Task};
use process::Current;

use crate::arguments::{Arguments, give, take, usable};

/// Where the last byte of any file would be: a lock to the end reaches here.
const END: u64 = 1 << 63;

/// Whose a lock on a range is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// The process's.
    Process,
    /// That of the open file description.
    Description,
}

/// `struct flock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    kind: u32,
    whence: u32,
    start: i64,
    length: i64,
    process: i32,
}

impl Asked {
    /// Of its bytes.
    fn decode(bytes: &[u8; 32]) -> Self {
        let half = |at: usize| u32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let word = |at: usize| bytes[at..].first_chunk().map_or(0, |word| i64::from_le_bytes(*word));
        let process = bytes[24..].first_chunk().map_or(0, |word| i32::from_le_bytes(*word));
        Self { kind: half(0), whence: half(2), start: word(8), length: word(16), process }
    }

    /// As its bytes.
    fn encode(&self) -> [u8; 32] {
        let half = |number: u32| u16::try_from(number).unwrap_or(0);
        Encoder::new()
            .u16(half(self.kind))
            .u16(half(self.whence))
            .skip(4)
            .i64(self.start)
            .i64(self.length)
            .i32(self.process)
            .finish()
    }

    /// The bytes that are meant, counted from `base`.
    fn part(&self, base: u64) -> Result<Range<u64>> {
        let start = base.checked_add_signed(self.start).ok_or(Errno::EINVAL)?;
        let other = start.checked_add_signed(self.length);
        let (start, end) = match self.length {
            0 => (start, END),
            1.. => (start, other.ok_or(Errno::EOVERFLOW)?),
            _ => (other.ok_or(Errno::EINVAL)?, start),
        };
        if start >= END || end > END { Err(Errno::EOVERFLOW) } else { Ok(start..end) }
    }
}

/// The mode that a kind of lock means; none for giving up.
fn mode(kind: u32) -> Result<Option<Mode>> {
    match kind {
        general::F_RDLCK => Ok(Some(Mode::Shared)),
        general::F_WRLCK => Ok(Some(Mode::Exclusive)),
        general::F_UNLCK => Ok(None),
        _ => Err(Errno::EINVAL),
    }
}

/// From where a range is counted.
fn base(held: &mut Root<'_, Task>, file: &OpenFile, whence: u32) -> Result<u64> {
    match whence {
        general::SEEK_SET => Ok(0),
        general::SEEK_CUR => file.seek(held, 0, Whence::Current).or(Ok(0)),
        general::SEEK_END => Ok(file.file().inode().map_or(0, |inode| inode.attributes(held).size)),
        _ => Err(Errno::EINVAL),
    }
}

/// Tells which lock is in the way.
fn tell(held: &mut Root<'_, Task>, at: u64, asked: Asked, found: Option<locks::Lock>) -> Result<u64> {
    let told = match found {
        None => Asked { kind: general::F_UNLCK, ..asked },
        Some(lock) => {
            let length = if lock.part.end == END { 0 } else { lock.part.end - lock.part.start };
            Asked {
                kind: if lock.mode == Mode::Shared { general::F_RDLCK } else { general::F_WRLCK },
                whence: general::SEEK_SET,
                start: i64::try_from(lock.part.start).unwrap_or(i64::MAX),
                length: i64::try_from(length).unwrap_or(0),
                process: match lock.owner {
                    Owner::Table(_) => i32::try_from(lock.process).unwrap_or(0),
                    Owner::Description(_) => -1,
                },
            }
        }
    };
    give(held, at, &told.encode())?;
    Ok(0)
}

pub(crate) fn record(current: &Current, held: &mut Root<'_, Task>, a: &Arguments, whose: For) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let asked = Asked::decode(&take(held, a.0[2])?);
    if whose == For::Description && asked.process != 0 {
        return Err(Errno::EINVAL);
    }
    let mode = mode(asked.kind)?;
    let identity = file.file().inode().ok_or(Errno::EBADF)?.identity();
    let base = base(held, &file, asked.whence)?;
    let part = asked.part(base)?;
    let descriptors = current.process().descriptors(held)?;
    let owner = match whose {
        For::Process => descriptors.will_have_locks(),
        For::Description => file.owner(),
    };
    let request = Request { family: Family::Record, owner, process: current.process().id(), part, mode };
    if matches!(a.int(1), general::F_GETLK | general::F_OFD_GETLK) {
        if mode.is_none() {
            return Err(Errno::EINVAL);
        }
        let found = locks::conflict(held, identity, &request);
        return tell(held, a.0[2], asked, found);
    }
    let flags = file.flags();
    let is_allowed = match mode {
        Some(Mode::Shared) => flags.reads(),
        Some(Mode::Exclusive) => flags.writes(),
        None => true,
    };
    if !is_allowed {
        return Err(Errno::EBADF);
    }
    if whose == For::Description {
        file.will_have_locks(held)?;
    }
    let waits = matches!(a.int(1), general::F_SETLKW | general::F_OFD_SETLKW);
    let interrupted = || current.thread.is_interrupted();
    let done = locks::acquire(held, identity, &request, waits, &interrupted);
    if done.is_ok() && whose == For::Process && mode.is_some() {
        // Another thread may have closed it meanwhile, and did not see the lock.
        let is_there = descriptors.get(held, a.0[0]).is_ok_and(|other| Arc::ptr_eq(&other, &file));
        if !is_there {
            locks::release(held, identity, owner);
            return Err(Errno::EBADF);
        }
    }
    file.close(held);
    done.map(|()| 0)
}

pub(crate) fn whole(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let operation = a.int(1);
    let mode = match operation & !general::LOCK_NB {
        general::LOCK_SH => Some(Mode::Shared),
        general::LOCK_EX => Some(Mode::Exclusive),
        general::LOCK_UN => None,
        _ => return Err(Errno::EINVAL),
    };
    let identity = file.file().inode().ok_or(Errno::EBADF)?.identity();
    file.will_have_locks(held)?;
    let owner = file.owner();
    let process = current.process().id();
    let request = Request { family: Family::Whole, owner, process, part: 0..END, mode };
    let waits = operation & general::LOCK_NB == 0;
    let done = locks::acquire(held, identity, &request, waits, &|| current.thread.is_interrupted());
    file.close(held);
    done.map(|()| 0)
}

#[cfg(test)]
mod tests {
    use abi::Errno;

    use super::{Asked, END};

    fn asked(start: i64, length: i64) -> Asked {
        Asked { kind: 1, whence: 0, start, length, process: 0 }
    }

    #[test]
    fn a_range_may_reach_back_and_to_the_end() {
        assert_eq!(asked(10, 5).part(100), Ok(110..115));
        assert_eq!(asked(10, -5).part(100), Ok(105..110));
        assert_eq!(asked(-10, 0).part(100), Ok(90..END));
        assert_eq!(asked(-101, 1).part(100), Err(Errno::EINVAL));
        assert_eq!(asked(0, -1).part(0), Err(Errno::EINVAL));
        assert_eq!(asked(i64::MAX, 2).part(0), Err(Errno::EOVERFLOW));
    }

    #[test]
    fn a_structure_has_its_fields_in_place() {
        let all = Asked { kind: 1, whence: 2, start: -3, length: 4, process: -1 };
        assert_eq!(Asked::decode(&all.encode()), all);
        assert_eq!(all.encode()[24..28], [255; 4]);
    }
}
