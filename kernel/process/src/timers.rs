//! Timers of processes: what sends a signal when its time has come, or is a file (`timerfd`), which is read.
//!
//! A process's timers stand among its dispositions, under the lock of class [`Signals`](crate::signal::Signals). When the first of them
//! is due is noted in one table for all processes, class [`Deadlines`], inside of it; a thread of the kernel's waits for the earliest of
//! those, has that process's timers run out, and notes its next one. A process has one place in the table, so no timer needs memory
//! when it runs out.
//!
//! A timer of processor time is looked at when it could be due at the earliest, if all of the process's threads ran until then, and
//! not more often than every `LOOK`; one that runs out over and over not more often than every `SOONEST`.

mod alarm;
mod beat;
mod file;
mod service;
mod table;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use abi::{Errno, Result, general};
use base::sched::core::runtime_of;
use base::time::Instant;
use base::wall_clock;
use lockorder::{Root, Task};

use beat::beats;

use crate::process::Process;
use crate::signal::{Dispositions, Info, Signal};
pub use file::TimerFile;
pub(crate) use service::start;
pub use table::Deadlines;

/// How often a timer of processor time is looked at, at most.
const LOOK: u64 = 10_000_000;
/// How soon a timer that has run out is looked at again: one that runs out more often counts what it has missed.
const SOONEST: u64 = 100_000;
/// The most timers of one process.
const MOST: usize = 256;
/// The first number that no user's timer has: interval timers, by their kind, and the limit of processor time.
pub const OWN: u32 = 1 << 30;
/// The number of the limit of processor time.
const LIMIT: u32 = OWN + 3;

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
struct Timer {
    number: u32,
    clock: Clock,
    tells: Tells,
    /// When it runs out, by its clock.
    due: Option<u64>,
    interval: u64,
    /// How often it had run out besides when its signal was delivered last.
    overrun: u32,
}

impl Timer {
    /// How long it is until it runs out, of which `now` says what its clock shows.
    fn left(&self, now: u64) -> Setting {
        // What is due and was not dealt with yet is still to come.
        let first = self.due.map_or(0, |due| due.saturating_sub(now).max(1));
        Setting { first, interval: self.interval }
    }

    /// How often it has run out by now; sets when it does next.
    fn run_out(&mut self, now: u64) -> u64 {
        let Some((times, next)) = self.due.and_then(|due| beats(due, self.interval, now)) else { return 0 };
        self.due = next;
        times
    }
}

/// The timers of one process.
#[derive(Debug)]
pub(crate) struct Timers {
    timers: Vec<Timer>,
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

    fn find(&mut self, number: u32) -> Option<&mut Timer> {
        self.timers.iter_mut().find(|timer| timer.number == number)
    }
}

impl Dispositions {
    /// Processor time of the process's threads that have not ended.
    pub(crate) fn used(&self) -> u64 {
        self.members.iter().map(|member| runtime_of(&member.carrier)).fold(0, u64::saturating_add)
    }

    /// What a clock shows.
    fn now(&self, process: &Process, clock: Clock) -> u64 {
        match clock {
            Clock::Start => Instant::now().as_nanos(),
            Clock::Day => u64::try_from(wall_clock::now().as_nanos()).unwrap_or(u64::MAX),
            Clock::Process => process.used_by_ended().saturating_add(self.used()),
            Clock::Thread(id) => {
                let own = self.members.iter().find(|member| member.thread.id() == id);
                own.map_or(0, |member| runtime_of(&member.carrier))
            }
        }
    }

