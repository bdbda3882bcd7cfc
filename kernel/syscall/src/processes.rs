//! Calls on processes and threads.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use abi::{Encoder, Errno, Result, general, prctl as linux};
use base::mm::fallible::try_arc;
use base::sched::core::{current as carrier, runtime_of};
use base::time::Instant;
use base::user::{UserAddress, fault_in, try_load_u32};
use fs::{Kind, OpenFlags};
use futex::{Key, WaitError};
use lockorder::{Root, Task};
use process::exec;
use process::exit::{self, Which};
use process::fork::{CLEARS_HANDLERS, Request};
use process::inspection::may_inspect;
use process::life::FUTEXES;
use process::process::State;
use process::settings::{Setting, Settings};
use process::signal::{Fate, Info, Signal};
use process::stack_image::LONGEST;
use process::{Current, Process, limits, pidfd, tree};

use crate::arguments::{self, Arguments, From, give, give_if, slice, take, word};
use crate::time::Until;

/// The most strings of one execution.
const STRINGS: usize = 16_384;

pub(crate) fn fork(current: &Current, held: &mut Root<'_, Task>, flags: u64) -> Result<u64> {
    current.fork(held, &Request { flags, signal: Some(Signal::CHLD), ..Request::default() })
}

pub(crate) fn clone(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let [flags, stack, parent_number, child_number, own_data, _] = a.0;
    let signal = end_signal(flags & CSIGNAL)?;
    let flags = flags & !CSIGNAL;
    current.fork(
        held,
        &Request { flags, stack, parent_number, child_number, own_data, signal, descriptor: parent_number },
    )
}

pub(crate) fn open_process(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(1) & !general::O_NONBLOCK != 0 || a.int(0).cast_signed() <= 0 {
        return Err(Errno::EINVAL);
    }
    let process = tree::find(held, a.int(0))?;
    pidfd::open(held, current.process(), &process, a.int(1) != 0)
}

/// Gives the caller a file that a process has open: `pidfd_getfd`.
pub(crate) fn take_file(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(2) != 0 {
        return Err(Errno::EINVAL);
    }
    let process = {
        let file = arguments::file(current, held, a.0[0])?;
        Arc::clone(pidfd::process_of(file.file()).ok_or(Errno::EBADF)?)
    };
    let own = current.process().program(held).credentials;
    if !may_inspect(held, &own, &process) {
        return Err(Errno::EPERM);
    }
    if process.state() == State::Ended {
        return Err(Errno::ESRCH);
    }
    let file = process.descriptors(held)?.get(held, u64::from(a.int(1)))?;
    // Once more: meanwhile it may have executed a program with other rights, whose file this is.
    if !may_inspect(held, &own, &process) {
        file.close(held);
        return Err(Errno::EPERM);
    }
    current.process().descriptors(held)?.insert(held, file, 0, true)
}

/// Has the process share no more what it shares with others: `unshare`. Its threads share one table of files and one directory, so
/// only a process of one thread can.
pub(crate) fn unshare(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    const FILES: u32 = general::CLONE_FILES;
    const OTHERS: u32 = general::CLONE_FS
        | general::CLONE_SYSVSEM
        | general::CLONE_THREAD
        | general::CLONE_SIGHAND
        | general::CLONE_VM;
    let flags = u32::try_from(a.0[0]).map_err(|_| Errno::EINVAL)?;
    if flags & !(FILES | OTHERS) != 0 {
        return Err(Errno::EINVAL);
    }
    let process = current.process();
    if flags != 0 && process.is_threaded() {
        return Err(Errno::EINVAL);
    }
    if flags & FILES != 0 {
        process.own_descriptors(held)?;
    }
    Ok(0)
}

/// The bits of `clone`'s flags that are a signal.
const CSIGNAL: u64 = 0xff;
/// The flags that there are and that `clone3` takes: all but the signal's and `CLONE_DETACHED`.
const KNOWN: u64 = 0xffff_ffff & !CSIGNAL & !0x0040_0000 | CLEARS_HANDLERS;
/// Bytes of `struct clone_args`, as it was at first and as it is.
const ARGUMENTS: [u64; 2] = [64, 88];

/// The signal of a process's end that a caller asks for; none for 0.
fn end_signal(number: u64) -> Result<Option<Signal>> {
    if number == 0 { Ok(None) } else { Signal::new(number).map(Some) }
}

