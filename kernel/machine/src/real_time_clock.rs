//! The clock of a PC that runs on a battery (Motorola MC146818A; "IBM PC AT Technical Reference", real-time clock): the time of the
//! day in whole seconds, of which the machine asks once.
//!
//! A pair of ports is no place for two CPUs at once: it is used by the first CPU, at boot. The clock is taken to run on UTC.

use x86_64::instructions::port::Port;

/// The port that says which register. Its top bit would mask non-maskable interrupts.
const ADDRESS: u16 = 0x70;
/// The port that is the register.
const DATA: u16 = 0x71;

/// The registers of a moment: seconds, minutes, hours, day, month, year, century.
const REGISTERS: [u8; 7] = [0x00, 0x02, 0x04, 0x07, 0x08, 0x09, 0x32];
/// The register whose top bit says that the moment changes now.
const STATUS: u8 = 0x0A;
/// The register of the format.
const FORMAT: u8 = 0x0B;
/// In the format: numbers are binary, and not of two decimal digits.
const BINARY: u8 = 1 << 2;
/// In the format: hours count to 24.
const WHOLE_DAY: u8 = 1 << 1;
/// In hours that count to 12: after noon.
const AFTER_NOON: u8 = 1 << 7;

/// How often the clock is read until two readings agree; a change takes two milliseconds.
const ATTEMPTS: u32 = 100_000;

/// Seconds from 1970 until now; none where there is no clock, or it shows no moment.
///
/// # Safety
///
/// No other CPU uses the ports.
#[must_use]
pub unsafe fn read() -> Option<u64> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        // SAFETY: the ports are this CPU's, as the caller says.
        let changes = unsafe { register(STATUS) } & 1 << 7 != 0;
        if changes {
            last = None;
            continue;
        }
        // SAFETY: as above.
        let moment = REGISTERS.map(|number| unsafe { register(number) });
        if last == Some(moment) {
            // SAFETY: as above.
            return seconds(moment, unsafe { register(FORMAT) });
        }
        last = Some(moment);
    }
    None
}

/// Reads a register.
///
/// # Safety
///
/// No other CPU uses the ports.
unsafe fn register(number: u8) -> u8 {
    // SAFETY: the ports select and read a register of the clock, which changes nothing.
    unsafe {
        Port::<u8>::new(ADDRESS).write(number);
        Port::<u8>::new(DATA).read()
    }
}

/// Seconds from 1970 to a moment of the clock's, in its format.
fn seconds(moment: [u8; 7], format: u8) -> Option<u64> {
    let number = |byte: u8| {
        if format & BINARY != 0 {
            return Some(u64::from(byte));
        }
        (byte >> 4 < 10 && byte & 0xf < 10).then(|| u64::from(byte >> 4) * 10 + u64::from(byte & 0xf))
    };
    let [second, minute, hour, day, month, year, century] = moment;
    let hours = if format & WHOLE_DAY != 0 {
        number(hour)?
    } else {
        number(hour & !AFTER_NOON)? % 12 + if hour & AFTER_NOON == 0 { 0 } else { 12 }
    };
    let (seconds, minutes, day, month) = (number(second)?, number(minute)?, number(day)?, number(month)?);
    // Not every machine has the register of the century; nor was any of them built in another one.
    let century = number(century).filter(|century| (20..100).contains(century)).unwrap_or(20);
    let year = century * 100 + number(year)?;
    let is_moment =
        seconds < 60 && minutes < 60 && hours < 24 && (1..=31).contains(&day) && (1..=12).contains(&month);
    is_moment.then(|| ((days(year, month, day) * 24 + hours) * 60 + minutes) * 60 + seconds)
}

/// Days from 1970 to a date of the Gregorian calendar, counted in years that begin in March, so that a leap day is a year's last.
const fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    // Months from March on have 31, 30, 31, 30, 31 days, twice and a bit: 153 days in five.
    let of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + leap_days + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{AFTER_NOON, BINARY, WHOLE_DAY, days, seconds};

    #[test]
    fn dates_are_counted_from_1970() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!((days(2000, 2, 29), days(2000, 3, 1)), (11_016, 11_017));
        assert_eq!(days(2026, 11, 30), 20_787);
        assert_eq!(days(2100, 3, 1) - days(2100, 2, 28), 1, "no leap year");
    }

    #[test]
    fn a_moment_is_read_in_each_format() {
        let expected = Some(20_787 * 86_400 + 13 * 3_600 + 45 * 60 + 59);
        let decimal = [0x59, 0x45, 0x13, 0x30, 0x11, 0x26, 0x20];
        assert_eq!(seconds(decimal, WHOLE_DAY), expected);
        assert_eq!(seconds([59, 45, 13, 30, 11, 26, 20], WHOLE_DAY | BINARY), expected);
        assert_eq!(seconds([0x59, 0x45, 0x01 | AFTER_NOON, 0x30, 0x11, 0x26, 0x20], 0), expected);
        assert_eq!(seconds([0x59, 0x45, 0x13, 0x30, 0x11, 0x26, 0], WHOLE_DAY), expected, "no century");
        let midnight = [0, 0, 0x12, 1, 1, 0x70, 0x20];
        assert_eq!(seconds(midnight, 0).map(|seconds| seconds % 86_400), Some(0));
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for moment in [[0xff; 7], [0; 7], [0x60, 0, 0, 1, 1, 0x26, 0x20], [0, 0, 0, 1, 0x13, 0x26, 0x20]] {
            assert_eq!(seconds(moment, WHOLE_DAY), None, "{moment:?}");
        }
    }
}
