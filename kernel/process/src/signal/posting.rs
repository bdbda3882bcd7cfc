//! Sending signals, taking them, waiting for them; stopping and going on.
//!
//! To post a signal is to set a bit and to wake: legal wherever the process is known, but done with nothing held, since who is to be woken
//! stands behind the lock of the dispositions.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use abi::{Errno, Result};
use base::sched::thread::Thread as Carrier;
use base::sched::waiting;
use base::time::Instant;
use lockorder::{Root, Task};

use super::action::Action;
use super::dispositions::Member;
use super::info::{Fate, Info};
use super::number::{STOPPING, Signal, UNSTOPPABLE};
use super::queue::{FIRST_QUEUED, Queue};
use crate::process::{CONTINUED, Process, STOPPED, State};
use crate::thread::{Thread, nudge};
use crate::tree;

impl Process {
    /// Adds a thread that signals may go to: by who makes it, so that it is found before it has run, and by itself, whoever is first.
    /// One that has run to its end by then is not added again.
    pub(crate) fn join(
        &self,
        held: &mut Root<'_, Task>,
        thread: &Arc<Thread>,
        carrier: Arc<Carrier>,
    ) -> Result<()> {
        held.with(&self.signals, |signals, _| {
            let is_member = signals.members.iter().any(|member| Arc::ptr_eq(&member.thread, thread));
            if is_member || thread.has_parted.load(Ordering::SeqCst) {
                return Ok(());
            }
            signals.members.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            let member = Member { thread: Arc::clone(thread), carrier, queue: Queue::new() };
            signals.members.push(member);
            Ok(())
        })
    }

    /// Takes a thread out.
    pub(crate) fn part(&self, held: &mut Root<'_, Task>, thread: u32) {
        let gone = held.with(&self.signals, |signals, _| {
            let place = signals.members.iter().position(|member| member.thread.id() == thread)?;
            let member = signals.members.swap_remove(place);
            member.thread.has_parted.store(true, Ordering::SeqCst);
            Some(member)
        });
        drop(gone);
    }

    /// Which of its threads runs in a thread of the kernel's, if one does.
    pub(crate) fn carried_by(&self, held: &mut Root<'_, Task>, carrier: &Arc<Carrier>) -> Option<u32> {
        held.with(&self.signals, |signals, _| {
            let member = signals.members.iter().find(|member| Arc::ptr_eq(&member.carrier, carrier));
            member.map(|member| member.thread.id())
        })
    }

    /// Has all its threads look at their signals.
    pub(crate) fn nudge_all(&self, held: &mut Root<'_, Task>) {
        held.with(&self.signals, |signals, _| {
            signals.members.iter().for_each(|member| nudge(&member.carrier));
        });
    }

    /// What is done about a signal.
    pub fn action(&self, held: &mut Root<'_, Task>, signal: Signal) -> Action {
        held.with(&self.signals, |signals, _| signals.action(signal))
    }

    /// Sets what is done about a signal; gives what was.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for a signal that cannot be caught.
    pub fn set_action(&self, held: &mut Root<'_, Task>, signal: Signal, action: Action) -> Result<Action> {
        if signal.bit() & UNSTOPPABLE != 0 {
            return Err(Errno::EINVAL);
        }
        Ok(held.with(&self.signals, |signals, _| {
            let had = signals.set(signal, action);
            self.shared.ignored.store(signals.ignored(), Ordering::SeqCst);
            if action.ignores(signal) {
                signals.forget(&self.shared, signal.bit());
            }
            had
        }))
    }

    /// What is caught is as it is by default again.
    pub(crate) fn reset_caught(&self, held: &mut Root<'_, Task>) {
        held.with(&self.signals, |signals, _| {
            signals.reset_caught();
            self.shared.ignored.store(signals.ignored(), Ordering::SeqCst);
        });
    }

    /// Posts a signal of the kernel's to the process, or to one of its threads.
    pub fn post(&self, held: &mut Root<'_, Task>, signal: Signal, to: Option<u32>) {
        // It waits by its bit where there is no room.
        let _ = self.send(held, Info::kernel(signal), to);
    }

    /// Sends a signal to the process, or to one of its threads.
    ///
    /// # Errors
    ///
    /// [`Errno::EAGAIN`] where it comes with a value, and as many wait as may.
    pub fn send(&self, held: &mut Root<'_, Task>, info: Info, to: Option<u32>) -> Result<()> {
        let signal = info.signal;
        if signal == Signal::KILL {
            self.kill(held);
            return Ok(());
        }
        // One undoes what the other was going to do.
        if signal == Signal::CONT {
            held.with(&self.signals, |signals, _| signals.forget(&self.shared, STOPPING));
            // After that, so that who has taken a stop before sees it.
            self.go_on(held, true);
        } else if signal.bit() & STOPPING != 0 {
            held.with(&self.signals, |signals, _| signals.forget(&self.shared, Signal::CONT.bit()));
        }
        // Usual signals wait once each, so that is no matter of limits.
        let is_usual = signal.number() < FIRST_QUEUED;
        let most = if is_usual { u64::MAX } else { self.limit(held, abi::general::RLIMIT_SIGPENDING) };
        // Under the lock, not by a list: that would be as long as users make it.
        held.with(&self.signals, |signals, _| signals.deliver(&self.shared, info, to, most))
    }

