//! A timer that is a file: `timerfd`. A read gives how often it has run out since the last one, and waits where it has not.
//!
//! When it is due is noted in the table of deadlines as a process's timers are, and changes under that table's lock, which so keeps
//! the moment and the interval together; there is none besides. The service wakes the file's source at the moment, once: what runs
//! out over and over is noted again when it is read.

use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::Ordering;
use core::time::Duration;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting::{self, Source};
use base::user::{Access, UserSlice, copy_out, fault_in};
use base::wall_clock;
use fs::{File, Readiness, StreamFile, Waits};
use lockorder::{Root, Task};

use super::alarm::{Alarm, NEVER, run_out};
use super::table;
use super::timer::Setting;

/// Bytes that are read.
const SIZE: usize = size_of::<u64>();

/// A timer as a file.
#[derive(Debug)]
pub struct TimerFile {
    alarm: Arc<Alarm>,
    /// Whether its moments are those of the day, and not since the machine's start.
    by_day: bool,
}

impl TimerFile {
    /// One that is not set, whose moments are those of the day or since the machine's start.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn create(by_day: bool) -> Result<File> {
        let alarm = try_arc(Alarm::new()).map_err(|_| Errno::ENOMEM)?;
        Ok(File::Stream(try_arc(Self { alarm, by_day }).map_err(|_| Errno::ENOMEM)?))
    }

    /// The timer that a file is.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where it is none.
    pub fn of(file: &File) -> Result<&Self> {
        file.stream().ok_or(Errno::EINVAL)
    }

    /// Sets it; gives what it was set to. What has run out and was not read is forgotten. A moment of the day is one of the clock
    /// as that is set now.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn set(&self, held: &mut Root<'_, Task>, setting: Setting, is_absolute: bool) -> Result<Setting> {
        let alarm = &self.alarm;
        let had = table::set_alarm(held, alarm, |note| {
            let now = alarm.now();
            let had = alarm.left(now);
            let due = match (setting.first, is_absolute) {
                (0, _) => NEVER,
                (at, true) if self.by_day => {
                    wall_clock::instant(Duration::from_nanos(at)).as_nanos().min(NEVER - 1)
                }
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
        table::set_alarm(held, &self.alarm, |_| Ok(self.alarm.left(self.alarm.now())))
    }

    /// How often it has run out since this was asked last; none where it has not.
    fn take(&self, held: &mut Root<'_, Task>) -> Result<Option<u64>> {
        let alarm = &self.alarm;
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
            let look = || {
                let given_up = (waits.interrupted)().then_some(Err(Errno::EINTR));
                if self.alarm.is_due() { Some(Ok(())) } else { given_up }
            };
            waiting::wait(held, &[&self.alarm.source], None, |_| look()).map_err(|_| Errno::ENOMEM)??;
        };
        copy_out(held, to, &times.to_le_bytes()).map_err(|_| Errno::EFAULT)?;
        Ok(SIZE)
    }

    fn readiness(&self) -> Readiness {
        if self.alarm.is_due() { Readiness::READ } else { Readiness::empty() }
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(&self.alarm.source);
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        // What is taken out needs no memory.
        let _ = table::set_alarm(held, &self.alarm, |note| note(None));
    }

    fn label(&self) -> &'static str {
        "anon_inode:[timerfd]"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
