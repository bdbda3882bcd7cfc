//! Calls on processes and threads.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use abi::{Encoder, Errno, Result, general};
use base::mm::fallible::try_arc;
use base::sched::core::current as carrier;
use base::time::Instant;
use base::user::{UserAddress, fault_in, try_load_u32};
use futex::{Key, WaitError};
use lockorder::{Root, Task};
use process::exec;
use process::exit::{self, Which};
use process::fork::Request;
use process::life::FUTEXES;
use process::stack_image::LONGEST;
use process::{Current, Process, limits, tree};

use crate::arguments::{self, Arguments, From, give, give_if, slice, take, word};

/// The most strings of one execution.
const STRINGS: usize = 16_384;

pub(crate) fn fork(current: &Current, held: &mut Root<'_, Task>, flags: u64) -> Result<u64> {
    current.fork(held, &Request { flags, ..Request::default() })
}

pub(crate) fn clone(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let [flags, stack, parent_number, child_number, own_data, _] = a.0;
    current.fork(held, &Request { flags, stack, parent_number, child_number, own_data })
}

pub(crate) fn clone3(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.0[1] < 64 {
        return Err(Errno::EINVAL);
    }
    let bytes: [u8; 64] = take(held, a.0[0])?;
    let field = |place| word(&bytes, place);
    let stack = if field(5) == 0 { 0 } else { field(5).checked_add(field(6)).ok_or(Errno::EINVAL)? };
    let request = Request {
        flags: field(0),
        stack,
        parent_number: field(3),
        child_number: field(2),
        own_data: field(7),
    };
    current.fork(held, &request)
}

/// The strings that a list of pointers names.
fn strings(held: &mut Root<'_, Task>, at: u64) -> Result<Vec<Vec<u8>>> {
    let mut strings: Vec<Vec<u8>> = Vec::new();
    let (mut at, mut length) = (at, 0);
    if at == 0 {
        return Ok(strings);
    }
    loop {
        let bytes: [u8; 8] = take(held, at)?;
        let place = word(&bytes, 0);
        if place == 0 {
            return Ok(strings);
        }
        let string = arguments::string(held, place, LONGEST)
            .map_err(|error| if error == Errno::ENAMETOOLONG { Errno::E2BIG } else { error })?;
        length += string.len() + 1;
        if length > LONGEST || strings.len() >= STRINGS {
            return Err(Errno::E2BIG);
        }
        strings.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        strings.push(string);
        at = at.checked_add(8).ok_or(Errno::EFAULT)?;
    }
}

pub(crate) fn execute(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    at: u64,
    [path, arguments, environment]: [u64; 3],
    flags: u32,
) -> Result<u64> {
    if flags != 0 {
        return Err(Errno::EINVAL);
    }
    let mut path = arguments::path(held, path)?;
    let with =
        exec::Arguments { arguments: strings(held, arguments)?, environment: strings(held, environment)? };
    if path.first() != Some(&b'/') {
        // The walk begins in the process's own directory.
        let from = From::new(current, held, at, &path)?;
        let start = from.start(current);
        let mut absolute = start.path_of(held, from.itself())?;
        absolute.push(b'/');
        absolute.append(&mut path);
        path = absolute;
    }
    current.exec(held, &path, with)
}

/// Ends the thread.
pub(crate) fn exit_thread(current: &mut Current, a: &Arguments) -> Result<u64> {
    current.finish((a.int(0) & 0xff) << 8);
    Ok(0)
}

/// Ends the process.
pub(crate) fn exit(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.process().leave(held, (a.int(0) & 0xff) << 8);
    Ok(0)
}

/// Processor time, as `struct rusage` has it.
fn encode_usage(nanoseconds: u64) -> [u8; 144] {
    let time = Duration::from_nanos(nanoseconds);
    Encoder::new().u64(time.as_secs()).u64(u64::from(time.subsec_micros())).finish()
}

pub(crate) fn wait(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let which = match a.int(0).cast_signed() {
        -1 => Which::Any,
        0 => Which::Group(current.process().group()),
        id if id > 0 => Which::Process(id.unsigned_abs()),
        id => Which::Group(id.unsigned_abs()),
    };
    let Some(change) = exit::wait(current, held, which, a.int(2))? else { return Ok(0) };
    give_if(held, a.0[1], &change.status.to_le_bytes())?;
    give_if(held, a.0[3], &encode_usage(change.used))?;
    Ok(u64::from(change.id))
}

