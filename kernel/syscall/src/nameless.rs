//! Files that no directory has: `memfd_create` and its seals, and event counters.

use alloc::vec::Vec;

use abi::{Errno, Result, general};
use fs::inode::New;
use fs::{Kind, OpenFile, OpenFlags, tmpfs};
use lockorder::{Root, Task};
use process::Current;

use crate::arguments::{Arguments, string};

/// The longest name that a file of memory is given.
const LONGEST_NAME: usize = 249;
/// All seals that there are.
const SEALS: u32 = general::F_SEAL_SEAL
    | general::F_SEAL_SHRINK
    | general::F_SEAL_GROW
    | general::F_SEAL_WRITE
    | general::F_SEAL_FUTURE_WRITE;

/// What is shown of a file of memory.
fn label(name: &[u8]) -> Result<Vec<u8>> {
    let (before, after) = (b"/memfd:", b" (deleted)");
    let mut label = Vec::new();
    let length = before.len() + name.len() + after.len();
    label.try_reserve_exact(length).map_err(|_| Errno::ENOMEM)?;
    label.extend_from_slice(before);
    label.extend_from_slice(name);
    label.extend_from_slice(after);
    Ok(label)
}

pub(crate) fn create(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let flags = a.int(1);
    let (executable, sealed) = (general::MFD_EXEC, general::MFD_NOEXEC_SEAL);
    let known = general::MFD_CLOEXEC | general::MFD_ALLOW_SEALING | executable | sealed;
    if flags & !known != 0 || flags & executable != 0 && flags & sealed != 0 {
        return Err(Errno::EINVAL);
    }
    let name = string(held, a.0[0], LONGEST_NAME).map_err(|error| match error {
        Errno::ENAMETOOLONG => Errno::EINVAL,
        error => error,
    })?;
    let process = current.process();
    let owner = process.program(held).credentials;
    let permissions = if flags & sealed != 0 { 0o666 } else { 0o777 };
    let new = New { kind: Kind::Regular, permissions, uid: owner.uids[1], gid: owner.gids[1], target: &[] };
    let sealable = flags & (general::MFD_ALLOW_SEALING | sealed) != 0;
    let inode = tmpfs::anonymous(&*process.system().nameless, new, &label(&name)?, sealable)?;
    let file = OpenFile::new(inode.open(held)?, OpenFlags::READ_WRITE | OpenFlags::LARGE)?;
    process.descriptors(held)?.insert(held, file, 0, flags & general::MFD_CLOEXEC != 0)
}

/// Adds seals, none to look; gives those that there are: `F_ADD_SEALS`, `F_GET_SEALS`.
pub(crate) fn seal(held: &mut Root<'_, Task>, file: &OpenFile, more: u32) -> Result<u64> {
    if more & !SEALS != 0 {
        return Err(Errno::EINVAL);
    }
    if more != 0 && !file.flags().writes() {
        return Err(Errno::EPERM);
    }
    let inode = file.file().inode().ok_or(Errno::EINVAL)?;
    let seals = inode.seal(held, more)?;
    Ok(if more == 0 { u64::from(seals) } else { 0 })
}

pub(crate) fn event(current: &Current, held: &mut Root<'_, Task>, count: u32, flags: u32) -> Result<u64> {
    let known = general::EFD_SEMAPHORE | general::EFD_CLOEXEC | general::EFD_NONBLOCK;
    if flags & !known != 0 {
        return Err(Errno::EINVAL);
    }
    let counter = ipc::event::create(count, flags & general::EFD_SEMAPHORE != 0)?;
    let kept = OpenFlags::from_bits_truncate(flags) & OpenFlags::NONBLOCKING;
    let file = OpenFile::new(counter, OpenFlags::READ_WRITE | kept)?;
    let close_on_exec = flags & general::EFD_CLOEXEC != 0;
    current.process().descriptors(held)?.insert(held, file, 0, close_on_exec)
}
