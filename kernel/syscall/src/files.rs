//! Calls on descriptors.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Encoder, Errno, Result, general, ioctl};
use base::user::{self, Fault, UserSlice};
use fs::open_file::Whence;
use fs::{Attributes, Caller, Change, File, Inode, Kind, OpenFile, OpenFlags, Start};
use lockorder::{Root, Task};
use process::signal::{Signal, SignalFile};
use process::{Current, pseudo_terminal, terminal};
use tty::Access;

use crate::arguments::{Arguments, file as get, give, low, take, usable};
use crate::sockets::messages;

/// To open the slave of a master, by the master.
const TIOCGPTPEER: u32 = 0x5441;
/// For `close_range`: the numbers are kept, and their files closed by an execution.
const CLOSE_ON_EXEC: u32 = 4;
/// In `close_range`: other processes that have the same table keep theirs.
const UNSHARE: u32 = 2;

/// Reads into a range.
pub(crate) fn read_into(
    current: &Current,
    held: &mut Root<'_, Task>,
    file: &OpenFile,
    to: UserSlice,
) -> Result<usize> {
    if let Some(socket) = socket::file::of(file.file()) {
        return messages::read(current, held, file, socket, &[to]);
    }
    if let Some(terminal) = terminal::of(file.file()) {
        terminal.check(current, held, Access::Read)?;
    }
    if let Some(signals) = SignalFile::of(file.file()) {
        return signals.read_for(held, current, to, file.flags().contains(OpenFlags::NONBLOCKING));
    }
    file.read(held, to, &|| current.thread.is_interrupted())
}

/// Writes a range.
pub(crate) fn write_from(
    current: &Current,
    held: &mut Root<'_, Task>,
    file: &OpenFile,
    from: UserSlice,
) -> Result<usize> {
    if let Some(socket) = socket::file::of(file.file()) {
        return messages::write(current, held, file, socket, &[from]);
    }
    if let Some(terminal) = terminal::of(file.file()) {
        terminal.check(current, held, Access::Write)?;
    }
    let thread = &current.thread;
    let limit = current.process().file_most();
    let written = file.write(held, from, limit, &|| thread.is_interrupted());
    if written == Err(Errno::EPIPE) {
        current.process().post(held, Signal::PIPE, Some(thread.id()));
    }
    tell_of_limit(current, held, limit, &written);
    written
}

/// Writes a range to a place.
pub(crate) fn write_at_from(
    current: &Current,
    held: &mut Root<'_, Task>,
    file: &OpenFile,
    from: UserSlice,
    at: u64,
) -> Result<usize> {
    let limit = current.process().file_most();
    let written = file.write_at(held, from, at, limit);
    tell_of_limit(current, held, limit, &written);
    written
}

/// Sends the caller the signal of a file that is too large, where it is its limit that says so.
pub(crate) fn tell_of_limit<T>(current: &Current, held: &mut Root<'_, Task>, limit: u64, done: &Result<T>) {
    if limit != u64::MAX && matches!(done, Err(Errno::EFBIG)) {
        current.process().post(held, Signal::XFSZ, Some(current.thread.id()));
    }
}

/// Sees to it that a file becomes no larger than the caller's limit.
///
/// # Errors
///
/// [`Errno::EFBIG`], after a signal.
pub(crate) fn may_become(
    current: &Current,
    held: &mut Root<'_, Task>,
    inode: &Arc<dyn Inode>,
    size: u64,
) -> Result<()> {
    let limit = current.process().file_most();
    let is_kept = size <= limit || inode.kind() != Kind::Regular || size <= inode.attributes(held).size;
    let kept = if is_kept { Ok(()) } else { Err(Errno::EFBIG) };
    tell_of_limit(current, held, limit, &kept);
    kept
}

pub(crate) fn read(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let done = read_into(current, held, &file, a.slice(1, 2)?);
    finish(held, file, done)
}

