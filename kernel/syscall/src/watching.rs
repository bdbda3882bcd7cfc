//! `inotify`: instances, and what they watch.

use abi::{Errno, Result, general};
use fs::attributes::Wish;
use fs::notify::Instance;
use fs::{File, Kind, OpenFile, OpenFlags};
use lockorder::{Root, Task};
use process::Current;

use crate::arguments::{AT_FDCWD, Arguments, usable};
use crate::paths;

/// What a watch may ask for.
const KNOWN: u32 = general::IN_ALL_EVENTS
    | general::IN_ONLYDIR
    | general::IN_DONT_FOLLOW
    | general::IN_EXCL_UNLINK
    | general::IN_MASK_CREATE
    | general::IN_MASK_ADD
    | general::IN_ONESHOT;

pub(crate) fn create(current: &Current, held: &mut Root<'_, Task>, flags: u32) -> Result<u64> {
    if flags & !(general::IN_CLOEXEC | general::IN_NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let kept = OpenFlags::from_bits_truncate(flags) & OpenFlags::NONBLOCKING;
    let instance = Instance::new(held)?;
    let file = OpenFile::new(File::Stream(instance), kept)?;
    let close_on_exec = flags & general::IN_CLOEXEC != 0;
    current.process().descriptors(held)?.insert(held, file, 0, close_on_exec)
}

/// The instance that a file is.
fn instance(file: &OpenFile) -> Result<&Instance> {
    file.file().stream().ok_or(Errno::EINVAL)
}

pub(crate) fn watch(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let mask = a.int(2);
    let both = general::IN_MASK_ADD | general::IN_MASK_CREATE;
    if mask & general::IN_ALL_EVENTS == 0 || mask & !KNOWN != 0 || mask & both == both {
        return Err(Errno::EINVAL);
    }
    let file = usable(current, held, a.0[0])?;
    let instance = instance(&file)?;
    let flags = if mask & general::IN_DONT_FOLLOW != 0 { general::AT_SYMLINK_NOFOLLOW } else { 0 };
    let (from, inode) = paths::find(current, held, AT_FDCWD, a.0[1], flags)?;
    if mask & general::IN_ONLYDIR != 0 && inode.kind() != Kind::Directory {
        return Err(Errno::ENOTDIR);
    }
    let attributes = inode.attributes(held);
    from.start(current).caller.may(Wish::of(4), &attributes)?;
    let number = instance.watch(held, &*inode, mask)?;
    u64::try_from(number).map_err(|_| Errno::ENOSPC)
}

pub(crate) fn end(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    instance(&file)?.end_watch(held, a.int(1).cast_signed())?;
    Ok(0)
}