    /// Sends what is due; gives the moment at which to look again.
    fn run_timers(&mut self, process: &Process, most: u64) -> Option<u64> {
        let mut next: Option<u64> = None;
        for place in 0..self.timers.timers.len() {
            let Some(timer) = self.timers.timers.get(place) else { break };
            let now = self.now(process, timer.clock);
            let Some(timer) = self.timers.timers.get_mut(place) else { break };
            let ran_out = timer.run_out(now);
            let (number, tells, clock, due) = (timer.number, timer.tells, timer.clock, timer.due);
            if ran_out > 0
                && let Tells::Signal(signal, value, to) = tells
            {
                if number >= OWN {
                    let warned = number == LIMIT && process.cpu_limit_is_over(now);
                    let signal = if warned { Signal::KILL } else { signal };
                    // It waits by its bit where there is no room.
                    let _ = self.deliver(process, Info::kernel(signal), None, most);
                } else {
                    let overrun = u32::try_from(ran_out - 1).unwrap_or(u32::MAX);
                    let info =
                        Info::timer(signal, number, overrun, value.unwrap_or_else(|| u64::from(number)));
                    self.deliver_timer(process, info, to, most);
                }
            }
            let Some(due) = due else { continue };
            let look = match clock {
                Clock::Start | Clock::Day => {
                    let due = if ran_out > 0 { due.max(now.saturating_add(SOONEST)) } else { due };
                    if clock == Clock::Start {
                        due
                    } else {
                        wall_clock::instant(Duration::from_nanos(due)).as_nanos()
                    }
                }
                Clock::Process | Clock::Thread(_) => {
                    let threads = (self.members.len() as u64).max(1);
                    let least = due.saturating_sub(now) / threads;
                    Instant::now().as_nanos().saturating_add(least.max(LOOK))
                }
            };
            next = Some(next.map_or(look, |next| next.min(look)));
        }
        next
    }
}

impl Process {
    /// Sends what is due, and notes when to look again.
    pub(crate) fn run_timers(&self, held: &mut Root<'_, Task>) {
        let most = self.limit(held, general::RLIMIT_SIGPENDING);
        held.with(&self.signals, |signals, mut held| {
            let next = signals.run_timers(self, most);
            // The place is there: it was made when the timer was set.
            let _ = table::set(&mut held, self.id(), next);
        });
    }

    /// Makes a timer; gives its number.
    ///
    /// # Errors
    ///
    /// [`Errno::EAGAIN`] where there are too many, or no memory for one.
    pub fn make_timer(&self, held: &mut Root<'_, Task>, clock: Clock, tells: Tells) -> Result<u32> {
        held.with(&self.signals, |signals, _| {
            let timers = &mut signals.timers;
            if timers.timers.len() >= MOST || timers.timers.try_reserve(1).is_err() {
                return Err(Errno::EAGAIN);
            }
            // One of so many numbers is free: there are fewer timers.
            let is_free = |number: &u32| timers.timers.iter().all(|timer| timer.number != *number);
            let number = (0..OWN).find(is_free).ok_or(Errno::EAGAIN)?;
            timers.timers.push(Timer { number, clock, tells, due: None, interval: 0, overrun: 0 });
            Ok(number)
        })
    }

    /// Sets a timer; gives what it was set to.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for a number that no timer has; [`Errno::ENOMEM`].
    pub fn set_timer(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        setting: Setting,
        is_absolute: bool,
    ) -> Result<Setting> {
        let most = self.limit(held, general::RLIMIT_SIGPENDING);
        held.with(&self.signals, |signals, mut held| {
            let clock = signals.timers.find(number).ok_or(Errno::EINVAL)?.clock;
            let now = signals.now(self, clock);
            // Room for the next look first: a timer that is set runs out.
            table::reserve(&mut held, self.id())?;
            self.settings.is_timed.set(1);
            signals.forget_timer(self, number);
            let timer = signals.timers.find(number).ok_or(Errno::EINVAL)?;
            let had = timer.left(now);
            let due = if is_absolute { setting.first } else { now.saturating_add(setting.first) };
            timer.due = (setting.first != 0).then_some(due);
            timer.interval = setting.interval;
            timer.overrun = 0;
            let next = signals.run_timers(self, most);
            table::set(&mut held, self.id(), next)?;
            Ok(had)
        })
    }

    /// How long it is until a timer runs out.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for a number that no timer has.
    pub fn timer(&self, held: &mut Root<'_, Task>, number: u32) -> Result<Setting> {
        held.with(&self.signals, |signals, _| {
            let clock = signals.timers.find(number).ok_or(Errno::EINVAL)?.clock;
            let now = signals.now(self, clock);
            Ok(signals.timers.find(number).ok_or(Errno::EINVAL)?.left(now))
        })
    }