pub(crate) fn wait_by_kind(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let which = match a.int(0) {
        0 => Which::Any,
        1 => Which::Process(a.int(1)),
        2 if a.int(1) == 0 => Which::Group(current.process().group()),
        2 => Which::Group(a.int(1)),
        _ => return Err(Errno::EINVAL),
    };
    let found = exit::wait(current, held, which, a.int(3))?;
    let bytes = match found {
        None => [0; 128],
        Some(change) => {
            let status = change.status;
            let (code, value) = match status & 0x7f {
                0 => (1, status >> 8 & 0xff),
                0x7f if status == 0xffff => (6, 18),
                0x7f => (5, status >> 8 & 0xff),
                signal => (2, signal),
            };
            let [code, value] = [code, value].map(|number| i32::try_from(number).unwrap_or(0));
            Encoder::<128>::new().i32(17).i32(0).i32(code).skip(4).u32(change.id).u32(0).i32(value).finish()
        }
    };
    give_if(held, a.0[2], &bytes)?;
    Ok(0)
}

pub(crate) fn set_clear_address(current: &Current, a: &Arguments) -> Result<u64> {
    current.thread.clear_at_end.store(a.0[0], core::sync::atomic::Ordering::SeqCst);
    Ok(u64::from(current.thread.id()))
}

/// When a wait at a word ends by itself.
fn deadline(held: &mut Root<'_, Task>, at: u64, is_absolute: bool) -> Result<Option<Instant>> {
    if at == 0 {
        return Ok(None);
    }
    let time = crate::time::duration(&take(held, at)?, 1)?;
    Ok(Some(if is_absolute { Instant::BOOT + time } else { Instant::now() + time }))
}

pub(crate) fn futex(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let space = current.space.number();
    let key = |address| Key::Private { space, address };
    let word = UserAddress::new(a.0[0]);
    if !a.0[0].is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    let operation = a.int(1) & !(general::FUTEX_PRIVATE_FLAG | general::FUTEX_CLOCK_REALTIME);
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    match operation {
        general::FUTEX_WAIT | general::FUTEX_WAIT_BITSET => {
            let has_bits = operation == general::FUTEX_WAIT_BITSET;
            let bits = if has_bits { a.int(5) } else { u32::MAX };
            if bits == 0 {
                return Err(Errno::EINVAL);
            }
            let until = deadline(held, a.0[3], has_bits)?;
            let thread = Arc::clone(&current.thread);
            current.never_restarts = until.is_some();
            loop {
                let waited = FUTEXES.wait(
                    held,
                    key(a.0[0]),
                    bits,
                    until,
                    |_| match try_load_u32(word) {
                        Ok(value) if value == a.int(2) => Ok(()),
                        Ok(_) => Err(Errno::EAGAIN),
                        Err(_) => Err(Errno::EFAULT),
                    },
                    |_| thread.is_interrupted(),
                );
                return match waited {
                    Ok(()) => Ok(0),
                    Err(WaitError::TimedOut) => Err(Errno::ETIMEDOUT),
                    Err(WaitError::Interrupted) => Err(Errno::EINTR),
                    Err(WaitError::NoMemory) => Err(Errno::ENOMEM),
                    Err(WaitError::Refused(Errno::EFAULT)) => {
                        let range = slice(a.0[0], 4)?;
                        fault_in(held, range, base::user::Access::Read).map_err(|_| Errno::EFAULT)?;
                        continue;
                    }
                    Err(WaitError::Refused(error)) => Err(error),
                };
            }
        }
        general::FUTEX_WAKE => Ok(FUTEXES.wake(held, key(a.0[0]), u32::MAX, count(a.int(2))) as u64),
        general::FUTEX_WAKE_BITSET if a.int(5) != 0 => {
            Ok(FUTEXES.wake(held, key(a.0[0]), a.int(5), count(a.int(2))) as u64)
        }
        general::FUTEX_REQUEUE | general::FUTEX_CMP_REQUEUE => {
            let compares = operation == general::FUTEX_CMP_REQUEUE;
            let counts = [count(a.int(2)), count(a.int(3))];
            let moved =
                FUTEXES.requeue(held, [key(a.0[0]), key(a.0[4])], counts, |_| match try_load_u32(word) {
                    Ok(value) if !compares || value == a.int(5) => Ok(()),
                    Ok(_) => Err(Errno::EAGAIN),
                    Err(_) => Err(Errno::EFAULT),
                });
            match moved {
                Ok(moved) => Ok((moved.woken + moved.moved) as u64),
                Err(futex::RequeueError::Refused(error)) => Err(error),
                Err(futex::RequeueError::NoMemory) => Err(Errno::ENOMEM),
            }
        }
        _ => Err(Errno::ENOSYS),
    }
}

pub(crate) fn affinity(held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let online = base::cpu::all().fold(0_u64, |set, cpu| set | 1 << cpu.get());
    let set = carrier().allowed().bits() & online;
    if a.0[1] < 8 {
        return Err(Errno::EINVAL);
    }
    give(held, a.0[2], &set.to_le_bytes())?;
    Ok(8)
}

