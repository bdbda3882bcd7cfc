//! From file to file, through the kernel's memory: `sendfile` and `copy_file_range`. And what makes room in files: `fallocate`.

use alloc::sync::Arc;
use base::mm::fallible::try_zeroed;

use abi::{Errno, Result, general};
use fs::inode::Allocation;
use fs::open_file::Whence;
use fs::{File, Inode, Kind, OpenFile, OpenFlags};
use lockorder::{Root, Task};
use process::Current;
use process::signal::Signal;

use crate::arguments::{Arguments, give, take, usable};
use crate::files;

/// Bytes that are copied at a time.
const PIECE: usize = 64 * 1024;
/// The most bytes of one call.
const MOST: u64 = 0x7fff_f000;

/// Where one side of a copy is: a place that the caller gave, or the position of its description.
struct Side {
    file: Arc<OpenFile>,
    /// Where in user memory the place stands.
    given: u64,
    at: u64,
}

impl Side {
    /// A side of which the place stands at an address; 0 for the position.
    fn new(held: &mut Root<'_, Task>, file: Arc<OpenFile>, given: u64) -> Result<Self> {
        let at = if given == 0 {
            // A stream has none, and is written to where it is.
            file.seek(held, 0, Whence::Current).unwrap_or(0)
        } else {
            let at = i64::from_le_bytes(take(held, given)?);
            u64::try_from(at).map_err(|_| Errno::EINVAL)?
        };
        Ok(Self { file, given, at })
    }

