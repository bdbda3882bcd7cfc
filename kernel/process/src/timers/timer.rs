//! One timer, and those of a process: what they measure, whom they tell, when they run out.

use alloc::vec::Vec;

use super::beat::beats;
use crate::signal::number::Signal;

/// What a timer measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Time since the machine's start.
    Start,
    /// The time of the day. Who waits for it looks again when that was due as the clock was set then.
    Day,
    /// Processor time of the process.
    Process,
    /// Processor time of one of its threads.
    Thread(u32),
}

/// Whom a timer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Nobody: it is asked.
    Nobody,
    /// The process, or one of its threads, by a signal with a value; without one the timer's number.
    Signal(Signal, Option<u64>, Option<u32>),
}

/// When a timer runs out: in nanoseconds of its clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// In how long, or when; 0 for never.
    pub first: u64,
    /// How long it is then until the next time; 0 for no next time.
    pub interval: u64,
}

/// One timer.
#[derive(Debug)]
pub(super) struct Timer {
    pub(super) number: u32,
    pub(super) clock: Clock,
    pub(super) tells: Tells,
    /// When it runs out, by its clock.
    pub(super) due: Option<u64>,
    pub(super) interval: u64,
    /// How often it had run out besides when its signal was delivered last.
    pub(super) overrun: u32,
}

impl Timer {
    /// How long it is until it runs out, of which `now` says what its clock shows.
    pub(super) fn left(&self, now: u64) -> Setting {
        // What is due and was not dealt with yet is still to come.
        let first = self.due.map_or(0, |due| due.saturating_sub(now).max(1));
        Setting { first, interval: self.interval }
    }

    /// How often it has run out by now; sets when it does next.
    pub(super) fn run_out(&mut self, now: u64) -> u64 {
        let Some((times, next)) = self.due.and_then(|due| beats(due, self.interval, now)) else { return 0 };
        self.due = next;
        times
    }
}

/// The timers of one process.
#[derive(Debug)]
pub(crate) struct Timers {
    pub(super) timers: Vec<Timer>,
}

impl Timers {
    /// None.
    pub(crate) const fn new() -> Self {
        Self { timers: Vec::new() }
    }

    /// The signal of a timer was delivered.
    pub(crate) fn delivered(&mut self, number: u32, overrun: u32) {
        if let Some(timer) = self.find(number) {
            timer.overrun = overrun;
        }
    }

    pub(super) fn find(&mut self, number: u32) -> Option<&mut Timer> {
        self.timers.iter_mut().find(|timer| timer.number == number)
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Setting, Tells, Timer};

    fn timer(due: u64, interval: u64) -> Timer {
        let due = Some(due);
        Timer { number: 0, clock: Clock::Start, tells: Tells::Nobody, due, interval, overrun: 0 }
    }

    #[test]
    fn a_timer_runs_out_once_without_an_interval() {
        let mut once = timer(100, 0);
        assert_eq!((once.run_out(99), once.left(60)), (0, Setting { first: 40, interval: 0 }));
        assert_eq!((once.run_out(100), once.run_out(1000)), (1, 0));
        assert_eq!(once.left(1000), Setting::default());
    }

    #[test]
    fn missed_times_are_counted_and_the_beat_is_kept() {
        let mut often = timer(100, 10);
        assert_eq!(often.run_out(135), 4);
        assert_eq!(often.due, Some(140));
        assert_eq!(often.run_out(139), 0);
        let mut end = timer(10, 1);
        assert_eq!(end.run_out(u64::MAX), u64::MAX - 9);
        assert_eq!(end.due, Some(u64::MAX));
    }
}
