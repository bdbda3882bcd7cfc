//! Moments, and the counter that they are read from.

use core::ops::Add;
use core::time::Duration;

use machine::timer;
pub use machine::timer::counter;

/// A moment since boot, to the nanosecond. It comes after every moment that was read before it on the same CPU; the CPUs'
/// counters run at one rate, and start together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// The machine's start.
    pub const BOOT: Self = Self(0);

    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self(timer::nanoseconds())
    }

    /// The moment so many nanoseconds after boot.
    #[must_use]
    pub const fn from_nanos(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }

    /// Nanoseconds since boot.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to this moment; none if that came later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The same in nanoseconds, without a division.
    #[must_use]
    pub const fn nanos_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time from this moment until now.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Self::now().since(self)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// The moment `time` later; the last one there is where that would be beyond it.
    fn add(self, time: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::Instant;

    #[test]
    fn moments_do_not_wrap() {
        let late = Instant::from_nanos(u64::MAX - 1);
        assert_eq!(late + Duration::from_secs(1), Instant::from_nanos(u64::MAX));
        assert_eq!(Instant::BOOT.since(late), Duration::ZERO);
        assert_eq!(late.since(Instant::from_nanos(u64::MAX - 8)), Duration::from_nanos(7));
    }
}
