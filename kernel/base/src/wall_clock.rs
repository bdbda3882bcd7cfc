//! The time of the day, which can be set, beside [`Instant`], which cannot.
//!
//! It is an instant and the moment at which the machine started, in nanoseconds since 1970. That moment is read at boot from the clock
//! that runs on a battery, in whole seconds; where there is none it is 1970. Setting the clock moves it. It is an atomic, and there
//! is no lock: who reads the time while it is set gets one time or the other.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use crate::time::Instant;

/// Nanoseconds from 1970 to the machine's start.
static STARTED: AtomicU64 = AtomicU64::new(0);

/// The time since 1970.
#[must_use]
pub fn now() -> Duration {
    started() + Instant::now().since(Instant::BOOT)
}

/// The time from 1970 to the machine's start.
#[must_use]
pub fn started() -> Duration {
    Duration::from_nanos(STARTED.load(Ordering::Relaxed))
}

/// Sets the time since 1970. The machine's start cannot be before 1970, so the time cannot be earlier than for how long
/// the machine has run.
pub fn set(now: Duration) {
    let started = now.saturating_sub(Instant::now().since(Instant::BOOT));
    STARTED.store(u64::try_from(started.as_nanos()).unwrap_or(u64::MAX / 2), Ordering::Relaxed);
}

/// The instant at which it is so long since 1970, as the clock is set now; the machine's start for what was before.
#[must_use]
pub fn instant(time: Duration) -> Instant {
    Instant::BOOT + time.saturating_sub(started())
}
