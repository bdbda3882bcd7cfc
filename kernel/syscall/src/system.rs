//! Calls on the whole system.

use abi::{Encoder, Errno, Result, general};
use base::time::Instant;
use base::{mm, record, user};
use fs::inode::Usage;
use lockorder::{Root, Task};
use process::Current;
use process::names::{self, Which};

use crate::arguments::{Arguments, give, slice};

/// What `uname` says between the names of host and domain, and before: each in a field of 65 bytes.
const SYSTEM: &str = "Linux";
/// The same, in between.
const KERNEL: [&str; 3] = ["6.1.0", "#1 SMP", "x86_64"];
/// Bytes of a field.
const FIELD: usize = 65;

pub(crate) fn name(held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let mut bytes = [0; FIELD * 6];
    let (host, domain) = (names::get(held, Which::Host), names::get(held, Which::Domain));
    let [release, version, machine] = KERNEL.map(str::as_bytes);
    let all = [SYSTEM.as_bytes(), host.bytes(), release, version, machine, domain.bytes()];
    for (field, name) in bytes.chunks_exact_mut(FIELD).zip(all) {
        field[..name.len()].copy_from_slice(name);
    }
    give(held, a.0[0], &bytes)?;
    Ok(0)
}

/// Sets the name of the host or the domain.
pub(crate) fn set_name(
    current: &Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    which: Which,
) -> Result<u64> {
    if current.process().program(held).credentials.uids[1] != 0 {
        return Err(Errno::EPERM);
    }
    // An `int`: less than none is too much.
    let length = a.int(1) as usize;
    let mut bytes = [0; names::LONGEST];
    let bytes = bytes.get_mut(..length).ok_or(Errno::EINVAL)?;
    user::copy_in(held, slice(a.0[0], length as u64)?, bytes).map_err(|_| Errno::EFAULT)?;
    names::set(held, which, bytes)?;
    Ok(0)
}

/// As `struct statfs`: of what a filesystem says of itself, or of one in memory.
pub(crate) fn described(usage: Option<Usage>) -> [u8; 120] {
    let free = mm::available_frames();
    let usage = usage.unwrap_or(Usage {
        kind: general::TMPFS_MAGIC.into(),
        block_size: 4096,
        blocks: free,
        free_blocks: free,
        available_blocks: free,
        inodes: 0,
        free_inodes: 0,
    });
    Encoder::new()
        .u64(usage.kind)
        .u64(usage.block_size)
        .u64(usage.blocks)
        .u64(usage.free_blocks)
        .u64(usage.available_blocks)
        .u64(usage.inodes)
        .u64(usage.free_inodes)
        .skip(8)
        .u64(255)
        .u64(usage.block_size)
        .finish()
}

pub(crate) fn random(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let thread = &current.thread;
    let done = crypto::user::getrandom(held, a.slice(0, 1)?, a.int(2), &|| thread.is_interrupted());
    done.map(|count| count as u64)
}

pub(crate) fn information(held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let seconds = Instant::now().as_nanos() / 1_000_000_000;
    let free = mm::available_frames() * 4096;
    let processes = process::tree::count(held);
    let bytes = Encoder::<112>::new()
        .u64(seconds)
        .skip(24)
        .u64(free)
        .u64(free)
        .skip(32)
        .u16(u16::try_from(processes).unwrap_or(u16::MAX))
        .skip(6)
        .skip(16)
        .u32(1)
        .finish();
    give(held, a.0[0], &bytes)?;
    Ok(0)
}

pub(crate) fn reboot(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if current.process().program(held).credentials.uids[1] != 0 {
        return Err(Errno::EPERM);
    }
    if a.int(0) != general::LINUX_REBOOT_MAGIC1 {
        return Err(Errno::EINVAL);
    }
    match a.int(2) {
        general::LINUX_REBOOT_CMD_POWER_OFF
        | general::LINUX_REBOOT_CMD_HALT
        | general::LINUX_REBOOT_CMD_RESTART => record::exit(0),
        _ => Ok(0),
    }
}
