//! Calls on who runs when and where, and on the words that a thread owns.
//!
//! There is one way to schedule: processors are shared by weight. So of the policies those are taken that share, and niceness is a
//! weight; the ones of real time are refused as to a process that may not have them.

use alloc::sync::Arc;

use abi::{Encoder, Errno, Result, general};
use base::sched::thread::CpuSet;
use lockorder::{Root, Task};
use process::process::Credentials;
use process::{Current, Process, robust, tree};

use crate::arguments::{Arguments, give, give_if, take};
use crate::signals::owner;

/// The largest sum of niceness and 20.
const NICEST: u32 = 39;
/// How long a thread runs before another one gets its turn, in nanoseconds.
const SLICE: u64 = 10_000_000;
/// Bytes of `struct sched_attr`, as it was at first.
const ATTRIBUTES: u64 = 48;

/// The process of a thread, and the thread's number; the caller for 0.
fn target(current: &Current, held: &mut Root<'_, Task>, id: u32) -> Result<(Arc<Process>, u32)> {
    if id.cast_signed() < 0 {
        return Err(Errno::EINVAL);
    }
    if id == 0 || id == current.thread.id() {
        return Ok((Arc::clone(current.process()), current.thread.id()));
    }
    // The usual case first: a process's number is that of its first thread.
    let process = tree::find(held, id).or_else(|_| owner(held, id))?;
    Ok((process, id))
}

/// Who the caller is, and whether it may change how another process is scheduled.
fn may(current: &Current, held: &mut Root<'_, Task>, process: &Process) -> Result<Credentials> {
    let own = current.process().program(held).credentials;
    let other = process.program(held).credentials.uids;
    let may = own.uids[1] == 0 || own.uids[1] == other[0] || own.uids[1] == other[1];
    if may { Ok(own) } else { Err(Errno::EPERM) }
}

/// The CPUs that are there.
fn online() -> u64 {
    base::cpu::all().fold(0, |set, cpu| set | 1 << cpu.get())
}

pub(crate) fn affinity(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.0[1] < 8 || !a.0[1].is_multiple_of(8) {
        return Err(Errno::EINVAL);
    }
    let (process, thread) = target(current, held, a.int(0))?;
    let set = process.allowed(held, thread).ok_or(Errno::ESRCH)?.bits() & online();
    give(held, a.0[2], &set.to_le_bytes())?;
    Ok(8)
}

pub(crate) fn set_affinity(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let mut bytes = [0; 8];
    let length = usize::try_from(a.0[1]).unwrap_or(usize::MAX).min(8);
    let bytes = bytes.get_mut(..length).ok_or(Errno::EINVAL)?;
    let range = crate::arguments::slice(a.0[2], length as u64)?;
    base::user::copy_in(held, range, bytes).map_err(|_| Errno::EFAULT)?;
    let set = bytes.iter().rev().fold(0_u64, |set, &byte| set << 8 | u64::from(byte));
    let (process, thread) = target(current, held, a.int(0))?;
    may(current, held, &process)?;
    let allowed = CpuSet::of(set & online()).ok_or(Errno::EINVAL)?;
    if !process.set_allowed(held, thread, allowed) {
        return Err(Errno::ESRCH);
    }
    // Who may not run here goes on elsewhere.
    base::sched::yield_now(held);
    Ok(0)
}

pub(crate) fn policy(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let (process, _) = target(current, held, a.int(0))?;
    Ok(u64::from(process.settings.policy.get()))
}

