//! Calls on paths.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Encoder, Errno, Result, general};
use fs::attributes::{Timestamp, Wish};
use fs::inode::Renaming;
use fs::path::{self, LONGEST_PATH, Opening, Resolve};
use fs::{Attributes, Change, Inode, Kind, OpenFile, OpenFlags, Start, tmpfs};
use lockorder::{Root, Task};
use process::{Current, terminal};

use crate::arguments::{self, Arguments, From, give, take, word};
use crate::{files, system};

/// What an empty path with a descriptor means: the file itself.
const EMPTY: u32 = general::AT_EMPTY_PATH;
/// Bytes of `struct open_how`, and the most of a longer form.
const HOW: usize = 24;
const LONGEST_HOW: u64 = 4096;
/// Permissions that a mode may have.
const PERMISSIONS: u32 = 0o7777;

/// What a path leads to; an empty one leads to the descriptor's file if `flags` say so.
///
/// # Errors
///
/// As for a path.
pub(crate) fn find(
    current: &Current,
    held: &mut Root<'_, Task>,
    at: u64,
    path: u64,
    flags: u32,
) -> Result<(From, Arc<dyn Inode>)> {
    find_as(current, held, [at, path], flags, None)
}

/// The same, as somebody else.
fn find_as(
    current: &Current,
    held: &mut Root<'_, Task>,
    [at, path]: [u64; 2],
    flags: u32,
    caller: Option<fs::Caller<'_>>,
) -> Result<(From, Arc<dyn Inode>)> {
    let path = if path == 0 && flags & EMPTY != 0 { Vec::new() } else { arguments::path(held, path)? };
    let from = From::new(current, held, at, &path)?;
    if path.is_empty() && flags & EMPTY != 0 {
        let inode = Arc::clone(from.itself());
        return Ok((from, inode));
    }
    let follow = flags & general::AT_SYMLINK_NOFOLLOW == 0;
    let start = from.start(current);
    let inode = Start { caller: caller.unwrap_or(start.caller), ..start }.find(held, &path, follow)?;
    Ok((from, inode))
}

/// What is known of what a path leads to, or of a descriptor's file, which may have no name.
fn attributes(
    current: &Current,
    held: &mut Root<'_, Task>,
    at: u64,
    path: u64,
    flags: u32,
) -> Result<Attributes> {
    let is_descriptor = arguments::low(at) != arguments::low(arguments::AT_FDCWD) && flags & EMPTY != 0;
    if is_descriptor && (path == 0 || arguments::path(held, path)?.is_empty()) {
        return files::attributes(current, held, at);
    }
    let (_, inode) = find(current, held, at, path, flags)?;
    Ok(inode.attributes(held))
}

pub(crate) fn open(
    current: &Current,
    held: &mut Root<'_, Task>,
    at: u64,
    path: u64,
    flags: u32,
    mode: u32,
) -> Result<u64> {
    let flags = OpenFlags::from_bits_retain(flags);
    let opening = Opening { flags, permissions: mode & PERMISSIONS, resolve: Resolve::empty() };
    open_as(current, held, [at, path], opening)
}

/// Opens what a path leads to; gives its descriptor.
fn open_as(
    current: &Current,
    held: &mut Root<'_, Task>,
    [at, path]: [u64; 2],
    opening: Opening,
) -> Result<u64> {
    let path = arguments::path(held, path)?;
    let flags = opening.flags;
    // A walk that stays in its directory begins there, whatever the path begins with.
    let is_contained = opening.resolve.intersects(Resolve::BENEATH | Resolve::IN_ROOT);
    let from = From::new(current, held, at, if is_contained { b"." } else { &path })?;
    let process = current.process();
    let file = from.start(current).open(held, &path, opening, |held, inode| {
        if inode.kind() == Kind::Fifo {
            let thread = &current.thread;
            return ipc::fifo::open(held, inode, flags, &|| thread.is_interrupted());
        }
        process.system().open(held, process, inode)
    })?;
    let file = OpenFile::new(file, flags)?;
    if flags.writes() && from.program.credentials.uids[1] != 0 {
        file.clear_set_id_on_write();
    }
    if let Some(terminal) = terminal::of(file.file()).filter(|_| !flags.contains(OpenFlags::NO_TERMINAL)) {
        terminal::becomes_own(held, process, terminal);
    }
    let close_on_exec = flags.contains(OpenFlags::CLOSE_ON_EXEC);
    process.descriptors(held)?.insert(held, file, 0, close_on_exec)
}

