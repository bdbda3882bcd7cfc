//! Calls on timers that are files: `timerfd`, over [`process::timers::TimerFile`].
//!
//! A timer that is set by the time of the day is due as the clock was set then, and is not cancelled when that is set anew
//! (`TFD_TIMER_CANCEL_ON_SET`).

use abi::{Errno, Result, general};
use fs::{OpenFile, OpenFlags};
use lockorder::{Root, Task};
use process::Current;
use process::timers::TimerFile;

use crate::arguments::{Arguments, give, give_if, take, usable};
use crate::timers::{encode, setting};

/// To be cancelled when the clock is set: not among the constants.
const CANCEL_ON_SET: u32 = 2;

pub(crate) fn create(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let flags = a.int(1);
    // The bits are those of `open`.
    if flags & !(general::O_CLOEXEC | general::O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let by_day = match a.int(0) {
        general::CLOCK_REALTIME | general::CLOCK_REALTIME_ALARM => true,
        general::CLOCK_MONOTONIC | general::CLOCK_BOOTTIME | general::CLOCK_BOOTTIME_ALARM => false,
        _ => return Err(Errno::EINVAL),
    };
    let kept = OpenFlags::from_bits_truncate(flags) & OpenFlags::NONBLOCKING;
    let file = OpenFile::new(TimerFile::create(by_day)?, OpenFlags::READ_WRITE | kept)?;
    current.process().descriptors(held)?.insert(held, file, 0, flags & general::O_CLOEXEC != 0)
}

pub(crate) fn set(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let wanted = setting(&take(held, a.0[2])?, 1)?;
    if a.int(1) & !(general::TIMER_ABSTIME | CANCEL_ON_SET) != 0 {
        return Err(Errno::EINVAL);
    }
    let file = usable(current, held, a.0[0])?;
    let is_absolute = a.int(1) & general::TIMER_ABSTIME != 0;
    let had = TimerFile::of(file.file()).and_then(|timer| timer.set(held, wanted, is_absolute));
    file.close(held);
    give_if(held, a.0[3], &encode(had?, 1))?;
    Ok(0)
}

pub(crate) fn get(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let file = usable(current, held, a.0[0])?;
    let left = TimerFile::of(file.file()).and_then(|timer| timer.left(held));
    file.close(held);
    give(held, a.0[1], &encode(left?, 1))?;
    Ok(0)
}
