//! Calls on signals.

use abi::{Encoder, Errno, Result, general};
use base::sched::waiting;
use lockorder::{Root, Task};
use process::process::State;
use process::signal::frame::AlternateStack;
use process::signal::{Action, Signal, UNSTOPPABLE};
use process::{Current, Process, tree};

use crate::arguments::{Arguments, give, give_if, low, take, word};

/// The least size of a stack for handlers.
const LEAST_STACK: u64 = 2048;

/// A signal of a caller's; none for 0, by which it asks whether there is somebody.
fn signal(number: u64) -> Result<Option<Signal>> {
    if number == 0 { Ok(None) } else { Signal::new(number).map(Some) }
}

/// Whether the caller may send signals to a process.
fn may(current: &Current, held: &mut Root<'_, Task>, process: &Process) -> Result<()> {
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
            may(current, held, &process)?;
            if let Some(signal) = signal
                && process.state() != State::Ended
            {
                process.post(held, signal, None);
            }
            Ok(0)
        }
        -1 => {
            let own = current.process().id();
            let is_other = |other: &Process| other.id() > tree::FIRST && other.id() != own;
            let mut any = false;
            tree::each(held, is_other, |held, process| {
                if may(current, held, process).is_ok() {
                    any = true;
                    if let Some(signal) = signal {
                        process.post(held, signal, None);
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
                if let Err(error) = may(current, held, process) {
                    refused = refused.or(Err(error));
                    return;
                }
                refused = Ok(0);
                if let Some(signal) = signal
                    && process.state() != State::Ended
                {
                    process.post(held, signal, None);
                }
            });
            refused
        }
    }
}

pub(crate) fn kill_thread(
    current: &Current,
    held: &mut Root<'_, Task>,
    thread: u32,
    number: u64,
) -> Result<u64> {
    let signal = signal(number)?;
    let mut last = 0;
    let process = loop {
        let process = tree::next(held, last, |_| true).ok_or(Errno::ESRCH)?;
        if process.has_thread(held, thread) {
            break process;
        }
        last = process.id();
    };
    may(current, held, &process)?;
    if let Some(signal) = signal {
        process.post(held, signal, Some(thread));
    }
    Ok(0)
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
    let is_on_it = had.contains(current.context.registers.rsp);
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
            0 | general::SS_ONSTACK => AlternateStack { flags: 0, ..stack },
            _ => return Err(Errno::EINVAL),
        };
    }
    let flags = if is_on_it { general::SS_ONSTACK } else { had.flags };
    let bytes = Encoder::<24>::new().u64(had.start).u32(flags).skip(4).u64(had.size).finish();
    give_if(held, a.0[1], &bytes)?;
    Ok(0)
}