/// `openat2`: flags, mode and what the walk is not to do stand in a structure, of which longer forms end with zeros.
pub(crate) fn open_how(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let longer = a.0[3].checked_sub(HOW as u64).ok_or(Errno::EINVAL)?;
    if longer > LONGEST_HOW {
        return Err(Errno::E2BIG);
    }
    let bytes: [u8; HOW] = take(held, a.0[2])?;
    for place in 0..longer {
        if take::<1>(held, a.0[2].saturating_add(HOW as u64 + place))? != [0] {
            return Err(Errno::E2BIG);
        }
    }
    let [flags, mode, resolve] = [0, 1, 2].map(|place| word(&bytes, place));
    let flags = u32::try_from(flags).ok().and_then(OpenFlags::from_bits).ok_or(Errno::EINVAL)?;
    let mode = u32::try_from(mode).ok().filter(|mode| mode & !PERMISSIONS == 0).ok_or(Errno::EINVAL)?;
    let resolve = u32::try_from(resolve).ok().and_then(Resolve::from_bits).ok_or(Errno::EINVAL)?;
    let makes = flags.intersects(OpenFlags::CREATE | OpenFlags::TEMPORARY);
    // Flags that have no meaning with these are refused here, and ignored by the older calls.
    let with_path = OpenFlags::PATH | OpenFlags::DIRECTORY | OpenFlags::NO_FOLLOW | OpenFlags::CLOSE_ON_EXEC;
    let contradicts = flags.contains(OpenFlags::PATH) && !with_path.contains(flags)
        || flags.contains(OpenFlags::TEMPORARY | OpenFlags::CREATE);
    if mode != 0 && !makes || contradicts || resolve.contains(Resolve::BENEATH | Resolve::IN_ROOT) {
        return Err(Errno::EINVAL);
    }
    open_as(current, held, [a.0[0], a.0[1]], Opening { flags, permissions: mode, resolve })
}

pub(crate) fn create(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let flags = general::O_CREAT | general::O_WRONLY | general::O_TRUNC;
    open(current, held, arguments::AT_FDCWD, a.0[0], flags, a.int(1))
}

pub(crate) fn status(
    current: &Current,
    held: &mut Root<'_, Task>,
    [at, path, to]: [u64; 3],
    flags: u32,
) -> Result<u64> {
    let bytes = attributes(current, held, at, path, flags)?.encode();
    give(held, to, &bytes)?;
    Ok(0)
}

/// As `struct statx`.
fn encode_extended(attributes: &Attributes) -> [u8; 256] {
    let Attributes { accessed, modified, changed, .. } = attributes;
    let (major, minor) = fs::attributes::device_numbers(attributes.kind.device());
    let (device_major, device_minor) = fs::attributes::device_numbers(attributes.device);
    let mut encoder = Encoder::<256>::new();
    encoder
        .u32(general::STATX_BASIC_STATS)
        .u32(4096)
        .u64(0)
        .u32(attributes.links)
        .u32(attributes.uid)
        .u32(attributes.gid)
        .u16(u16::try_from(attributes.mode()).unwrap_or(0))
        .skip(2)
        .u64(attributes.number)
        .u64(attributes.size)
        .u64(attributes.blocks)
        .u64(0);
    // The second one would be when it was made.
    for time in [*accessed, Timestamp::default(), *changed, *modified] {
        encoder.i64(time.seconds).u32(time.nanoseconds).skip(4);
    }
    encoder.u32(major).u32(minor).u32(device_major).u32(device_minor).finish()
}

pub(crate) fn extended_status(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let known = general::AT_SYMLINK_NOFOLLOW | general::AT_NO_AUTOMOUNT | EMPTY | general::AT_STATX_SYNC_TYPE;
    let both = general::AT_STATX_FORCE_SYNC | general::AT_STATX_DONT_SYNC;
    let flags = a.int(2);
    if flags & !known != 0 || flags & both == both || a.int(3) & general::STATX__RESERVED != 0 {
        return Err(Errno::EINVAL);
    }
    let bytes = encode_extended(&attributes(current, held, a.0[0], a.0[1], flags)?);
    give(held, a.0[4], &bytes)?;
    Ok(0)
}

