//! The timers of a process: making, setting and asking them, and what happens when they run out.
//!
//! A timer of processor time is looked at when it could be due at the earliest, if all of the process's threads ran until then, and
//! not more often than every `LOOK`; one that runs out over and over not more often than every `SOONEST`.

use alloc::sync::Arc;
use core::time::Duration;

use abi::{Errno, Result, general};
use base::sched::core::runtime_of;
use base::time::Instant;
use base::wall_clock;
use lockorder::{Root, Task};

use super::table;
use super::timer::{Clock, Setting, Tells, Timer};
use crate::process::Process;
use crate::signal::dispositions::Dispositions;
use crate::signal::info::Info;
use crate::signal::number::Signal;

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

impl Dispositions {
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
                    let _ = self.deliver(&process.shared, Info::kernel(signal), None, most);
                } else {
                    let overrun = u32::try_from(ran_out - 1).unwrap_or(u32::MAX);
                    let info =
                        Info::timer(signal, number, overrun, value.unwrap_or_else(|| u64::from(number)));
                    self.deliver_timer(&process.shared, info, to, most);
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
            signals.forget_timer(&self.shared, number);
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
            signals.forget_timer(&self.shared, number);
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
                    signals.forget_timer(&self.shared, number);
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
