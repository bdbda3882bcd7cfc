//! Calls on time. The clock of the day can be set; a sleep until a moment of it ends when it is that late by the clock as it was set
//! when the sleep began.

use core::time::Duration;

use abi::{Encoder, Errno, Result, general};
use base::sched::core::{current as carrier, runtime_of};
use base::sched::waiting::{self, WaitError};
use base::time::Instant;
use base::wall_clock;
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
        Measures::Day => Ok(wall_clock::now()),
        Measures::Start => Ok(since_start()),
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

/// Sets the clock of the day, which only root may: `clock_settime`.
pub(crate) fn set(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(0) != general::CLOCK_REALTIME {
        return Err(Errno::EINVAL);
    }
    let time = duration(&take(held, a.0[1])?, 1)?;
    set_day(current, held, time)
}

/// The same in microseconds: `settimeofday`. A zone is taken note of nowhere, and without a time nothing is set.
pub(crate) fn set_of_day(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    // A zone, which nothing here asks for, is looked at like one that is kept.
    if a.0[1] != 0 {
        take::<8>(held, a.0[1])?;
    }
    if a.0[0] == 0 {
        return may_set(current, held).map(|()| 0);
    }
    let time = duration(&take(held, a.0[0])?, 1_000)?;
    set_day(current, held, time)
}

/// Whether the caller may set the clock.
fn may_set(current: &Current, held: &mut Root<'_, Task>) -> Result<()> {
    if current.process().program(held).credentials.uids[1] == 0 { Ok(()) } else { Err(Errno::EPERM) }
}

/// Sets the clock of the day, to less than half of what nanoseconds count to.
fn set_day(current: &Current, held: &mut Root<'_, Task>, time: Duration) -> Result<u64> {
    may_set(current, held)?;
    if time.as_nanos() > u128::from(u64::MAX / 2) || time < since_start() {
        return Err(Errno::EINVAL);
    }
    wall_clock::set(time);
    current.process().system().vdso.publish();
    Ok(0)
}

pub(crate) fn resolution(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    measured(current, a.int(0))?;
    give_if(held, a.0[1], &encode(Duration::from_nanos(1)))?;
    Ok(0)
}

pub(crate) fn of_day(held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let now = wall_clock::now();
    let bytes = Encoder::<16>::new().u64(now.as_secs()).u64(u64::from(now.subsec_micros())).finish();
    give_if(held, a.0[0], &bytes)?;
    // No zone: it is for programs to know.
    give_if(held, a.0[1], &[0; 8])?;
    Ok(0)
}

pub(crate) fn seconds(held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let now = wall_clock::now().as_secs();
    give_if(held, a.0[0], &now.to_le_bytes())?;
    Ok(now)
}

/// Sleeps by a clock.
pub(crate) fn sleep_by(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let is_absolute = a.int(1) & general::TIMER_ABSTIME != 0;
    match measured(current, a.int(0))? {
        Measures::Day if is_absolute => sleep(current, held, a.0[2], a.0[3], Until::Day),
        Measures::Start if is_absolute => sleep(current, held, a.0[2], a.0[3], Until::Instant),
        Measures::Day | Measures::Start => sleep(current, held, a.0[2], a.0[3], Until::After),
        Measures::Process(_) | Measures::Thread(_) => Err(Errno::EOPNOTSUPP),
    }
}

/// What a time says of the end of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// How long it takes from now.
    After,
    /// How long after the machine's start it is.
    Instant,
    /// How long after 1970 it is.
    Day,
}

impl Until {
    /// The end of a wait of the current thread.
    pub(crate) fn deadline(self, current: &mut Current, time: Duration) -> Instant {
        match self {
            Self::After => current.until(time),
            Self::Instant => Instant::BOOT + time,
            Self::Day => wall_clock::instant(time),
        }
    }
}

pub(crate) fn sleep(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    time: u64,
    left: u64,
    until: Until,
) -> Result<u64> {
    let time = duration(&take(held, time)?, 1)?;
    current.never_restarts = true;
    let deadline = until.deadline(current, time);
    let thread = &current.thread;
    let waited = waiting::wait(held, &[], Some(deadline), |_| thread.is_interrupted().then_some(()));
    match waited {
        Err(WaitError::TimedOut) => Ok(0),
        Err(WaitError::NoMemory) => Err(Errno::ENOMEM),
        Ok(()) => {
            if until == Until::After {
                give_if(held, left, &encode(deadline.since(Instant::now())))?;
            }
            Err(Errno::EINTR)
        }
    }
}