pub(crate) fn access(
    current: &Current,
    held: &mut Root<'_, Task>,
    [at, path]: [u64; 2],
    mode: u32,
    flags: u32,
) -> Result<u64> {
    let known = general::AT_EACCESS | general::AT_SYMLINK_NOFOLLOW | EMPTY;
    if mode & !7 != 0 || flags & !known != 0 {
        return Err(Errno::EINVAL);
    }
    let program = current.process().program(held);
    let credentials = &program.credentials;
    // By who started the program, not as whom it runs; to look the path up as well.
    let place = usize::from(flags & general::AT_EACCESS != 0);
    let (uid, gid) = (credentials.uids[place], credentials.gids[place]);
    let caller = fs::Caller { uid, gid, ..credentials.caller(0) };
    let inode = find_as(current, held, [at, path], flags, Some(caller))?.1;
    let attributes = inode.attributes(held);
    caller.may(Wish::of(mode), &attributes)?;
    Ok(0)
}

pub(crate) fn read_link(
    current: &Current,
    held: &mut Root<'_, Task>,
    at: u64,
    [path, to, length]: [u64; 3],
) -> Result<u64> {
    let is_itself = arguments::path(held, path)?.is_empty();
    let is_current = arguments::low(at) == arguments::low(arguments::AT_FDCWD);
    let empty = if is_itself && !is_current { EMPTY } else { 0 };
    let (_, inode) = find(current, held, at, path, general::AT_SYMLINK_NOFOLLOW | empty)?;
    if is_itself && inode.kind() != Kind::Symlink {
        return Err(Errno::ENOENT);
    }
    let target = inode.target(held)?;
    let length = usize::try_from(length).ok().filter(|&length| length > 0).ok_or(Errno::EINVAL)?;
    let count = target.len().min(length);
    give(held, to, &target[..count])?;
    Ok(count as u64)
}

/// Makes something.
fn make(
    current: &Current,
    held: &mut Root<'_, Task>,
    at: u64,
    path: u64,
    (kind, mode, target): (Kind, u32, &[u8]),
) -> Result<u64> {
    let path = arguments::path(held, path)?;
    let from = From::new(current, held, at, &path)?;
    from.start(current).make(held, &path, kind, mode & PERMISSIONS, target)?;
    Ok(0)
}

pub(crate) fn make_directory(
    current: &Current,
    held: &mut Root<'_, Task>,
    at: u64,
    path: u64,
    mode: u32,
) -> Result<u64> {
    make(current, held, at, path, (Kind::Directory, mode & 0o1777, &[]))
}

pub(crate) fn make_node(
    current: &Current,
    held: &mut Root<'_, Task>,
    at: u64,
    [path, mode, device]: [u64; 3],
) -> Result<u64> {
    let mode = arguments::low(mode);
    let kind = Kind::of(mode, device).ok_or(Errno::EINVAL)?;
    let is_device = matches!(kind, Kind::Character(..) | Kind::Block(..));
    if is_device && current.process().program(held).credentials.uids[1] != 0 {
        return Err(Errno::EPERM);
    }
    if kind == Kind::Directory || kind == Kind::Symlink {
        return Err(Errno::EINVAL);
    }
    make(current, held, at, path, (kind, mode, &[]))
}

pub(crate) fn unlink(
    current: &Current,
    held: &mut Root<'_, Task>,
    at: u64,
    path: u64,
    directory: bool,
) -> Result<u64> {
    let path = arguments::path(held, path)?;
    let from = From::new(current, held, at, &path)?;
    from.start(current).unlink(held, &path, directory)?;
    Ok(0)
}

pub(crate) fn symlink(
    current: &Current,
    held: &mut Root<'_, Task>,
    target: u64,
    at: u64,
    path: u64,
) -> Result<u64> {
    let target = arguments::string(held, target, LONGEST_PATH)?;
    if target.is_empty() {
        return Err(Errno::ENOENT);
    }
    make(current, held, at, path, (Kind::Symlink, 0o777, &target))
}

pub(crate) fn link(
    current: &Current,
    held: &mut Root<'_, Task>,
    [at, path, new_at, new_path]: [u64; 4],
    flags: u32,
) -> Result<u64> {
    let follow = flags & general::AT_SYMLINK_FOLLOW != 0;
    let flags = flags & EMPTY | if follow { 0 } else { general::AT_SYMLINK_NOFOLLOW };
    let (_, inode) = find(current, held, at, path, flags)?;
    let path = arguments::path(held, new_path)?;
    let from = From::new(current, held, new_at, &path)?;
    from.start(current).link(held, &inode, &path)?;
    Ok(0)
}