    /// How often a timer had run out besides when its signal was delivered last.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for a number that no timer has.
    pub fn overrun(&self, held: &mut Root<'_, Task>, number: u32) -> Result<u32> {
        held.with(&self.signals, |signals, _| {
            signals.timers.find(number).map(|timer| timer.overrun).ok_or(Errno::EINVAL)
        })
    }

    /// Unmakes a timer, and forgets what it has sent.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for a number that no timer has.
    pub fn delete_timer(&self, held: &mut Root<'_, Task>, number: u32) -> Result<()> {
        held.with(&self.signals, |signals, _| {
            let timers = &mut signals.timers.timers;
            let place = timers.iter().position(|timer| timer.number == number).ok_or(Errno::EINVAL)?;
            timers.swap_remove(place);
            signals.forget_timer(self, number);
            Ok(())
        })
    }

    /// Forgets the timers that another program does not have: all but the interval timers.
    pub(crate) fn delete_timers(&self, held: &mut Root<'_, Task>) {
        held.with(&self.signals, |signals, _| {
            let mut place = 0;
            while let Some(timer) = signals.timers.timers.get(place) {
                let number = timer.number;
                if number >= OWN {
                    place += 1;
                } else {
                    signals.timers.timers.swap_remove(place);
                    signals.forget_timer(self, number);
                }
            }
        });
    }

    /// Makes one of the kernel's own timers if it is not there yet.
    fn own_timer(&self, held: &mut Root<'_, Task>, number: u32, clock: Clock, signal: Signal) -> Result<()> {
        held.with(&self.signals, |signals, _| {
            if signals.timers.find(number).is_some() {
                return Ok(());
            }
            signals.timers.timers.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            let tells = Tells::Signal(signal, None, None);
            signals.timers.timers.push(Timer { number, clock, tells, due: None, interval: 0, overrun: 0 });
            Ok(())
        })
    }

    /// The number of an interval timer (`ITIMER_REAL`, `ITIMER_VIRTUAL`, `ITIMER_PROF`), made if it is not there yet.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for another one; [`Errno::ENOMEM`].
    pub fn interval_timer(&self, held: &mut Root<'_, Task>, which: u32) -> Result<u32> {
        let (clock, signal) = match which {
            general::ITIMER_REAL => (Clock::Start, Signal::ALRM),
            general::ITIMER_VIRTUAL => (Clock::Process, Signal::VTALRM),
            general::ITIMER_PROF => (Clock::Process, Signal::PROF),
            _ => return Err(Errno::EINVAL),
        };
        self.own_timer(held, OWN + which, clock, signal)?;
        Ok(OWN + which)
    }

    /// Has the limit of processor time hold, in seconds: it is warned each second from there on, and ended at the most.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn limit_cpu(&self, held: &mut Root<'_, Task>, seconds: u64) -> Result<()> {
        let second = Duration::from_secs(1);
        let interval = u64::try_from(second.as_nanos()).unwrap_or(u64::MAX);
        self.own_timer(held, LIMIT, Clock::Process, Signal::XCPU)?;
        let first = seconds.max(1).saturating_mul(interval);
        let setting = if seconds == u64::MAX { Setting::default() } else { Setting { first, interval } };
        self.set_timer(held, LIMIT, setting, true).map(drop)
    }
}

/// Forgets when a process's timers are due: it ends.
pub(crate) fn forget_process(held: &mut Root<'_, Task>, process: &Process) {
    if process.settings.is_timed.get() != 0 {
        table::forget(held, process.id());
    }
}

/// Has a child's limits of processor time and of files hold as its parent's do.
pub(crate) fn inherit(held: &mut Root<'_, Task>, child: &Arc<Process>) -> Result<()> {
    let limits = child.program(held).limits;
    child.set_cpu_most(limits[general::RLIMIT_CPU as usize][1]);
    child.set_file_most(limits[general::RLIMIT_FSIZE as usize][0]);
    match child.limit(held, general::RLIMIT_CPU) {
        u64::MAX => Ok(()),
        seconds => child.limit_cpu(held, seconds),
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
