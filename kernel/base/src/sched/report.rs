//! Threads in words: for the panic report and for whoever presses a key.

use core::fmt;

use super::core::running_on;
use super::thread::{State, Thread};
use crate::time::Instant;

/// One thread in a line.
#[derive(Debug)]
pub struct Line<'a> {
    thread: &'a Thread,
    now: Instant,
}

impl Thread {
    /// What it does, in a line.
    #[must_use]
    pub const fn describe(&self, now: Instant) -> Line<'_> {
        Line { thread: self, now }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { thread, now } = self;
        write!(formatter, "thread {} `{}`, CPU {}: ", thread.id(), thread.name(), thread.cpu())?;
        match thread.wait() {
            Some(wait) => {
                write!(formatter, "waits at {}:{}", wait.place.file(), wait.place.line())?;
                match wait.since {
                    Some(since) => {
                        let tenths = now.since(since).as_millis() / 100;
                        write!(formatter, " for {}.{} s", tenths / 10, tenths % 10)?;
                    }
                    None => formatter.write_str(", for as long as it takes")?,
                }
                if let Some(owner) = wait.owner {
                    write!(formatter, ", for what thread {owner} owns")?;
                }
            }
            None => formatter.write_str(match thread.state() {
                State::Dead => "has ended",
                State::Waiting => "sleeps",
                State::Ready if running_on(thread.cpu()) == Some(thread.id()) => "runs",
                State::Ready => "is ready",
            })?,
        }
        #[cfg(feature = "checker")]
        for lock in thread.held_locks().iter() {
            let class = lockorder::checker::CHECKER.class(lock.class);
            let (name, rank) = class.map_or(("?", 0), |class| (class.name, class.rank));
            let rank = lockorder::Rank(rank);
            // The last of them may be what it waits for.
            write!(formatter, "\n      {name} ({rank}) from {}:{}", lock.place.file(), lock.place.line())?;
        }
        Ok(())
    }
}