pub(crate) fn rename(
    current: &Current,
    held: &mut Root<'_, Task>,
    [at, path, new_at, new_path]: [u64; 4],
    flags: u32,
) -> Result<u64> {
    let how = match flags {
        0 => Renaming::Replace,
        general::RENAME_NOREPLACE => Renaming::NoReplace,
        general::RENAME_EXCHANGE => Renaming::Exchange,
        _ => return Err(Errno::EINVAL),
    };
    let (path, new_path) = (arguments::path(held, path)?, arguments::path(held, new_path)?);
    let from = From::new(current, held, at, &path)?;
    let to = From::new(current, held, new_at, &new_path)?;
    path::rename(held, (&from.start(current), &path), (&to.start(current), &new_path), how)?;
    Ok(0)
}

/// Changes attributes of what a path leads to.
fn change(
    current: &Current,
    held: &mut Root<'_, Task>,
    [at, path]: [u64; 2],
    flags: u32,
    change: Change,
) -> Result<u64> {
    let (from, inode) = find(current, held, at, path, flags)?;
    from.start(current).change(held, &inode, change)?;
    Ok(0)
}

pub(crate) fn change_mode(
    current: &Current,
    held: &mut Root<'_, Task>,
    place: [u64; 2],
    mode: u32,
    flags: u32,
) -> Result<u64> {
    if flags & !(general::AT_SYMLINK_NOFOLLOW | EMPTY) != 0 {
        return Err(Errno::EINVAL);
    }
    let (from, inode) = find(current, held, place[0], place[1], flags)?;
    if inode.kind() == Kind::Symlink {
        // What may be done with a link is said by what it leads to.
        return Err(Errno::EOPNOTSUPP);
    }
    let permissions = Some(mode & PERMISSIONS);
    from.start(current).change(held, &inode, Change { permissions, ..Change::default() })?;
    Ok(0)
}

pub(crate) fn change_owner(
    current: &Current,
    held: &mut Root<'_, Task>,
    place: [u64; 2],
    ids: [u32; 2],
    flags: u32,
) -> Result<u64> {
    let [uid, gid] = ids.map(|id| Some(id).filter(|&id| id != u32::MAX));
    change(current, held, place, flags, Change { uid, gid, ..Change::default() })
}

pub(crate) fn change_times(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let now = Timestamp::now();
    let (mut accessed, mut modified) = (Some(now), Some(now));
    if a.0[2] != 0 {
        let bytes: [u8; 32] = take(held, a.0[2])?;
        let time = |place: usize| match word(&bytes, place + 1) {
            nanoseconds if nanoseconds == u64::from(general::UTIME_NOW) => Ok(Some(now)),
            nanoseconds if nanoseconds == u64::from(general::UTIME_OMIT) => Ok(None),
            nanoseconds => {
                let nanoseconds = u32::try_from(nanoseconds).ok().filter(|&n| n < 1_000_000_000);
                let nanoseconds = nanoseconds.ok_or(Errno::EINVAL)?;
                Ok(Some(Timestamp { seconds: word(&bytes, place).cast_signed(), nanoseconds }))
            }
        };
        (accessed, modified) = (time(0)?, time(2)?);
    }
    let flags = if a.0[1] == 0 { a.int(3) | EMPTY } else { a.int(3) };
    change(current, held, [a.0[0], a.0[1]], flags, Change { accessed, modified, ..Change::default() })
}

/// The times of older calls: two numbers of seconds, or two pairs whose fraction counts so many nanoseconds.
pub(crate) fn change_old_times(
    current: &Current,
    held: &mut Root<'_, Task>,
    [at, path, times]: [u64; 3],
    unit: u32,
) -> Result<u64> {
    let now = Timestamp::now();
    let (mut accessed, mut modified) = (now, now);
    if times != 0 && unit == 0 {
        let bytes: [u8; 16] = take(held, times)?;
        let time = |place| Timestamp { seconds: word(&bytes, place).cast_signed(), nanoseconds: 0 };
        (accessed, modified) = (time(0), time(1));
    } else if times != 0 {
        let bytes: [u8; 32] = take(held, times)?;
        let time = |place| {
            let fraction =
                u32::try_from(word(&bytes, place + 1)).ok().and_then(|part| part.checked_mul(unit));
            let nanoseconds = fraction.filter(|&part| part < 1_000_000_000).ok_or(Errno::EINVAL)?;
            Ok::<_, Errno>(Timestamp { seconds: word(&bytes, place).cast_signed(), nanoseconds })
        };
        (accessed, modified) = (time(0)?, time(2)?);
    }
    let (accessed, modified) = (Some(accessed), Some(modified));
    change(current, held, [at, path], 0, Change { accessed, modified, ..Change::default() })
}

