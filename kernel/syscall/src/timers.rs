//! Calls on timers that send signals.

use core::time::Duration;

use abi::{Errno, Result, general};
use lockorder::{Root, Task};
use process::Current;
use process::signal::Signal;
use process::timers::{Clock, Setting, Tells};

use crate::arguments::{Arguments, give, give_if, low, take, word};
use crate::time::{Measures, duration, measured};

/// Nanoseconds of a duration, as many as there are.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A setting of a user's, whose fractions count in so many nanoseconds.
pub(crate) fn setting(bytes: &[u8; 32], unit: u64) -> Result<Setting> {
    let half = |at: usize| bytes[at..].first_chunk::<16>().ok_or(Errno::EINVAL);
    let interval = nanoseconds(duration(half(0)?, unit)?);
    Ok(Setting { first: nanoseconds(duration(half(16)?, unit)?), interval })
}

/// The same as its bytes. What is left is never told as nothing.
pub(crate) fn encode(setting: Setting, unit: u64) -> [u8; 32] {
    let half = |nanoseconds: u64| {
        let time = Duration::from_nanos(nanoseconds.div_ceil(unit).saturating_mul(unit));
        [time.as_secs(), u64::from(time.subsec_nanos()) / unit]
    };
    abi::Encoder::new().u64s(&half(setting.interval)).u64s(&half(setting.first)).finish()
}

/// Nanoseconds of a microsecond, by which interval timers count.
const MICROSECOND: u64 = 1000;

pub(crate) fn set_interval(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let process = current.process();
    let number = process.interval_timer(held, a.int(0))?;
    let wanted = if a.0[1] == 0 { Setting::default() } else { setting(&take(held, a.0[1])?, MICROSECOND)? };
    let had = process.set_timer(held, number, wanted, false)?;
    give_if(held, a.0[2], &encode(had, MICROSECOND))?;
    Ok(0)
}

pub(crate) fn interval(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let process = current.process();
    let number = process.interval_timer(held, a.int(0))?;
    let left = process.timer(held, number)?;
    give(held, a.0[1], &encode(left, MICROSECOND))?;
    Ok(0)
}

/// Seconds that were left, rounded, and not to nothing.
const fn seconds(nanoseconds: u64) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    let rounded = nanoseconds.saturating_add(SECOND / 2) / SECOND;
    if rounded == 0 && nanoseconds > 0 { 1 } else { rounded }
}

pub(crate) fn alarm(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let process = current.process();
    let number = process.interval_timer(held, general::ITIMER_REAL)?;
    let first = nanoseconds(Duration::from_secs(u64::from(a.int(0))));
    let had = process.set_timer(held, number, Setting { first, interval: 0 }, false)?;
    Ok(seconds(had.first))
}

/// Whom a timer is to tell: of the bytes of a `struct sigevent`.
fn tells(current: &Current, held: &mut Root<'_, Task>, bytes: &[u8; 24]) -> Result<Tells> {
    let [value, middle, last] = [0, 1, 2].map(|place| word(bytes, place));
    let signal = || Signal::new(u64::from(low(middle)));
    match low(middle >> 32) {
        general::SIGEV_NONE => Ok(Tells::Nobody),
        general::SIGEV_SIGNAL => Ok(Tells::Signal(signal()?, Some(value), None)),
        general::SIGEV_THREAD_ID => {
            let thread = low(last);
            if !current.process().has_thread(held, thread) {
                return Err(Errno::EINVAL);
            }
            Ok(Tells::Signal(signal()?, Some(value), Some(thread)))
        }
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn create(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let process = current.process();
    let clock = match measured(current, a.int(0))? {
        Measures::Day => Clock::Day,
        Measures::Start => Clock::Start,
        Measures::Process(id) if id == process.id() => Clock::Process,
        Measures::Thread(id) if process.has_thread(held, id) => Clock::Thread(id),
        Measures::Process(_) | Measures::Thread(_) => return Err(Errno::EINVAL),
    };
    let tells = if a.0[1] == 0 {
        Tells::Signal(Signal::ALRM, None, None)
    } else {
        let bytes = take(held, a.0[1])?;
        tells(current, held, &bytes)?
    };
    let number = process.make_timer(held, clock, tells)?;
    if let Err(error) = give(held, a.0[2], &number.to_le_bytes()) {
        process.delete_timer(held, number)?;
        return Err(error);
    }
    Ok(0)
}

/// A number of a user's, who knows none of the kernel's own timers.
fn number(a: &Arguments) -> Result<u32> {
    if a.int(0) < process::timers::OWN { Ok(a.int(0)) } else { Err(Errno::EINVAL) }
}

pub(crate) fn set(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if a.0[2] == 0 {
        return Err(Errno::EINVAL);
    }
    let wanted = setting(&take(held, a.0[2])?, 1)?;
    let is_absolute = a.int(1) & general::TIMER_ABSTIME != 0;
    let had = current.process().set_timer(held, number(a)?, wanted, is_absolute)?;
    give_if(held, a.0[3], &encode(had, 1))?;
    Ok(0)
}

pub(crate) fn get(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let left = current.process().timer(held, number(a)?)?;
    give(held, a.0[1], &encode(left, 1))?;
    Ok(0)
}

pub(crate) fn overrun(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    // A number that is one for a user as well.
    let most = i32::MAX.unsigned_abs();
    Ok(u64::from(current.process().overrun(held, number(a)?)?.min(most)))
}

pub(crate) fn delete(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.process().delete_timer(held, number(a)?)?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use process::timers::Setting;

    use super::{encode, seconds, setting};

    #[test]
    fn a_setting_survives_its_bytes() {
        let wanted = Setting { first: 3_000_002_000, interval: 7_000 };
        assert_eq!(setting(&encode(wanted, 1), 1), Ok(wanted));
        assert_eq!(setting(&encode(wanted, 1000), 1000), Ok(wanted));
    }

    #[test]
    fn what_is_left_is_not_rounded_to_nothing() {
        assert_eq!([0, 1, 499_999_999, 1_500_000_000].map(seconds), [0, 1, 1, 2]);
        assert_eq!(encode(Setting { first: 1, interval: 0 }, 1000)[24], 1);
    }
}
