//! The console of a guest that measures: its lines, and when they came.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::readings::{Figures, parse};
use crate::machine::{Observer, Record};

/// What the guest's shell prints before it does anything else.
pub(super) const FIRST_LINE: &str = "bench: the first line";
/// The name of the program's last line: all that it took, by the guest's clock.
const TOTAL: &str = "total";
/// The name of what is measured here: QEMU's start to the first line.
const BOOT: &str = "boot";

/// What is known so far.
#[derive(Debug, Default)]
struct State {
    started: Option<Instant>,
    first_byte: Option<Instant>,
    first_line: Option<Instant>,
    last_line: Option<Instant>,
    /// The beginning of a line whose end has not come.
    partial: Vec<u8>,
    figures: Figures,
    /// What all of it took by the guest's clock, in nanoseconds.
    total: Option<f64>,
}

/// Watches a console; clones watch the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch(Arc<Mutex<State>>);

/// What one boot has shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    /// What was measured, and `boot`.
    pub(super) figures: Figures,
    /// The time from the first thing on the console to the first line of the shell.
    pub(super) after_first_byte: Duration,
    /// By which part of the time the guest's clock is fast.
    pub(super) drift: f64,
}

impl Seen {
    /// What the program has measured, alone.
    pub(super) fn measured(mut self) -> Figures {
        self.figures.retain(|(name, _)| name != BOOT);
        self.figures
    }
}

impl Watch {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was seen, or what is missing.
    pub(super) fn seen(&self) -> Result<Seen, String> {
        self.with(|state| {
            let missing = |what: &str| format!("the guest ended without {what}");
            let started = state.started.ok_or_else(|| missing("a start"))?;
            let first = state.first_line.ok_or_else(|| missing(&format!("the line `{FIRST_LINE}`")))?;
            let (total, last) =
                state.total.zip(state.last_line).ok_or_else(|| missing(&format!("the line `{TOTAL}`")))?;
            let mut figures = state.figures.clone();
            figures.push((BOOT.to_owned(), nanoseconds(first - started)));
            Ok(Seen {
                figures,
                after_first_byte: first - state.first_byte.unwrap_or(first),
                drift: total / nanoseconds(last - first).max(1.0) - 1.0,
            })
        })
    }
}

/// A time as a number.
#[allow(clippy::cast_precision_loss, reason = "a measurement has fewer digits")]
fn nanoseconds(time: Duration) -> f64 {
    time.as_nanos() as f64
}

impl State {
    /// Reads the line that ended now.
    fn finish(&mut self, now: Instant) {
        let line = String::from_utf8_lossy(&self.partial).into_owned();
        self.partial.clear();
        if line.trim_end() == FIRST_LINE {
            self.first_line = Some(now);
        }
        match parse(&line) {
            Some((TOTAL, value)) => (self.total, self.last_line) = (Some(value), Some(now)),
            Some((name, value)) => self.figures.push((name.to_owned(), value)),
            None => {}
        }
    }
}

impl Observer for Watch {
    fn started(&mut self) {
        self.with(|state| state.started = Some(Instant::now()));
    }

    fn output(&mut self, bytes: &[u8]) {
        let now = Instant::now();
        self.with(|state| {
            state.first_byte.get_or_insert(now);
            for &byte in bytes {
                match byte {
                    b'\n' => state.finish(now),
                    _ => state.partial.push(byte),
                }
            }
        });
    }

    fn record(&mut self, _record: &Record) {}
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::Duration;

    use super::{FIRST_LINE, Watch};
    use crate::machine::Observer;

    #[test]
    fn lines_are_read_as_they_come() {
        let mut watch = Watch::default();
        watch.started();
        watch.output(b"kernel: begin\r\n");
        sleep(Duration::from_millis(2));
        watch.output(format!("{FIRST_LINE}\r\nfork-").as_bytes());
        watch.output(b"wait 12.5 ns\r\nnoise\r\n");
        assert_eq!(watch.seen(), Err("the guest ended without the line `total`".to_owned()));
        sleep(Duration::from_millis(2));
        watch.output(b"total 1000000 ns\r\n");
        let seen = watch.seen().unwrap();
        assert_eq!(seen.figures[0], ("fork-wait".to_owned(), 12.5));
        assert_eq!((seen.figures[1].0.as_str(), seen.figures.len()), ("boot", 2));
        assert!(seen.figures[1].1 >= 2e6 && seen.after_first_byte >= Duration::from_millis(2), "{seen:?}");
        assert_eq!(seen.clone().measured(), seen.figures[..1]);
        // The guest says a millisecond where two have gone by at least.
        assert!(seen.drift <= -0.5, "{seen:?}");
    }

    #[test]
    fn what_is_missing_is_said() {
        let mut watch = Watch::default();
        watch.started();
        watch.output(b"panic\n");
        assert_eq!(watch.seen().unwrap_err(), format!("the guest ended without the line `{FIRST_LINE}`"));
    }
}