pub(crate) fn truncate(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let size = i64::try_from(a.0[1]).map_err(|_| Errno::EINVAL)?.cast_unsigned();
    let (from, inode) = find(current, held, arguments::AT_FDCWD, a.0[0], 0)?;
    let attributes = inode.attributes(held);
    from.start(current).caller.may(Wish::of(2), &attributes)?;
    files::may_become(current, held, &inode, size)?;
    inode.truncate(held, size)?;
    fs::notify::tell(held, &inode, general::IN_MODIFY);
    Ok(0)
}

/// A directory that the caller may search.
fn searchable(current: &Current, held: &mut Root<'_, Task>, path: u64) -> Result<Arc<dyn Inode>> {
    let (from, inode) = find(current, held, arguments::AT_FDCWD, path, 0)?;
    if inode.kind() != Kind::Directory {
        return Err(Errno::ENOTDIR);
    }
    let attributes = inode.attributes(held);
    from.start(current).caller.may(Wish::SEARCH, &attributes)?;
    Ok(inode)
}

pub(crate) fn change_directory(current: &Current, held: &mut Root<'_, Task>, path: u64) -> Result<u64> {
    let inode = searchable(current, held, path)?;
    let had = current.process().change(held, |own| core::mem::replace(&mut own.directory, inode));
    drop(had);
    Ok(0)
}

pub(crate) fn change_root(current: &Current, held: &mut Root<'_, Task>, path: u64) -> Result<u64> {
    let inode = searchable(current, held, path)?;
    if current.process().program(held).credentials.uids[1] != 0 {
        return Err(Errno::EPERM);
    }
    let had = current.process().change(held, |own| core::mem::replace(&mut own.root, inode));
    drop(had);
    Ok(0)
}

pub(crate) fn directory(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let from = From::new(current, held, arguments::AT_FDCWD, &[])?;
    let mut path = from.start(current).path_of(held, &from.program.directory)?;
    path.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
    path.push(0);
    if path.len() as u64 > a.0[1] {
        return Err(Errno::ERANGE);
    }
    give(held, a.0[0], &path)?;
    Ok(path.len() as u64)
}

pub(crate) fn umask(current: &Current, held: &mut Root<'_, Task>, mask: u32) -> Result<u64> {
    let had = current.process().change(held, |own| core::mem::replace(&mut own.umask, mask & 0o777));
    Ok(u64::from(had))
}

pub(crate) fn filesystem(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let (_, inode) = find(current, held, arguments::AT_FDCWD, a.0[0], 0)?;
    let usage = inode.usage(held).transpose()?;
    give(held, a.0[1], &system::described(usage))?;
    Ok(0)
}

/// The machine's disk, as `mount` is told of it.
const DISK: &[u8] = b"/dev/vda";

pub(crate) fn mount(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let kind = arguments::string(held, a.0[2], 64)?;
    let path = arguments::path(held, a.0[1])?;
    let process = current.process();
    if process.program(held).credentials.uids[1] != 0 {
        return Err(Errno::EPERM);
    }
    let from = From::new(current, held, arguments::AT_FDCWD, &path)?;
    let inode = from.start(current).find(held, &path, true)?;
    match &kind[..] {
        b"tmpfs" => {
            let root = tmpfs::new(base::mm::available_frames() / 2, 0o1777)?;
            process.namespace().mount(held, inode, root, "tmpfs", &path)?;
            Ok(0)
        }
        b"ext2" | b"ext3" => {
            if arguments::path(held, a.0[0])? != DISK {
                return Err(Errno::ENXIO);
            }
            let root = ext3::mount(held, a.0[3] & u64::from(general::MS_RDONLY) != 0)?;
            let mounted = process.namespace().mount(held, inode, Arc::clone(&root), "ext3", &path);
            if mounted.is_err() {
                root.unmount(held)?;
            }
            mounted.map(|()| 0)
        }
        // There is one of each, and it is there already.
        b"proc" | b"devtmpfs" | b"devpts" => Err(Errno::EBUSY),
        _ => Err(Errno::ENODEV),
    }
}

pub(crate) fn unmount(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let (from, inode) = find(current, held, arguments::AT_FDCWD, a.0[0], 0)?;
    if from.program.credentials.uids[1] != 0 {
        return Err(Errno::EPERM);
    }
    let namespace = current.process().namespace();
    if namespace.covered_by(held, &*inode).is_none() {
        return Err(Errno::EINVAL);
    }
    inode.unmount(held)?;
    namespace.unmount(held, &*inode)?;
    Ok(0)
}
