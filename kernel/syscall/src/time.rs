//! Calls on time. The machine has no clock of the day yet: all clocks but those of processor time begin when it starts.

use core::time::Duration;

use abi::{Encoder, Errno, Result, general};
use base::sched::core::{current as carrier, runtime_of};
use base::sched::waiting::{self, WaitError};
use base::time::Instant;
use lockorder::{Root, Task};
use process::{Current, tree};

use crate::arguments::{Arguments, give, give_if, take, word};

/// The duration that a structure of seconds and a fraction has, whose unit is so many nanoseconds.
pub(crate) fn duration(bytes: &[u8; 16], unit: u64) -> Result<Duration> {
    let seconds = word(bytes, 0).cast_signed();
    let fraction = word(bytes, 1).checked_mul(unit).filter(|&fraction| fraction < 1_000_000_000);
    let nanoseconds = u32::try_from(fraction.ok_or(Errno::EINVAL)?).map_err(|_| Errno::EINVAL)?;
    let seconds = u64::try_from(seconds).map_err(|_| Errno::EINVAL)?;
    Ok(Duration::new(seconds, nanoseconds))
}

/// A duration as seconds and nanoseconds.
fn encode(time: Duration) -> [u8; 16] {
    Encoder::new().u64(time.as_secs()).u64(u64::from(time.subsec_nanos())).finish()
}

/// The time since the machine's start.
fn since_start() -> Duration {
    Instant::now().since(Instant::BOOT)
}

/// What a clock measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measures {
    /// The time of the day.
    Day,
    /// The time since the machine's start.
    Start,
    /// Processor time of a process.
    Process(u32),
    /// Processor time of a thread of the caller's.
    Thread(u32),
}

/// What the clock with a number measures.
pub(crate) fn measured(current: &Current, clock: u32) -> Result<Measures> {
    match clock {
        general::CLOCK_REALTIME
        | general::CLOCK_REALTIME_COARSE
        | general::CLOCK_REALTIME_ALARM
        | general::CLOCK_TAI => Ok(Measures::Day),
        general::CLOCK_MONOTONIC
        | general::CLOCK_MONOTONIC_RAW
        | general::CLOCK_MONOTONIC_COARSE
        | general::CLOCK_BOOTTIME
        | general::CLOCK_BOOTTIME_ALARM => Ok(Measures::Start),
        general::CLOCK_PROCESS_CPUTIME_ID => Ok(Measures::Process(current.process().id())),
        general::CLOCK_THREAD_CPUTIME_ID => Ok(Measures::Thread(current.thread.id())),
        // A negative one has a process's number inverted above three bits: 4 for a thread, and which of its times.
        _ if clock >> 31 == 1 && clock & 3 != 3 => {
            let id = !(clock.cast_signed() >> 3).cast_unsigned();
            match (id, clock & 4 != 0) {
                (0, false) => Ok(Measures::Process(current.process().id())),
                (0, true) => Ok(Measures::Thread(current.thread.id())),
                (_, false) => Ok(Measures::Process(id)),
                (_, true) => Ok(Measures::Thread(id)),
            }
        }
        _ => Err(Errno::EINVAL),
    }
}

/// What it shows now.
fn shown(current: &Current, held: &mut Root<'_, Task>, measures: Measures) -> Result<Duration> {
    match measures {
        Measures::Day | Measures::Start => Ok(since_start()),
        Measures::Process(id) if id == current.process().id() => {
            Ok(Duration::from_nanos(current.process().used(held)))
        }
        Measures::Process(id) => {
            let process = tree::find(held, id).map_err(|_| Errno::EINVAL)?;
            Ok(Duration::from_nanos(process.used(held)))
        }
        Measures::Thread(id) if id == current.thread.id() => Ok(Duration::from_nanos(runtime_of(&carrier()))),
        Measures::Thread(id) => {
            let used = current.process().used_by(held, id).ok_or(Errno::EINVAL)?;
            Ok(Duration::from_nanos(used))
        }
    }
}

pub(crate) fn get(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let measures = measured(current, a.int(0))?;
    let time = shown(current, held, measures)?;
    give(held, a.0[1], &encode(time))?;
    Ok(0)
}

/// Sets a clock: none can be set, and only root learns why.
pub(crate) fn set(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(0) != general::CLOCK_REALTIME {
        return Err(Errno::EINVAL);
    }
    duration(&take(held, a.0[1])?, 1)?;
    let is_superuser = current.process().program(held).credentials.uids[1] == 0;
    Err(if is_superuser { Errno::EOPNOTSUPP } else { Errno::EPERM })
}

pub(crate) fn resolution(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    measured(current, a.int(0))?;
    give_if(held, a.0[1], &encode(Duration::from_nanos(1)))?;
    Ok(0)
}

pub(crate) fn of_day(held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let now = since_start();
    let bytes = Encoder::<16>::new().u64(now.as_secs()).u64(u64::from(now.subsec_micros())).finish();
    give_if(held, a.0[0], &bytes)?;
    Ok(0)
}

pub(crate) fn seconds(held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let now = since_start().as_secs();
    give_if(held, a.0[0], &now.to_le_bytes())?;
    Ok(now)
}

/// Sleeps by a clock.
pub(crate) fn sleep_by(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    match measured(current, a.int(0))? {
        Measures::Day | Measures::Start => {
            let is_absolute = a.int(1) & general::TIMER_ABSTIME != 0;
            sleep(current, held, a.0[2], a.0[3], is_absolute)
        }
        Measures::Process(_) | Measures::Thread(_) => Err(Errno::EOPNOTSUPP),
    }
}

pub(crate) fn sleep(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    time: u64,
    left: u64,
    is_absolute: bool,
) -> Result<u64> {
    let time = duration(&take(held, time)?, 1)?;
    current.never_restarts = true;
    let deadline = if is_absolute { Instant::BOOT + time } else { current.until(time) };
    let thread = &current.thread;
    let waited = waiting::wait(held, &[], Some(deadline), |_| thread.is_interrupted().then_some(()));
    match waited {
        Err(WaitError::TimedOut) => Ok(0),
        Err(WaitError::NoMemory) => Err(Errno::ENOMEM),
        Ok(()) => {
            if !is_absolute {
                give_if(held, left, &encode(deadline.since(Instant::now())))?;
            }
            Err(Errno::EINTR)
        }
    }
}
