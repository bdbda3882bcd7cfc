//! Calls on signals.

use alloc::sync::Arc;

use abi::{Encoder, Errno, Result, general};
use base::sched::waiting;
use base::time::Instant;
use lockorder::{Root, Task};
use process::process::State;
use process::signal::frame::AlternateStack;
use process::signal::info::{THREAD, USER};
use process::signal::{Action, Info, Signal, UNSTOPPABLE};
use process::{Current, Process, pidfd, procfs, tree};

use crate::arguments::{Arguments, give, give_if, low, take, word};

/// The least size of a stack for handlers.
const LEAST_STACK: u64 = 2048;

/// A signal of a caller's; none for 0, by which it asks whether there is somebody.
fn signal(number: u64) -> Result<Option<Signal>> {
    if number == 0 { Ok(None) } else { Signal::new(number).map(Some) }
}

/// What a signal of the caller's comes with.
fn from(current: &Current, held: &mut Root<'_, Task>, signal: Signal, code: i32) -> Info {
    let user = current.process().change(held, |own| own.credentials.uids[0]);
    Info::sent(signal, code, current.process().id(), user)
}

/// Whether the caller may send a signal to a process. `SIGCONT` goes to whoever is of the caller's session.
fn may(
    current: &Current,
    held: &mut Root<'_, Task>,
    process: &Process,
    signal: Option<Signal>,
) -> Result<()> {
    if signal == Some(Signal::CONT) && process.session() == current.process().session() {
        return Ok(());
    }
    let own = current.process().program(held).credentials.uids;
    let other = process.program(held).credentials.uids;
    let may = own[1] == 0 || [own[0], own[1]].iter().any(|id| *id == other[0] || *id == other[2]);
    if may { Ok(()) } else { Err(Errno::EPERM) }
}

pub(crate) fn kill(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let signal = signal(a.0[1])?;
    let target = a.int(0).cast_signed();
    match target {
        1.. => {
            let process = tree::find(held, target.unsigned_abs())?;
            may(current, held, &process, signal)?;
            if let Some(signal) = signal
                && process.state() != State::Ended
            {
                let info = from(current, held, signal, USER);
                process.send(held, info, None)?;
            }
            Ok(0)
        }
        -1 => {
            let own = current.process().id();
            let is_other = |other: &Process| other.id() > tree::FIRST && other.id() != own;
            let mut any = false;
            tree::each(held, is_other, |held, process| {
                if may(current, held, process, signal).is_ok() {
                    any = true;
                    if let Some(signal) = signal {
                        let info = from(current, held, signal, USER);
                        // It waits by its bit where there is no room.
                        let _ = process.send(held, info, None);
                    }
                }
            });
            if any { Ok(0) } else { Err(Errno::ESRCH) }
        }
        _ => {
            let group = if target == 0 { current.process().group() } else { target.unsigned_abs() };
            let mut refused = Err(Errno::ESRCH);
            let is_member = |process: &Process| process.group() == group;
            tree::each(held, is_member, |held, process| {
                if let Err(error) = may(current, held, process, signal) {
                    refused = refused.or(Err(error));
                    return;
                }
                refused = Ok(0);
                if let Some(signal) = signal
                    && process.state() != State::Ended
                {
                    let info = from(current, held, signal, USER);
                    // It waits by its bit where there is no room.
                    let _ = process.send(held, info, None);
                }
            });
            refused
        }
    }
}

pub(crate) fn send_by_descriptor(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(3) != 0 {
        return Err(Errno::EINVAL);
    }
    let file = crate::arguments::usable(current, held, a.0[0])?;
    // The descriptor of a process, or of its directory in `/proc`.
    let of_directory = || procfs::process_of(file.file().inode()?.as_ref());
    let process = pidfd::process_of(file.file()).or_else(of_directory).ok_or(Errno::EBADF)?;
    let wanted = signal(a.0[1])?;
    if !pidfd::is_known(held, process) {
        return Err(Errno::ESRCH);
    }
    may(current, held, process, wanted)?;
    let Some(wanted) = wanted else { return Ok(0) };
    let info = if a.0[2] == 0 {
        from(current, held, wanted, USER)
    } else {
        Info::decode(wanted, &described(current, held, process.id(), [a.0[1], a.0[2]])?.1)
    };
    if process.state() != State::Ended {
        process.send(held, info, None)?;
    }
    Ok(0)
}

/// The process that a thread is of.
pub(crate) fn owner(held: &mut Root<'_, Task>, thread: u32) -> Result<Arc<Process>> {
    let mut last = 0;
    loop {
        let process = tree::next(held, last, |_| true).ok_or(Errno::ESRCH)?;
        if process.has_thread(held, thread) {
            return Ok(process);
        }
        last = process.id();
    }
}

/// The process of a thread, which is the one with a number where that is given.
fn process_of(held: &mut Root<'_, Task>, process: Option<u32>, thread: u32) -> Result<Arc<Process>> {
    let positive = |number: u32| number.cast_signed() > 0;
    if !positive(thread) || process.is_some_and(|id| !positive(id)) {
        return Err(Errno::EINVAL);
    }
    match process {
        None => owner(held, thread),
        Some(id) => {
            let process = tree::find(held, id)?;
            if process.has_thread(held, thread) { Ok(process) } else { Err(Errno::ESRCH) }
        }
    }
}

pub(crate) fn kill_thread(
    current: &Current,
    held: &mut Root<'_, Task>,
    [process, thread]: [Option<u32>; 2],
    number: u64,
) -> Result<u64> {
    let signal = signal(number)?;
    let thread = thread.ok_or(Errno::EINVAL)?;
    let process = process_of(held, process, thread)?;
    may(current, held, &process, signal)?;
    if let Some(signal) = signal {
        let info = from(current, held, signal, THREAD);
        process.send(held, info, Some(thread))?;
    }
    Ok(0)
}

