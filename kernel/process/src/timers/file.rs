//! A timer that is a file: `timerfd`. A read gives how often it has run out since the last one, and waits where it has not.
//!
//! When it is due is noted in the table of deadlines as a process's timers are, and changes under that table's lock, which so keeps
//! the moment and the interval together; there is none besides. The moment is an atomic, so that whether it has come is seen without a
//! lock. The service wakes the file's source at the moment, once: what runs out over and over is noted again when it is read.

use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting::{self, Source};
use base::time::Instant;
use base::user::{Access, UserSlice, copy_out, fault_in};
use fs::{File, Readiness, StreamFile, Waits};
use lockorder::{Root, Task};

use super::{Setting, table};

/// In place of a moment: none.
const NEVER: u64 = u64::MAX;
/// Bytes that are read.
const SIZE: usize = size_of::<u64>();

/// When a timer is due, and who waits for that.
#[derive(Debug)]
pub(super) struct Alarm {
    /// When it runs out next and has not been read. Written under the table's lock.
    due: AtomicU64,
    /// How long it is from there until the next time; 0 for none. Touched under the table's lock.
    interval: AtomicU64,
    /// The last moment of its that has come, as the service has seen: who is woken for that sees it, whatever its own CPU's clock shows.
    come: AtomicU64,
    source: Source,
}

/// A timer as a file.
#[derive(Debug)]
pub struct TimerFile(Arc<Alarm>);

/// How often a timer has run out by now, and when it is due next.
const fn run_out(due: u64, interval: u64, now: u64) -> Option<(u64, u64)> {
    if now < due || due == NEVER {
        return None;
    }
    match (now - due).checked_div(interval) {
        None => Some((1, NEVER)),
        Some(missed) => {
            let times = missed.saturating_add(1);
            Some((times, due.saturating_add(times.saturating_mul(interval))))
        }
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
    fn now(&self) -> u64 {
        self.come.load(Ordering::SeqCst).max(Instant::now().as_nanos())
    }

    fn is_due(&self) -> bool {
        let due = self.due.load(Ordering::SeqCst);
        due != NEVER && self.now() >= due
    }

    /// A moment of its has come.
    pub(super) fn ring(&self, at: u64) {
        self.come.fetch_max(at, Ordering::SeqCst);
        self.source.wake();
    }

    fn left(&self, now: u64) -> Setting {
        left(self.due.load(Ordering::SeqCst), self.interval.load(Ordering::Relaxed), now)
    }
}

impl TimerFile {
    /// One that is not set.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn create() -> Result<File> {
        let (due, interval) = (AtomicU64::new(NEVER), AtomicU64::new(0));
        let alarm = Alarm { due, interval, come: AtomicU64::new(0), source: Source::new() };
        let alarm = try_arc(alarm).map_err(|_| Errno::ENOMEM)?;
        Ok(File::Stream(try_arc(Self(alarm)).map_err(|_| Errno::ENOMEM)?))
    }

    /// The timer that a file is.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where it is none.
    pub fn of(file: &File) -> Result<&Self> {
        let File::Stream(stream) = file else { return Err(Errno::EINVAL) };
        stream.as_any().downcast_ref().ok_or(Errno::EINVAL)
    }

    /// Sets it; gives what it was set to. What has run out and was not read is forgotten.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn set(&self, held: &mut Root<'_, Task>, setting: Setting, is_absolute: bool) -> Result<Setting> {
        let alarm = &self.0;
        let had = table::set_alarm(held, alarm, |note| {
            let now = alarm.now();
            let had = alarm.left(now);
            let due = match (setting.first, is_absolute) {
                (0, _) => NEVER,
                (at, true) => at.min(NEVER - 1),
                (time, false) => now.saturating_add(time).min(NEVER - 1),
            };
            note(Some(due).filter(|&due| due != NEVER))?;
            alarm.due.store(due, Ordering::SeqCst);
            alarm.interval.store(setting.interval, Ordering::Relaxed);
            Ok(had)
        })?;
        alarm.source.wake();
        Ok(had)
    }

    /// How long it is until it runs out.
    ///
    /// # Errors
    ///
    /// None.
    pub fn left(&self, held: &mut Root<'_, Task>) -> Result<Setting> {
        table::set_alarm(held, &self.0, |_| Ok(self.0.left(self.0.now())))
    }

    /// How often it has run out since this was asked last; none where it has not.
    fn take(&self, held: &mut Root<'_, Task>) -> Result<Option<u64>> {
        let alarm = &self.0;
        if !alarm.is_due() {
            return Ok(None);
        }
        table::set_alarm(held, alarm, |note| {
            let (due, interval) = (alarm.due.load(Ordering::SeqCst), alarm.interval.load(Ordering::Relaxed));
            let Some((times, next)) = run_out(due, interval, alarm.now()) else {
                return Ok(None);
            };
            note(Some(next).filter(|&next| next != NEVER))?;
            alarm.due.store(next, Ordering::SeqCst);
            Ok(Some(times))
        })
    }
}

impl StreamFile for TimerFile {
    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize> {
        if to.len() < SIZE {
            return Err(Errno::EINVAL);
        }
        // First: what was taken is not lost to a bad address.
        let to = to.take(SIZE);
        fault_in(held, to, Access::Write).map_err(|_| Errno::EFAULT)?;
        let times = loop {
            if let Some(times) = self.take(held)? {
                break times;
            }
            if waits.nonblocking {
                return Err(Errno::EAGAIN);
            }
            let look = || match self.0.is_due() {
                true => Some(Ok(())),
                false => (waits.interrupted)().then_some(Err(Errno::EINTR)),
            };
            waiting::wait(held, &[&self.0.source], None, |_| look()).map_err(|_| Errno::ENOMEM)??;
        };
        copy_out(held, to, &times.to_le_bytes()).map_err(|_| Errno::EFAULT)?;
        Ok(SIZE)
    }

    fn write(&self, _held: &mut Root<'_, Task>, _from: UserSlice, _waits: Waits<'_>) -> Result<usize> {
        Err(Errno::EINVAL)
    }

    fn readiness(&self) -> Readiness {
        if self.0.is_due() { Readiness::READ } else { Readiness::empty() }
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(&self.0.source);
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        // What is taken out needs no memory.
        let _ = table::set_alarm(held, &self.0, |note| note(None));
    }

    fn label(&self) -> &'static str {
        "anon_inode:[timerfd]"
    }

    fn as_any(&self) -> &dyn Any {
        self
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
