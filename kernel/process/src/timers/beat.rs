//! The beat of a timer: when it is due once, and after that at a fixed interval, however late it is looked at.

/// How often a timer has run out by `now` that was due at `due`, and when it is due next: never without an interval. None before it
/// is due. Moments that a number cannot hold are the last one that it can.
pub(super) const fn beats(due: u64, interval: u64, now: u64) -> Option<(u64, Option<u64>)> {
    if now < due {
        return None;
    }
    match (now - due).checked_div(interval) {
        None => Some((1, None)),
        Some(missed) => {
            let times = missed.saturating_add(1);
            Some((times, Some(due.saturating_add(times.saturating_mul(interval)))))
        }
    }
}