pub(crate) fn clone3(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let [least, most] = ARGUMENTS;
    if a.0[1] < least {
        return Err(Errno::EINVAL);
    }
    if a.0[1] > 4096 {
        return Err(Errno::E2BIG);
    }
    let mut bytes = [0; 4096];
    let length = usize::try_from(a.0[1]).map_err(|_| Errno::E2BIG)?;
    let given = bytes.get_mut(..length).ok_or(Errno::E2BIG)?;
    base::user::copy_in(held, slice(a.0[0], a.0[1])?, given).map_err(|_| Errno::EFAULT)?;
    // What a later system has there means something.
    if bytes.iter().skip(usize::try_from(most).unwrap_or(0)).any(|&byte| byte != 0) {
        return Err(Errno::E2BIG);
    }
    let field = |place| word(&bytes, place);
    let signal = end_signal(field(4))?;
    let has_stack = field(5) != 0;
    let is_thread = field(0) & u64::from(general::CLONE_THREAD | general::CLONE_PARENT) != 0;
    // Numbers that are chosen, and groups of control: there are none.
    let asks_for_more = field(8) != 0 || field(9) != 0;
    let is_wrong = field(0) & !KNOWN != 0 || has_stack != (field(6) != 0) || is_thread && signal.is_some();
    if is_wrong || asks_for_more {
        return Err(Errno::EINVAL);
    }
    let stack = if has_stack { field(5).checked_add(field(6)).ok_or(Errno::EINVAL)? } else { 0 };
    let request = Request {
        flags: field(0),
        stack,
        parent_number: field(3),
        child_number: field(2),
        own_data: field(7),
        signal,
        descriptor: field(1),
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
    if flags & !(general::AT_EMPTY_PATH | general::AT_SYMLINK_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL);
    }
    let mut path = arguments::path(held, path)?;
    let mut path_is_lost = false;
    if path.is_empty() {
        if flags & general::AT_EMPTY_PATH == 0 {
            return Err(Errno::ENOENT);
        }
        // The file of a descriptor may have no path, and is found by the descriptor.
        arguments::file(current, held, at)?;
        path = format!("/dev/fd/{}", at.cast_signed()).into_bytes();
        path_is_lost = current.process().descriptors(held)?.closes_on_exec(held, at)?;
    } else if flags & general::AT_SYMLINK_NOFOLLOW != 0 {
        let from = From::new(current, held, at, &path)?;
        if from.start(current).find(held, &path, false)?.kind() == Kind::Symlink {
            return Err(Errno::ELOOP);
        }
    }
    let mut with = exec::Arguments {
        arguments: strings(held, arguments)?,
        environment: strings(held, environment)?,
        path_is_lost,
    };
    if path.first() != Some(&b'/') {
        // The walk begins in the process's own directory.
        let from = From::new(current, held, at, &path)?;
        if arguments::low(at) != arguments::low(arguments::AT_FDCWD) {
            with.path_is_lost = current.process().descriptors(held)?.closes_on_exec(held, at)?;
        }
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

/// Processor time and the most pages in memory, as `struct rusage` has them.
fn encode_usage(nanoseconds: u64, peak: u64) -> [u8; 144] {
    let time = Duration::from_nanos(nanoseconds);
    Encoder::new().u64(time.as_secs()).u64(u64::from(time.subsec_micros())).skip(16).u64(peak * 4).finish()
}

/// Options that both calls know.
const WAITS: u32 =
    general::WNOHANG | general::WCONTINUED | general::__WNOTHREAD | general::__WCLONE | general::__WALL;

pub(crate) fn wait(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(2) & !(WAITS | general::WUNTRACED) != 0 {
        return Err(Errno::EINVAL);
    }
    let which = match a.int(0).cast_signed() {
        -1 => Which::Any,
        0 => Which::Group(current.process().group()),
        id if id > 0 => Which::Process(id.unsigned_abs()),
        // Its group would have no number.
        i32::MIN => return Err(Errno::ESRCH),
        id => Which::Group(id.unsigned_abs()),
    };
    let Some(change) = exit::wait(current, held, which, a.int(2) | general::WEXITED)? else { return Ok(0) };
    give_if(held, a.0[1], &change.status.to_le_bytes())?;
    give_if(held, a.0[3], &encode_usage(change.used, change.peak))?;
    Ok(u64::from(change.id))
}

pub(crate) fn wait_by_kind(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let changes = general::WEXITED | general::WSTOPPED | general::WCONTINUED;
    let mut options = a.int(3);
    if options & !(WAITS | changes | general::WNOWAIT) != 0 || options & changes == 0 {
        return Err(Errno::EINVAL);
    }
    let id = a.int(1);
    let is_positive = id.cast_signed() > 0;
    // By a descriptor that does not wait, what has not happened is an error.
    let mut is_asked_only = false;
    let which = match a.int(0) {
        general::P_ALL => Which::Any,
        general::P_PID if is_positive => Which::Process(id),
        general::P_PGID if id == 0 => Which::Group(current.process().group()),
        general::P_PGID if is_positive => Which::Group(id),
        general::P_PIDFD => {
            let file = arguments::file(current, held, a.0[1])?;
            is_asked_only = options & general::WNOHANG == 0 && file.flags().contains(OpenFlags::NONBLOCKING);
            Which::Process(pidfd::process_of(file.file()).ok_or(Errno::EBADF)?.id())
        }
        _ => return Err(Errno::EINVAL),
    };
    options |= if is_asked_only { general::WNOHANG } else { 0 };
    let found = exit::wait(current, held, which, options)?;
    let (bytes, used, peak) = match found {
        None if is_asked_only => return Err(Errno::EAGAIN),
        None => ([0; 128], 0, 0),
        Some(change) => {
            let info = Info::child(Signal::CHLD, change.id, change.user, Fate::of(change.status));
            (info.encode(), change.used, change.peak)
        }
    };
    give_if(held, a.0[2], &bytes)?;
    give_if(held, a.0[4], &encode_usage(used, peak))?;
    Ok(0)
}

pub(crate) fn set_clear_address(current: &Current, a: &Arguments) -> Result<u64> {
    current.thread.clear_at_end.store(a.0[0], core::sync::atomic::Ordering::SeqCst);
    Ok(u64::from(current.thread.id()))
}

/// When a wait at a word ends by itself.
fn deadline(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    at: u64,
    until: Until,
) -> Result<Option<Instant>> {
    if at == 0 {
        return Ok(None);
    }
    let time = crate::time::duration(&take(held, at)?, 1)?;
    Ok(Some(until.deadline(current, time)))
}

/// What a word is known by: where it lies in memory that others share, or its address.
fn key_of(current: &Current, held: &mut Root<'_, Task>, address: u64, is_private: bool) -> Key {
    let shared = if is_private { None } else { current.space.shared_place(held, address).ok().flatten() };
    match shared {
        Some((object, offset)) => Key::Shared { object, offset },
        None => Key::Private { space: current.space.number(), address },
    }
}

pub(crate) fn futex(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let word = UserAddress::new(a.0[0]);
    if !a.0[0].is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    let is_private = a.int(1) & general::FUTEX_PRIVATE_FLAG != 0;
    let own = key_of(current, held, a.0[0], is_private);
    let operation = a.int(1) & !(general::FUTEX_PRIVATE_FLAG | general::FUTEX_CLOCK_REALTIME);
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    match operation {
        general::FUTEX_WAIT | general::FUTEX_WAIT_BITSET => {
            let has_bits = operation == general::FUTEX_WAIT_BITSET;
            let bits = if has_bits { a.int(5) } else { u32::MAX };
            if bits == 0 {
                return Err(Errno::EINVAL);
            }
            let by_day = a.int(1) & general::FUTEX_CLOCK_REALTIME != 0;
            let kind = match (has_bits, by_day) {
                (false, _) => Until::After,
                (true, false) => Until::Instant,
                (true, true) => Until::Day,
            };
            let until = deadline(current, held, a.0[3], kind)?;
            let thread = Arc::clone(&current.thread);
            current.never_restarts = until.is_some();
            loop {
                let waited = FUTEXES.wait(
                    held,
                    own,
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
        general::FUTEX_WAKE => Ok(FUTEXES.wake(held, own, u32::MAX, count(a.int(2))) as u64),
        general::FUTEX_WAKE_BITSET if a.int(5) != 0 => {
            Ok(FUTEXES.wake(held, own, a.int(5), count(a.int(2))) as u64)
        }
        general::FUTEX_REQUEUE | general::FUTEX_CMP_REQUEUE => {
            let compares = operation == general::FUTEX_CMP_REQUEUE;
            let other = key_of(current, held, a.0[4], is_private);
            let counts = [count(a.int(2)), count(a.int(3))];
            let moved = FUTEXES.requeue(held, [own, other], counts, |_| match try_load_u32(word) {
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

/// Sets something that is on or off.
fn switch(setting: &Setting, value: u64) -> Result<u64> {
    let value = u32::try_from(value).ok().filter(|&value| value <= 1).ok_or(Errno::EINVAL)?;
    setting.set(value);
    Ok(0)
}

pub(crate) fn control(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let settings = &current.process().settings;
    let get = |setting: &Setting| Ok(u64::from(setting.get()));
    match a.int(0) {
        linux::PR_SET_NAME => {
            let name = arguments::string(held, a.0[1], 16).or_else(|error| match error {
                Errno::ENAMETOOLONG => Ok(take::<15>(held, a.0[1])?.to_vec()),
                error => Err(error),
            })?;
            let name = Arc::from(&name[..name.len().min(15)]);
            current.process().change(held, |own| own.name = name);
            Ok(0)
        }
        linux::PR_GET_NAME => {
            let name = current.process().program(held).name;
            let mut bytes = [0; 16];
            bytes[..name.len()].copy_from_slice(&name);
            give(held, a.0[1], &bytes)?;
            Ok(0)
        }
        linux::PR_SET_PDEATHSIG => {
            let signal = end_signal(a.0[1])?;
            settings.parent_death.set(signal.map_or(0, Signal::number));
            Ok(0)
        }
        linux::PR_GET_PDEATHSIG => give(held, a.0[1], &settings.parent_death.get().to_le_bytes()).map(|()| 0),
        linux::PR_SET_CHILD_SUBREAPER => {
            settings.adopts.set(u32::from(a.0[1] != 0));
            Ok(0)
        }
        linux::PR_GET_CHILD_SUBREAPER => give(held, a.0[1], &settings.adopts.get().to_le_bytes()).map(|()| 0),
        linux::PR_GET_DUMPABLE => get(&settings.dumpable),
        linux::PR_SET_DUMPABLE => switch(&settings.dumpable, a.0[1]),
        linux::PR_GET_KEEPCAPS => get(&settings.keeps_capabilities),
        linux::PR_SET_KEEPCAPS => switch(&settings.keeps_capabilities, a.0[1]),
        linux::PR_GET_NO_NEW_PRIVS => get(&settings.no_new_rights),
        // It is never unset.
        linux::PR_SET_NO_NEW_PRIVS if a.0[1] == 1 => switch(&settings.no_new_rights, 1),
        linux::PR_GET_TIMERSLACK => get(&settings.slack),
        linux::PR_SET_TIMERSLACK => {
            let usual = Settings::new().slack.get();
            let wanted = u32::try_from(a.0[1]).unwrap_or(u32::MAX);
            settings.slack.set(if wanted == 0 { usual } else { wanted });
            Ok(0)
        }
        _ => Err(Errno::EINVAL),
    }
}

/// Asked not to change anything, `personality` tells what it is.
pub(crate) fn personality(current: &Current, a: &Arguments) -> Result<u64> {
    let setting = &current.process().settings.personality;
    let had = if a.int(0) == u32::MAX { setting.get() } else { setting.set(a.int(0)) };
    Ok(u64::from(had))
}

pub(crate) fn usage(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let process = current.process();
    let [own, of_children] = process.peaks(held);
    let (used, peak) = match a.int(0).cast_signed() {
        0 => (process.used(held), own),
        // RUSAGE_CHILDREN, RUSAGE_THREAD
        -1 => (process.used_by_children(), of_children),
        1 => (runtime_of(&carrier()), own),
        _ => return Err(Errno::EINVAL),
    };
    give(held, a.0[1], &encode_usage(used, peak))?;
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

/// Whether the caller may look at the limits of a process: it is root, or all of that one's users and groups are its own.
fn may_limit(current: &Current, held: &mut Root<'_, Task>, process: &Process) -> Result<()> {
    let own = current.process().program(held).credentials;
    let other = process.program(held).credentials;
    let is_same = other.uids == [own.uids[0]; 3] && other.gids == [own.gids[0]; 3];
    let may = process.id() == current.process().id() || own.uids[1] == 0 || is_same;
    if may { Ok(()) } else { Err(Errno::EPERM) }
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
    if resource == general::RLIMIT_FSIZE {
        process.set_file_most(wanted[0]);
    }
    if resource == general::RLIMIT_CPU {
        process.set_cpu_most(wanted[1]);
        process.limit_cpu(held, wanted[0])?;
    }
    if let Some(space) = process.space(held) {
        space.set_limits(&limits::of_memory(&process.program(held).limits));
    }
    Ok(())
}

pub(crate) fn limits(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let process = limited(current, held, a.int(0))?;
    may_limit(current, held, &process)?;
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