/// The policies that share, and those of real time.
const fn is_shared(policy: u32) -> Result<bool> {
    match policy {
        general::SCHED_NORMAL | general::SCHED_BATCH | general::SCHED_IDLE => Ok(true),
        general::SCHED_FIFO | general::SCHED_RR => Ok(false),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn set_policy(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let parameter = u32::from_le_bytes(take(held, a.0[2])?);
    // SCHED_RESET_ON_FORK: a child begins with the usual policy, which has the same effect.
    let policy = a.int(1) & !general::SCHED_RESET_ON_FORK;
    let is_shared = is_shared(policy)?;
    let fits = if is_shared { parameter == 0 } else { (1..=99).contains(&parameter) };
    if !fits {
        return Err(Errno::EINVAL);
    }
    let (process, _) = target(current, held, a.int(0))?;
    may(current, held, &process)?;
    if !is_shared {
        return Err(Errno::EPERM);
    }
    process.settings.policy.set(policy);
    Ok(0)
}

pub(crate) fn parameter(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.0[1] == 0 {
        return Err(Errno::EINVAL);
    }
    target(current, held, a.int(0))?;
    give(held, a.0[1], &[0; 4])?;
    Ok(0)
}

pub(crate) fn set_parameter(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.0[1] == 0 {
        return Err(Errno::EINVAL);
    }
    let parameter = u32::from_le_bytes(take(held, a.0[1])?);
    let (process, _) = target(current, held, a.int(0))?;
    may(current, held, &process)?;
    if parameter == 0 { Ok(0) } else { Err(Errno::EINVAL) }
}

pub(crate) fn attributes(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.0[2] < ATTRIBUTES || a.0[2] > 4096 || a.int(3) != 0 {
        return Err(Errno::EINVAL);
    }
    let (process, _) = target(current, held, a.int(0))?;
    let niceness = process.settings.niceness.get().cast_signed() - 20;
    let policy = process.settings.policy.get();
    let size = u32::try_from(ATTRIBUTES).unwrap_or(0);
    let bytes = Encoder::<48>::new().u32(size).u32(policy).u64(0).i32(niceness).finish();
    give(held, a.0[1], &bytes)?;
    Ok(0)
}

/// The least and the largest priority of a policy.
pub(crate) fn priorities(a: &Arguments) -> Result<(u64, u64)> {
    Ok(if is_shared(a.int(0))? { (0, 0) } else { (1, 99) })
}

pub(crate) fn slice_length(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    target(current, held, a.int(0))?;
    give(held, a.0[1], &Encoder::<16>::new().u64(0).u64(SLICE).finish())?;
    Ok(0)
}

/// Does something with each process that a call on niceness means: one, those of a group, those of a user.
fn each(
    current: &Current,
    held: &mut Root<'_, Task>,
    [which, who]: [u32; 2],
    mut act: impl FnMut(&mut Root<'_, Task>, &Arc<Process>),
) -> Result<()> {
    let own = current.process();
    let any = match which {
        general::PRIO_PROCESS => {
            let (process, _) = target(current, held, who)?;
            act(held, &process);
            true
        }
        general::PRIO_PGRP => {
            let group = if who == 0 { own.group() } else { who };
            tree::each(held, |process| process.group() == group, act)
        }
        general::PRIO_USER => {
            let uid = if who == 0 { own.program(held).credentials.uids[0] } else { who };
            let mut any = false;
            tree::each(
                held,
                |_| true,
                |held, process| {
                    if process.program(held).credentials.uids[0] == uid {
                        any = true;
                        act(held, process);
                    }
                },
            );
            any
        }
        _ => return Err(Errno::EINVAL),
    };
    if any { Ok(()) } else { Err(Errno::ESRCH) }
}

pub(crate) fn niceness(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let mut least = NICEST;
    each(current, held, [a.int(0), a.int(1)], |_, process| {
        least = least.min(process.settings.niceness.get());
    })?;
    Ok(u64::from(NICEST + 1 - least))
}

pub(crate) fn set_niceness(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let wanted = a.int(2).cast_signed().clamp(-20, 19);
    let wanted = (wanted + 20).unsigned_abs();
    let mut result = Ok(0);
    each(current, held, [a.int(0), a.int(1)], |held, process| {
        let own = match may(current, held, process) {
            Ok(own) => own,
            Err(error) => {
                result = Err(error);
                return;
            }
        };
        // The limit says how far down an ordinary user goes: 40 less niceness.
        let least = 40 - process.limit(held, general::RLIMIT_NICE).min(40);
        let is_less = wanted < process.settings.niceness.get();
        if own.uids[1] != 0 && is_less && u64::from(wanted) < least {
            result = Err(Errno::EACCES);
            return;
        }
        process.set_niceness(held, wanted);
    })?;
    result
}

pub(crate) fn processor(held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let processor = base::sched::core::current().cpu().get();
    let processor = u32::try_from(processor).unwrap_or(0);
    give_if(held, a.0[0], &processor.to_le_bytes())?;
    give_if(held, a.0[1], &[0; 4])?;
    Ok(0)
}

pub(crate) fn set_robust_list(current: &Current, a: &Arguments) -> Result<u64> {
    if a.0[1] != robust::HEAD {
        return Err(Errno::EINVAL);
    }
    current.thread.set_robust_list(a.0[0]);
    Ok(0)
}

pub(crate) fn robust_list(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let (process, thread) = target(current, held, a.int(0))?;
    may(current, held, &process)?;
    let place = process.robust_list(held, thread).ok_or(Errno::ESRCH)?;
    give(held, a.0[2], &robust::HEAD.to_le_bytes())?;
    give(held, a.0[1], &place.to_le_bytes())?;
    Ok(0)
}

/// `membarrier`: has other processors pass a barrier. Those that run threads of this process need it, or all; here it is always all,
/// by an interrupt, whose return serialises instructions as well. For the quicker ways a process registers first.
pub(crate) fn barrier(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    use general::membarrier_cmd as command;

    const ASK: u32 = command::MEMBARRIER_CMD_QUERY as u32;
    const GLOBAL: u32 = command::MEMBARRIER_CMD_GLOBAL as u32;
    const GLOBAL_QUICKLY: u32 = command::MEMBARRIER_CMD_GLOBAL_EXPEDITED as u32;
    const REGISTER_GLOBAL: u32 = command::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED as u32;
    const PRIVATE: u32 = command::MEMBARRIER_CMD_PRIVATE_EXPEDITED as u32;
    const REGISTER_PRIVATE: u32 = command::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED as u32;
    const CORES: u32 = command::MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE as u32;
    const REGISTER_CORES: u32 = command::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE as u32;

    if a.int(1) != 0 {
        return Err(Errno::EINVAL);
    }
    let registered = &current.process().settings.barriers;
    let mut pass = || {
        // What each of them forgets, nothing, is asked for by an interrupt, which is a barrier.
        base::mm::shoot_down::shoot_down(held, base::mm::VirtAddr::zero(), 0);
        Ok(0)
    };
    match a.int(0) {
        ASK => Ok(u64::from(
            GLOBAL | GLOBAL_QUICKLY | REGISTER_GLOBAL | PRIVATE | REGISTER_PRIVATE | CORES | REGISTER_CORES,
        )),
        GLOBAL | GLOBAL_QUICKLY => pass(),
        register @ (REGISTER_GLOBAL | REGISTER_PRIVATE | REGISTER_CORES) => {
            registered.add(register);
            Ok(0)
        }
        // Who registers has the bit behind the command's.
        quick @ (PRIVATE | CORES) if registered.get() & quick << 1 != 0 => pass(),
        PRIVATE | CORES => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}