pub(crate) fn write(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let done = write_from(current, held, &file, a.slice(1, 2)?);
    finish(held, file, done)
}

/// Ends the use of a file by a call: another thread may have closed it meanwhile.
pub(crate) fn finish(held: &mut Root<'_, Task>, file: Arc<OpenFile>, done: Result<usize>) -> Result<u64> {
    file.close(held);
    done.map(|count| count as u64)
}

pub(crate) fn read_at(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let at = i64::try_from(a.0[3]).map_err(|_| Errno::EINVAL)?.cast_unsigned();
    let done = a.slice(1, 2).and_then(|to| file.read_at(held, to, at));
    finish(held, file, done)
}

pub(crate) fn write_at(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let at = i64::try_from(a.0[3]).map_err(|_| Errno::EINVAL)?.cast_unsigned();
    let done = a.slice(1, 2).and_then(|from| write_at_from(current, held, &file, from, at));
    finish(held, file, done)
}

pub(crate) fn seek(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let whence = match a.int(2) {
        general::SEEK_SET => Whence::Start,
        general::SEEK_CUR => Whence::Current,
        general::SEEK_END => Whence::End,
        general::SEEK_DATA => Whence::Data,
        general::SEEK_HOLE => Whence::Hole,
        _ => return Err(Errno::EINVAL),
    };
    usable(current, held, a.0[0])?.seek(held, a.0[1].cast_signed(), whence)
}

pub(crate) fn close(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.process().descriptors(held)?.close(held, u64::from(a.int(0)))?;
    Ok(0)
}

pub(crate) fn close_range(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let (first, last) = (a.int(0), a.int(1));
    if first > last || a.int(2) & !(CLOSE_ON_EXEC | UNSHARE) != 0 {
        return Err(Errno::EINVAL);
    }
    let process = current.process();
    let unshares = a.int(2) & UNSHARE != 0;
    let descriptors = if unshares { process.own_descriptors(held) } else { process.descriptors(held) }?;
    let range = first as usize..=last as usize;
    if a.int(2) & CLOSE_ON_EXEC != 0 {
        descriptors.close_range_on_exec(held, range);
    } else {
        descriptors.close_range(held, range);
    }
    Ok(0)
}

pub(crate) fn duplicate(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = get(current, held, a.0[0])?;
    current.process().descriptors(held)?.insert(held, file, 0, false)
}

pub(crate) fn duplicate_to(
    current: &Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    is_third: bool,
) -> Result<u64> {
    let (from, to) = (u64::from(a.int(0)), u64::from(a.int(1)));
    let file = get(current, held, from)?;
    if from == to {
        return if is_third { Err(Errno::EINVAL) } else { Ok(to) };
    }
    let close_on_exec = is_third && a.int(2) & general::O_CLOEXEC != 0;
    current.process().descriptors(held)?.replace(held, to, file, close_on_exec)?;
    Ok(to)
}

pub(crate) fn ioctl(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let (request, argument) = (a.int(1), a.0[2]);
    match request {
        // What is asked of any file.
        ioctl::FIONBIO => {
            let is_on = u32::from_ne_bytes(take(held, argument)?) != 0;
            let mut flags = file.flags();
            flags.set(OpenFlags::NONBLOCKING, is_on);
            file.set_flags(flags);
            return Ok(0);
        }
        // As `O_ASYNC` by `fcntl`: nobody is signalled, and servers that ask for it wait all the same.
        ioctl::FIOASYNC if matches!(file.file(), File::Stream(_)) => {
            take::<4>(held, argument)?;
            return Ok(0);
        }
        ioctl::FIOCLEX | ioctl::FIONCLEX => {
            let descriptors = current.process().descriptors(held)?;
            descriptors.set_close_on_exec(held, u64::from(a.int(0)), request == ioctl::FIOCLEX)?;
            return Ok(0);
        }
        _ => {}
    }
    if let Some(terminal) = terminal::of(file.file()) {
        return terminal.control(current, held, request, argument);
    }
    if let Some(master) = pseudo_terminal::of(file.file()) {
        if request == TIOCGPTPEER {
            let path = alloc::format!("/dev/pts/{}", master.number());
            return open_by_kernel(current, held, path.as_bytes(), low(argument));
        }
        return master.control(current, held, request, argument);
    }
    match file.file() {
        File::Stream(stream) => stream.ioctl(held, request, argument).map(|value| value as u64),
        File::Seekable(_) => Err(Errno::ENOTTY),
    }
}