/// A signal with what a caller has it come with. Nobody pretends to others to be the kernel, or `tkill`.
fn described(
    current: &Current,
    held: &mut Root<'_, Task>,
    target: u32,
    [number, at]: [u64; 2],
) -> Result<(Option<Signal>, [u8; 128])> {
    let bytes: [u8; 128] = take(held, at)?;
    let signal = signal(number)?;
    let code = Info::decode(signal.unwrap_or(Signal::HUP), &bytes).code();
    if (code >= 0 || code == THREAD) && target != current.process().id() {
        return Err(Errno::EPERM);
    }
    Ok((signal, bytes))
}

pub(crate) fn queue(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let (signal, bytes) = described(current, held, a.int(0), [a.0[1], a.0[2]])?;
    let process = tree::find(held, a.int(0))?;
    may(current, held, &process, signal)?;
    if let Some(signal) = signal
        && process.state() != State::Ended
    {
        process.send(held, Info::decode(signal, &bytes), None)?;
    }
    Ok(0)
}

pub(crate) fn queue_to_thread(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let (signal, bytes) = described(current, held, a.int(0), [a.0[2], a.0[3]])?;
    let process = process_of(held, Some(a.int(0)), a.int(1))?;
    may(current, held, &process, signal)?;
    if let Some(signal) = signal {
        process.send(held, Info::decode(signal, &bytes), Some(a.int(1)))?;
    }
    Ok(0)
}

pub(crate) fn take_one(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.0[3] != 8 {
        return Err(Errno::EINVAL);
    }
    let bytes: [u8; 8] = take(held, a.0[0])?;
    let deadline = if a.0[2] == 0 {
        None
    } else {
        Some(Instant::now() + crate::time::duration(&take(held, a.0[2])?, 1)?)
    };
    current.never_restarts = true;
    let set = word(&bytes, 0) & !UNSTOPPABLE;
    let info = current.process().wait_for_signal(held, &current.thread, set, deadline)?;
    give_if(held, a.0[1], &info.encode())?;
    Ok(u64::from(info.signal.number()))
}

pub(crate) fn set_action(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let signal = Signal::new(a.0[0])?;
    if a.0[3] != 8 {
        return Err(Errno::EINVAL);
    }
    let process = current.process();
    let had = if a.0[1] == 0 {
        process.action(held, signal)
    } else {
        let action = Action::decode(&take(held, a.0[1])?);
        process.set_action(held, signal, action)?
    };
    give_if(held, a.0[2], &had.encode())?;
    Ok(0)
}

pub(crate) fn set_mask(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.0[3] != 8 {
        return Err(Errno::EINVAL);
    }
    let had = current.thread.blocked();
    if a.0[1] != 0 {
        let bytes: [u8; 8] = take(held, a.0[1])?;
        let set = word(&bytes, 0);
        let mask = match a.int(0) {
            general::SIG_BLOCK => had | set,
            general::SIG_UNBLOCK => had & !set,
            general::SIG_SETMASK => set,
            _ => return Err(Errno::EINVAL),
        };
        current.thread.set_blocked(mask & !UNSTOPPABLE);
    }
    give_if(held, a.0[2], &had.to_le_bytes())?;
    Ok(0)
}

pub(crate) fn pending(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.0[1] > 8 {
        return Err(Errno::EINVAL);
    }
    let pending = current.thread.pending() & current.thread.blocked();
    give(held, a.0[0], &pending.to_le_bytes())?;
    Ok(0)
}

/// Waits for a signal, as long as it takes.
fn wait_for_signal(current: &Current, held: &mut Root<'_, Task>) -> Result<u64> {
    let thread = &current.thread;
    // There is no deadline, and no source needs no memory: whoever posts a signal wakes the thread.
    let _ = waiting::wait(held, &[], None, |_| thread.is_interrupted().then_some(()));
    Err(Errno::EINTR)
}

pub(crate) fn suspend(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.0[1] != 8 {
        return Err(Errno::EINVAL);
    }
    let bytes: [u8; 8] = take(held, a.0[0])?;
    current.never_restarts = true;
    current.saved_mask = Some(current.thread.blocked());
    current.thread.set_blocked(word(&bytes, 0) & !UNSTOPPABLE);
    wait_for_signal(current, held)
}

pub(crate) fn pause(current: &mut Current, held: &mut Root<'_, Task>) -> Result<u64> {
    current.never_restarts = true;
    wait_for_signal(current, held)
}

pub(crate) fn alternate_stack(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
) -> Result<u64> {
    let had = current.stack;
    let is_on_it = !had.is_given_up() && had.contains(current.context.registers.rsp);
    if a.0[0] != 0 {
        let bytes: [u8; 24] = take(held, a.0[0])?;
        if is_on_it {
            return Err(Errno::EPERM);
        }
        let flags = low(word(&bytes, 1));
        let stack = AlternateStack { start: word(&bytes, 0), flags, size: word(&bytes, 2) };
        current.stack = match flags & !general::SS_AUTODISARM {
            general::SS_DISABLE => AlternateStack::NONE,
            0 | general::SS_ONSTACK if stack.size < LEAST_STACK => return Err(Errno::ENOMEM),
            0 | general::SS_ONSTACK => AlternateStack { flags: flags & general::SS_AUTODISARM, ..stack },
            _ => return Err(Errno::EINVAL),
        };
    }
    let flags = if is_on_it { general::SS_ONSTACK } else { had.flags };
    let bytes = Encoder::<24>::new().u64(had.start).u32(flags).skip(4).u64(had.size).finish();
    give_if(held, a.0[1], &bytes)?;
    Ok(0)
}
