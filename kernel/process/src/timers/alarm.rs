//! When a timer is due that is a file, and who waits for that.
//!
//! The moment and the interval change under the lock of the table of deadlines, which so keeps them together. The moment is an atomic, so that
//! whether it has come is seen without that.

use core::sync::atomic::{AtomicU64, Ordering};

use base::sched::waiting::Source;
use base::time::Instant;

use super::beat::beats;
use super::timer::Setting;

/// In place of a moment: none.
pub(super) const NEVER: u64 = u64::MAX;

/// When a timer is due, and who waits for that.
#[derive(Debug)]
pub(super) struct Alarm {
    /// When it runs out next and has not been read. Written under the table's lock.
    pub(super) due: AtomicU64,
    /// How long it is from there until the next time; 0 for none. Touched under the table's lock.
    pub(super) interval: AtomicU64,
    /// The last moment of its that has come, as the service has seen: who is woken for that sees it, whatever its own CPU's clock shows.
    come: AtomicU64,
    pub(super) source: Source,
}

/// How often a timer has run out by now, and when it is due next.
pub(super) const fn run_out(due: u64, interval: u64, now: u64) -> Option<(u64, u64)> {
    match beats(due, interval, now) {
        Some((times, next)) if due != NEVER => {
            Some((times, if let Some(next) = next { next } else { NEVER }))
        }
        _ => None,
    }
}

/// How long it is until it runs out.
const fn left(due: u64, interval: u64, now: u64) -> Setting {
    let next = match run_out(due, interval, now) {
        Some((_, next)) => next,
        None => due,
    };
    let first = if next == NEVER { 0 } else { next.saturating_sub(now) };
    Setting { first, interval }
}

impl Alarm {
    /// One that is not set.
    pub(super) const fn new() -> Self {
        Self {
            due: AtomicU64::new(NEVER),
            interval: AtomicU64::new(0),
            come: AtomicU64::new(0),
            source: Source::new(),
        }
    }

    /// What the clock shows, or the last moment that it is known to have shown.
    pub(super) fn now(&self) -> u64 {
        self.come.load(Ordering::SeqCst).max(Instant::now().as_nanos())
    }

    /// Whether it has run out since it was read.
    pub(super) fn is_due(&self) -> bool {
        let due = self.due.load(Ordering::SeqCst);
        due != NEVER && self.now() >= due
    }

    /// A moment of its has come.
    pub(super) fn ring(&self, at: u64) {
        self.come.fetch_max(at, Ordering::SeqCst);
        self.source.wake();
    }

    /// How long it is until it runs out.
    pub(super) fn left(&self, now: u64) -> Setting {
        left(self.due.load(Ordering::SeqCst), self.interval.load(Ordering::Relaxed), now)
    }
}

#[cfg(test)]
mod tests {
    use super::{NEVER, Setting, left, run_out};

    #[test]
    fn a_timer_counts_what_it_has_missed_and_keeps_its_beat() {
        assert_eq!(run_out(100, 10, 99), None);
        assert_eq!(run_out(100, 10, 100), Some((1, 110)));
        assert_eq!(run_out(100, 10, 135), Some((4, 140)));
        assert_eq!(run_out(100, 0, 135), Some((1, NEVER)));
        assert_eq!(run_out(NEVER, 0, NEVER), None);
        assert_eq!(run_out(1, 1, NEVER - 1), Some((NEVER - 1, NEVER)));
    }

    #[test]
    fn what_is_left_goes_on_while_nobody_reads() {
        assert_eq!(left(100, 10, 60), Setting { first: 40, interval: 10 });
        assert_eq!(left(100, 10, 135), Setting { first: 5, interval: 10 });
        assert_eq!(left(100, 0, 135), Setting { first: 0, interval: 0 });
        assert_eq!(left(NEVER, 0, 5), Setting::default());
    }
}