/// Opens what a path of the kernel's leads to, for the caller; gives its descriptor.
fn open_by_kernel(current: &Current, held: &mut Root<'_, Task>, path: &[u8], flags: u32) -> Result<u64> {
    let flags = OpenFlags::from_bits_truncate(flags);
    let process = current.process();
    let root = process.namespace().root();
    let start = Start { namespace: process.namespace(), root, directory: root, caller: Caller::KERNEL };
    let inode = start.find(held, path, true)?;
    let file = OpenFile::new(process.system().open(held, process, inode)?, flags)?;
    process.descriptors(held)?.insert(held, file, 0, flags.contains(OpenFlags::CLOSE_ON_EXEC))
}

pub(crate) fn pipe(current: &Current, held: &mut Root<'_, Task>, at: u64, flags: u32) -> Result<u64> {
    let allowed = general::O_CLOEXEC | general::O_NONBLOCK;
    if flags & !allowed != 0 {
        return Err(Errno::EINVAL);
    }
    let descriptors = current.process().descriptors(held)?;
    let owner = current.process().program(held).credentials;
    let (read, write) = ipc::pipe::create(owner.uids[1], owner.gids[1])?;
    let kept = OpenFlags::from_bits_truncate(flags) & OpenFlags::NONBLOCKING;
    let close_on_exec = flags & general::O_CLOEXEC != 0;
    let read = OpenFile::new(read, kept)?;
    let write = OpenFile::new(write, kept | OpenFlags::WRITE_ONLY)?;
    let read = descriptors.insert(held, read, 0, close_on_exec)?;
    let write = match descriptors.insert(held, write, 0, close_on_exec) {
        Ok(write) => write,
        Err(error) => {
            descriptors.close(held, read)?;
            return Err(error);
        }
    };
    let int = |number: u64| i32::try_from(number).unwrap_or(-1);
    let bytes = Encoder::<8>::new().i32(int(read)).i32(int(write)).finish();
    if let Err(error) = give(held, at, &bytes) {
        descriptors.close(held, read)?;
        descriptors.close(held, write)?;
        return Err(error);
    }
    Ok(0)
}

pub(crate) fn entries(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let to = a.slice(1, 2)?;
    let mut done = 0;
    file.list(held, |held, entry| {
        // Number, position, length and type stand before the name, which ends with a zero.
        let length = (19 + entry.name.len() + 1).next_multiple_of(8);
        if length > to.len() - done {
            return if done == 0 { Err(Errno::EINVAL) } else { Ok(false) };
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| Errno::ENOMEM)?;
        let fields = Encoder::<19>::new()
            .u64(entry.number)
            .u64(entry.next)
            .u16(u16::try_from(length).unwrap_or(u16::MAX))
            .bytes(&[entry.kind.entry_type()])
            .finish();
        bytes.extend_from_slice(&fields);
        bytes.extend_from_slice(entry.name);
        bytes.resize(length, 0);
        user::copy_out(held, to.skip(done).take(length), &bytes).map_err(|Fault| Errno::EFAULT)?;
        done += length;
        Ok(true)
    })?;
    Ok(done as u64)
}

pub(crate) fn sync(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    match usable(current, held, a.0[0])?.file() {
        File::Seekable(file) => file.inode().sync(held).map(|()| 0),
        File::Stream(_) => Err(Errno::EINVAL),
    }
}

