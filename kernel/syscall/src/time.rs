//! Calls on time. The machine has no clock of the day yet: all clocks begin when it starts.

use core::time::Duration;

use abi::{Encoder, Errno, Result};
use base::sched::waiting::{self, WaitError};
use base::time::Instant;
use lockorder::{Root, Task};
use process::Current;

use crate::arguments::{Arguments, give, give_if, take, word};

/// The last clock that there is.
const LAST_CLOCK: u32 = 11;

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

pub(crate) fn get(held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(0) > LAST_CLOCK {
        return Err(Errno::EINVAL);
    }
    give(held, a.0[1], &encode(since_start()))?;
    Ok(0)
}

pub(crate) fn resolution(held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.int(0) > LAST_CLOCK {
        return Err(Errno::EINVAL);
    }
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

pub(crate) fn sleep(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    time: u64,
    left: u64,
    is_absolute: bool,
) -> Result<u64> {
    let time = duration(&take(held, time)?, 1)?;
    current.never_restarts = true;
    let deadline = if is_absolute { Instant::BOOT + time } else { Instant::now() + time };
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