    /// Has all its threads end by `SIGKILL`, stopped or not; not those of the first process.
    fn kill(&self, held: &mut Root<'_, Task>) {
        if self.id() != tree::FIRST {
            self.begin_to_leave(Signal::KILL.number());
            self.go_on(held, false);
            self.nudge_all(held);
        }
    }

    /// Takes a signal of `set` that waits for a thread or for its process.
    pub(crate) fn take(&self, held: &mut Root<'_, Task>, thread: &Thread, set: u64) -> Option<Info> {
        held.with(&self.signals, |signals, _| {
            let own = signals.members.iter_mut().find(|member| member.thread.id() == thread.id());
            let info = own
                .and_then(|member| member.queue.take(&member.thread.pending, set))
                .or_else(|| signals.queue.take(&self.shared.pending, set))?;
            if let Some((number, overrun)) = info.of_timer() {
                signals.timers.delivered(number, overrun);
            }
            Some(info)
        })
    }

    /// Waits for a signal of a set, which the thread blocks, until a deadline, and takes it.
    ///
    /// # Errors
    ///
    /// [`Errno::EAGAIN`] at the deadline; [`Errno::EINTR`] for another signal.
    pub fn wait_for_signal(
        &self,
        held: &mut Root<'_, Task>,
        thread: &Thread,
        set: u64,
        deadline: Option<Instant>,
    ) -> Result<Info> {
        thread.awaits.store(set, Ordering::SeqCst);
        let taken = loop {
            if let Some(info) = self.take(held, thread, set) {
                break Ok(info);
            }
            let look = || (thread.pending() & set != 0 || thread.is_interrupted()).then_some(());
            // One thread is woken by whoever sends it something, and no source needs no memory.
            match waiting::wait(held, &[], deadline, |_| look()) {
                Err(_) => break Err(Errno::EAGAIN),
                Ok(()) if thread.pending() & set == 0 => break Err(Errno::EINTR),
                Ok(()) => {}
            }
        };
        thread.awaits.store(0, Ordering::SeqCst);
        taken
    }

    /// Goes on, if it is stopped.
    fn go_on(&self, held: &mut Root<'_, Task>, tells: bool) {
        let goes_on = held.with(&self.signals, |_, _| {
            self.continues.fetch_add(1, Ordering::SeqCst);
            let is_stopped = self.state() == State::Stopped;
            if is_stopped {
                self.set_state(State::Running);
                self.set_report(if tells { CONTINUED } else { 0 });
            }
            is_stopped
        });
        if goes_on {
            self.changes.wake();
            self.tell_parent_of_stop(held);
        }
    }

    /// Stops, unless it has been told to go on since it was told so for the `continues`th time; says whether it has.
    pub(crate) fn stop(&self, held: &mut Root<'_, Task>, signal: Signal, continues: u32) -> bool {
        held.with(&self.signals, |_, _| {
            let stops = self.continues.load(Ordering::SeqCst) == continues && self.state() == State::Running;
            if stops {
                self.set_state(State::Stopped);
                self.set_report(STOPPED | signal.number());
            }
            stops
        })
    }

    /// Processor time of its threads that have not ended, in nanoseconds.
    pub(crate) fn used_by_members(&self, held: &mut Root<'_, Task>) -> u64 {
        held.with(&self.signals, |signals, _| signals.used())
    }

    /// Tells the parent that this process has stopped, or goes on.
    pub(crate) fn tell_parent_of_stop(&self, held: &mut Root<'_, Task>) {
        let Ok(parent) = tree::find(held, self.parent()) else { return };
        if !parent.action(held, Signal::CHLD).ignores_stops() {
            let fate = match self.report(STOPPED, false) {
                Some(report) => Fate::Stopped(report & 0xff),
                None => Fate::Continued,
            };
            self.tell(held, &parent, Signal::CHLD, fate);
        }
        parent.children_changed();
    }

    /// Sends a parent a signal that says what has become of this process.
    fn tell(&self, held: &mut Root<'_, Task>, parent: &Self, signal: Signal, fate: Fate) {
        let user = self.change(held, |own| own.credentials.uids[0]);
        // It waits by its bit where there is no room.
        let _ = parent.send(held, Info::child(signal, self.id(), user, fate), None);
    }

    /// Tells the parent that this process has ended.
    pub(crate) fn tell_parent(&self, held: &mut Root<'_, Task>) {
        if let Ok(parent) = tree::find(held, self.parent()) {
            if let Some(signal) = self.end_signal_for(&parent) {
                self.tell(held, &parent, signal, Fate::of(self.status()));
            }
            parent.children_changed();
        }
    }
}

/// Posts a signal to every process of a group; says whether there was any.
pub fn post_to_group(held: &mut Root<'_, Task>, group: u32, signal: Signal) -> bool {
    let is_member = |process: &Process| process.group() == group && process.state() != State::Ended;
    tree::each(held, is_member, |held, process| process.post(held, signal, None))
}

/// Tells those of a session that its terminal is gone.
pub(crate) fn hang_up(held: &mut Root<'_, Task>, group: u32) {
    post_to_group(held, group, Signal::HUP);
    post_to_group(held, group, Signal::CONT);
}