pub(crate) fn sync_all(current: &Current, held: &mut Root<'_, Task>) -> Result<u64> {
    // As in Linux, nobody is told whether it has failed.
    let _ = current.process().namespace().sync(held);
    Ok(0)
}

/// Whether a file's bytes can be had before they are read: those of a file in memory are.
pub(crate) fn read_ahead(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    if !file.flags().reads() {
        return Err(Errno::EBADF);
    }
    let kind = file.file().inode().map(|inode| inode.kind());
    if kind == Some(Kind::Regular) { Ok(0) } else { Err(Errno::EINVAL) }
}

/// Advice on how a file is read: nothing depends on it.
pub(crate) fn advise(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    match file.file().inode().map(|inode| inode.kind()) {
        None | Some(Kind::Fifo | Kind::Socket) => Err(Errno::ESPIPE),
        Some(_) if a.int(3) > general::POSIX_FADV_NOREUSE => Err(Errno::EINVAL),
        Some(_) => Ok(0),
    }
}

pub(crate) fn truncate(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let size = i64::try_from(a.0[1]).map_err(|_| Errno::EINVAL)?.cast_unsigned();
    if !file.flags().writes() {
        return Err(Errno::EINVAL);
    }
    let inode = file.file().inode().ok_or(Errno::EINVAL)?;
    may_become(current, held, inode, size)?;
    inode.truncate(held, size)?;
    fs::notify::tell(held, inode, general::IN_MODIFY);
    Ok(0)
}

pub(crate) fn status(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let bytes = attributes(current, held, a.0[0])?.encode();
    give(held, a.0[1], &bytes)?;
    Ok(0)
}

/// What is known of a descriptor's file; one without a name is a pipe.
pub(crate) fn attributes(current: &Current, held: &mut Root<'_, Task>, number: u64) -> Result<Attributes> {
    let file = get(current, held, number)?;
    if let Some(inode) = file.file().inode() {
        return Ok(inode.attributes(held));
    }
    let time = fs::attributes::Timestamp::default();
    Ok(Attributes {
        kind: Kind::Fifo,
        permissions: 0o600,
        uid: 0,
        gid: 0,
        links: 1,
        size: 0,
        blocks: 0,
        device: 0,
        number: 0,
        accessed: time,
        modified: time,
        changed: time,
    })
}

/// Changes attributes of a descriptor's file.
fn change(current: &Current, held: &mut Root<'_, Task>, number: u64, change: Change) -> Result<u64> {
    let file = usable(current, held, number)?;
    let inode = file.file().inode().ok_or(Errno::EINVAL)?;
    let program = current.process().program(held);
    program.start(current.process().namespace()).change(held, inode, change)?;
    Ok(0)
}

pub(crate) fn change_mode(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    change(current, held, a.0[0], Change { permissions: Some(a.int(1)), ..Change::default() })
}

pub(crate) fn change_owner(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let kept = |id: u32| Some(id).filter(|&id| id != u32::MAX);
    let new = Change { uid: kept(a.int(1)), gid: kept(a.int(2)), ..Change::default() };
    change(current, held, a.0[0], new)
}

pub(crate) fn change_directory(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = get(current, held, a.0[0])?;
    let inode = Arc::clone(file.file().inode().ok_or(Errno::ENOTDIR)?);
    if inode.kind() != Kind::Directory {
        return Err(Errno::ENOTDIR);
    }
    let had = current.process().change(held, |own| core::mem::replace(&mut own.directory, inode));
    drop(had);
    Ok(0)
}

pub(crate) fn filesystem(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = get(current, held, a.0[0])?;
    let usage = file.file().inode().and_then(|inode| inode.usage(held)).transpose()?;
    give(held, a.0[1], &crate::system::described(usage))?;
    Ok(0)
}