pub(crate) fn architecture(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let address = a.0[1];
    match a.int(0) {
        // ARCH_SET_GS, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS
        0x1001 => current.context.set_gs_base(address).map_err(|_| Errno::EPERM)?,
        0x1002 => current.context.set_fs_base(address).map_err(|_| Errno::EPERM)?,
        0x1003 => give(held, address, &current.context.fs_base().to_le_bytes())?,
        0x1004 => give(held, address, &current.context.gs_base().to_le_bytes())?,
        _ => return Err(Errno::EINVAL),
    }
    Ok(0)
}

pub(crate) fn control(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    match a.int(0) {
        // PR_SET_NAME, PR_GET_NAME
        15 => {
            let mut bytes: [u8; 16] = take(held, a.0[1])?;
            bytes[15] = 0;
            let length = bytes.iter().position(|&byte| byte == 0).unwrap_or(15);
            let name = Arc::from(&bytes[..length]);
            current.process().change(held, |own| own.name = name);
            Ok(0)
        }
        16 => {
            let name = current.process().program(held).name;
            let mut bytes = [0; 16];
            bytes[..name.len()].copy_from_slice(&name);
            give(held, a.0[1], &bytes)?;
            Ok(0)
        }
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn usage(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let process = current.process();
    let used = match a.int(0).cast_signed() {
        0 => process.used(held),
        // RUSAGE_CHILDREN, RUSAGE_THREAD
        -1 => process.used_by_children(),
        1 => carrier().runtime(),
        _ => return Err(Errno::EINVAL),
    };
    give(held, a.0[1], &encode_usage(used))?;
    Ok(0)
}

pub(crate) fn times(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let ticks = |nanoseconds: u64| nanoseconds / 10_000_000;
    let process = current.process();
    let (own, children) = (ticks(process.used(held)), ticks(process.used_by_children()));
    let bytes = Encoder::<32>::new().u64(own).u64(0).u64(children).finish();
    give_if(held, a.0[0], &bytes)?;
    Ok(ticks(Instant::now().as_nanos()))
}

/// The limits of a process: the caller for 0.
fn limited(current: &Current, held: &mut Root<'_, Task>, id: u32) -> Result<Arc<Process>> {
    if id == 0 || id == current.process().id() {
        Ok(Arc::clone(current.process()))
    } else {
        tree::find(held, id)
    }
}

/// The limit of a resource, as `struct rlimit` has it.
fn limit_of(held: &mut Root<'_, Task>, process: &Process, resource: u32) -> Result<[u8; 16]> {
    let limits = process.program(held).limits;
    let place = usize::try_from(resource).map_err(|_| Errno::EINVAL)?;
    let [now, most] = *limits.get(place).ok_or(Errno::EINVAL)?;
    Ok(Encoder::new().u64(now).u64(most).finish())
}

/// Sets the limit of a resource.
fn change_limit(
    current: &Current,
    held: &mut Root<'_, Task>,
    process: &Process,
    resource: u32,
    bytes: &[u8; 16],
) -> Result<()> {
    let is_superuser = current.process().program(held).credentials.uids[1] == 0;
    if process.id() != current.process().id() && !is_superuser {
        return Err(Errno::EPERM);
    }
    let place = usize::try_from(resource).map_err(|_| Errno::EINVAL)?;
    let wanted = [word(bytes, 0), word(bytes, 1)];
    let mut limits = *process.program(held).limits;
    let limit = limits.get_mut(place).ok_or(Errno::EINVAL)?;
    *limit = limits::changed(resource, *limit, wanted, is_superuser)?;
    let limits = try_arc(limits).map_err(|_| Errno::ENOMEM)?;
    let had = process.change(held, |own| core::mem::replace(&mut own.limits, limits));
    drop(had);
    if resource == general::RLIMIT_NOFILE {
        process.descriptors(held)?.set_most(usize::try_from(wanted[0]).unwrap_or(usize::MAX));
    }
    Ok(())
}

pub(crate) fn limits(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let process = limited(current, held, a.int(0))?;
    let had = limit_of(held, &process, a.int(1))?;
    if a.0[2] != 0 {
        let bytes = take(held, a.0[2])?;
        change_limit(current, held, &process, a.int(1), &bytes)?;
    }
    give_if(held, a.0[3], &had)?;
    Ok(0)
}

pub(crate) fn limit(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let bytes = limit_of(held, current.process(), a.int(0))?;
    give(held, a.0[1], &bytes)?;
    Ok(0)
}

pub(crate) fn set_limit(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let bytes = take(held, a.0[1])?;
    change_limit(current, held, current.process(), a.int(0), &bytes)?;
    Ok(0)
}