    /// Tells the caller where the place is now, or moves the position there.
    fn finish(&self, held: &mut Root<'_, Task>) -> Result<()> {
        if self.given != 0 {
            return give(held, self.given, &self.at.to_le_bytes());
        }
        let at = i64::try_from(self.at).map_err(|_| Errno::EOVERFLOW)?;
        match self.file.seek(held, at, Whence::Start) {
            Ok(_) | Err(Errno::ESPIPE) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Copies until there is no more, or the other side takes no more; gives how many bytes.
fn copy(
    current: &Current,
    held: &mut Root<'_, Task>,
    from: &mut Side,
    to: &mut Side,
    length: u64,
) -> Result<u64> {
    let length = length.min(MOST);
    let size = usize::try_from(length).unwrap_or(PIECE).min(PIECE);
    let mut piece = try_zeroed(size).map_err(|_| Errno::ENOMEM)?;
    let interrupted = || current.thread.is_interrupted();
    let is_stream = matches!(to.file.file(), File::Stream(_));
    let mut done = 0;
    while done < length {
        let part = usize::try_from(length - done).unwrap_or(size).min(size);
        let count = from.file.read_kernel(held, &mut piece[..part], from.at)?;
        if count == 0 {
            break;
        }
        let place = (!is_stream).then_some(to.at);
        let limit = current.process().file_most();
        match to.file.write_kernel(held, &piece[..count], place, limit, &interrupted) {
            Ok(written) => {
                (from.at, to.at, done) =
                    (from.at + written as u64, to.at + written as u64, done + written as u64);
                if written < count {
                    break;
                }
            }
            Err(_) if done > 0 => break,
            Err(error) => {
                if error == Errno::EPIPE {
                    current.process().post(held, Signal::PIPE, Some(current.thread.id()));
                }
                files::tell_of_limit(current, held, limit, &Err::<(), _>(error));
                return Err(error);
            }
        }
        if interrupted() {
            break;
        }
    }
    Ok(done)
}

/// Whether a file may be copied from.
fn is_source(file: &OpenFile) -> Result<()> {
    if !file.flags().reads() {
        return Err(Errno::EBADF);
    }
    match file.file() {
        File::Seekable(file) if file.inode().kind() == Kind::Regular => Ok(()),
        _ => Err(Errno::EINVAL),
    }
}

/// Whether a file may be copied to.
fn is_target(file: &OpenFile) -> Result<()> {
    if file.flags().writes() { Ok(()) } else { Err(Errno::EBADF) }
}

pub(crate) fn send(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let to = usable(current, held, a.0[0])?;
    let from = usable(current, held, a.0[1])?;
    is_source(&from)?;
    is_target(&to)?;
    if to.flags().contains(OpenFlags::APPEND) {
        return Err(Errno::EINVAL);
    }
    let mut from = Side::new(held, from, a.0[2])?;
    let mut to = Side::new(held, to, 0)?;
    let done = copy(current, held, &mut from, &mut to, a.0[3]);
    let told = from.finish(held).and_then(|()| to.finish(held));
    from.file.close(held);
    to.file.close(held);
    done.and_then(|done| told.map(|()| done))
}

/// Whether two parts of one file have a byte in common.
const fn overlap(one: u64, other: u64, length: u64) -> bool {
    one < other.saturating_add(length) && other < one.saturating_add(length)
}

pub(crate) fn copy_range(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(5) != 0 {
        return Err(Errno::EINVAL);
    }
    let from = usable(current, held, a.0[0])?;
    let to = usable(current, held, a.0[2])?;
    let inode = |file: &OpenFile| file.file().inode().cloned();
    let kind = |inode: &Option<Arc<dyn Inode>>| inode.as_ref().map(|inode| inode.kind());
    let (source, target) = (inode(&from), inode(&to));
    if kind(&source) == Some(Kind::Directory) || kind(&target) == Some(Kind::Directory) {
        return Err(Errno::EISDIR);
    }
    is_source(&from)?;
    if kind(&target) != Some(Kind::Regular) {
        return Err(Errno::EINVAL);
    }
    is_target(&to)?;
    if to.flags().contains(OpenFlags::APPEND) {
        return Err(Errno::EBADF);
    }
    let mut from = Side::new(held, from, a.0[1])?;
    let mut to = Side::new(held, to, a.0[3])?;
    let is_one = source.zip(target).is_some_and(|(source, target)| source.identity() == target.identity());
    if is_one && overlap(from.at, to.at, a.0[4]) {
        return Err(Errno::EINVAL);
    }
    let done = copy(current, held, &mut from, &mut to, a.0[4])?;
    from.finish(held)?;
    to.finish(held)?;
    Ok(done)
}

pub(crate) fn allocate(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let place = |number: u64| i64::try_from(number).map(i64::cast_unsigned).map_err(|_| Errno::EINVAL);
    let (start, length) = (place(a.0[2])?, place(a.0[3])?);
    if length == 0 {
        return Err(Errno::EINVAL);
    }
    let keep = general::FALLOC_FL_KEEP_SIZE;
    let how = match a.int(1) {
        0 => Allocation::Extend,
        mode if mode == keep => Allocation::Keep,
        mode if mode == keep | general::FALLOC_FL_PUNCH_HOLE => Allocation::Punch,
        mode if mode == general::FALLOC_FL_ZERO_RANGE => Allocation::Zero,
        mode if mode == keep | general::FALLOC_FL_ZERO_RANGE => Allocation::ZeroKeep,
        _ => return Err(Errno::EOPNOTSUPP),
    };
    let file = usable(current, held, a.0[0])?;
    is_target(&file)?;
    let inode = file.file().inode().ok_or(Errno::ESPIPE)?;
    match inode.kind() {
        Kind::Regular => {}
        Kind::Fifo => return Err(Errno::ESPIPE),
        Kind::Directory => return Err(Errno::EISDIR),
        _ => return Err(Errno::ENODEV),
    }
    let end = start.checked_add(length).filter(|&end| i64::try_from(end).is_ok()).ok_or(Errno::EFBIG)?;
    if matches!(how, Allocation::Extend | Allocation::Zero) {
        files::may_become(current, held, inode, end)?;
    }
    inode.allocate(held, how, start..end)?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn parts_that_touch_have_no_byte_in_common() {
        assert!(!overlap(0, 4, 4) && !overlap(4, 0, 4));
        assert!(overlap(0, 3, 4) && overlap(3, 0, 4) && overlap(5, 5, 1));
    }
}
