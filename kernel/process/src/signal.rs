//! Signals: what is pending, and what is done about it.
//!
//! To post a signal is to set a bit and to wake: legal wherever the process is known, but done with nothing held, since who is to be woken
//! stands behind the lock of the dispositions. What a signal comes with waits in a queue under that lock (`queue`); which signals
//! wait is an atomic word as well, that a thread reads where it waits for something else.

pub mod action;
mod file;
pub mod frame;
pub mod info;
pub(crate) mod queue;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

use abi::{Errno, Result};
use base::sched::thread::Thread as Carrier;
use base::sched::waiting;
use base::time::Instant;
use lockorder::{Root, Task, hierarchy};

use crate::process::{Process, STOPPED, State};
use crate::thread::{Thread, nudge};
use crate::timers::Timers;
use crate::tree;
pub use action::{Action, Default};
pub use file::SignalFile;
pub use info::{Fate, Info};
use queue::{Added, Queue};

hierarchy! {
    /// What a process does about its signals, and which threads they go to.
    pub class Signals in base::levels::Scheduler = 4;
}

/// The number of a signal: 1 to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal(u8);

#[allow(missing_docs, reason = "the names that every manual page has")]
impl Signal {
    pub const HUP: Self = Self(1);
    pub const INT: Self = Self(2);
    pub const QUIT: Self = Self(3);
    pub const ILL: Self = Self(4);
    pub const TRAP: Self = Self(5);
    pub const ABRT: Self = Self(6);
    pub const BUS: Self = Self(7);
    pub const FPE: Self = Self(8);
    pub const KILL: Self = Self(9);
    pub const SEGV: Self = Self(11);
    pub const PIPE: Self = Self(13);
    pub const ALRM: Self = Self(14);
    pub const TERM: Self = Self(15);
    pub const CHLD: Self = Self(17);
    pub const CONT: Self = Self(18);
    pub const STOP: Self = Self(19);
    pub const TSTP: Self = Self(20);
    pub const TTIN: Self = Self(21);
    pub const TTOU: Self = Self(22);
    pub const URG: Self = Self(23);
    pub const XCPU: Self = Self(24);
    pub const XFSZ: Self = Self(25);
    pub const VTALRM: Self = Self(26);
    pub const PROF: Self = Self(27);
    pub const WINCH: Self = Self(28);
    pub const SYS: Self = Self(31);

    /// The signal with a number.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none.
    pub const fn new(number: u64) -> Result<Self> {
        #[allow(clippy::cast_possible_truncation, reason = "64 at most")]
        match number {
            1..=64 => Ok(Self(number as u8)),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 as u32
    }

    /// Its bit in a set.
    #[must_use]
    pub const fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }

    /// The first one of a set.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "64 at most")]
    pub const fn first_of(set: u64) -> Option<Self> {
        if set == 0 { None } else { Some(Self(set.trailing_zeros() as u8 + 1)) }
    }
}

/// What neither is blocked nor ignored nor caught.
pub const UNSTOPPABLE: u64 = Signal::KILL.bit() | Signal::STOP.bit();
/// What stops a process.
const STOPPING: u64 = Signal::STOP.bit() | Signal::TSTP.bit() | Signal::TTIN.bit() | Signal::TTOU.bit();

/// A thread, and what carries it.
pub(crate) struct Member {
    pub(crate) thread: Arc<Thread>,
    pub(crate) carrier: Arc<Carrier>,
    /// Signals that wait for it.
    queue: Queue,
}

/// What a process does about its signals, and which threads they go to.
pub struct Dispositions {
    actions: [Action; 64],
    pub(crate) members: Vec<Member>,
    /// Signals that wait for any of the threads.
    queue: Queue,
    /// What sends some when its time has come.
    pub(crate) timers: Timers,
}

impl core::fmt::Debug for Dispositions {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Dispositions").finish_non_exhaustive()
    }
}

impl Dispositions {
    /// Everything as it is by default, and no threads.
    pub(crate) const fn new() -> Self {
        let actions = [Action::DEFAULT; 64];
        Self { actions, members: Vec::new(), queue: Queue::new(), timers: Timers::new() }
    }

    /// The same actions, for another process.
    pub(crate) fn inherited(&self) -> Self {
        Self { actions: self.actions, ..Self::new() }
    }

    /// What is done about a signal.
    pub(crate) fn action(&self, signal: Signal) -> Action {
        self.actions.get(usize::from(signal.0) - 1).copied().unwrap_or(Action::DEFAULT)
    }

    /// Sets what is done about a signal; gives what was.
    pub(crate) fn set(&mut self, signal: Signal, action: Action) -> Action {
        match self.actions.get_mut(usize::from(signal.0) - 1) {
            Some(slot) => core::mem::replace(slot, action),
            None => Action::DEFAULT,
        }
    }

    /// What is caught is as it is by default again: for another program.
    pub(crate) fn reset_caught(&mut self) {
        for action in self.actions.iter_mut().filter(|action| action.handler().is_some()) {
            *action = Action::DEFAULT;
        }
    }

    /// The signals that are ignored.
    pub(crate) fn ignored(&self) -> u64 {
        let signals = (1..=64).map(Signal);
        signals
            .filter(|&signal| self.action(signal).ignores(signal))
            .fold(0, |set, signal| set | signal.bit())
    }

    /// How many signals wait with what they come with.
    fn queued(&self) -> usize {
        self.members.iter().map(|member| member.queue.len()).sum::<usize>() + self.queue.len()
    }

    /// Forgets the signals of a set, for the process and its threads.
    fn forget(&mut self, process: &Process, set: u64) {
        self.queue.forget(&process.pending, set);
        for member in &mut self.members {
            member.queue.forget(&member.thread.pending, set);
        }
    }

    /// Has a signal wait for the process, or for one of its threads, and has those look who may take it. At most so many wait with
    /// what they come with.
    pub(crate) fn deliver(
        &mut self,
        process: &Process,
        info: Info,
        to: Option<u32>,
        most: u64,
    ) -> Result<()> {
        let bit = info.signal.bit();
        let is_blocked = self.members.iter().all(|member| member.thread.blocked() & bit != 0);
        if process.ignored.load(Ordering::SeqCst) & bit != 0 && !is_blocked {
            return Ok(());
        }
        let room = (self.queued() as u64) < most;
        if !room && info.must_queue() && info.signal.number() >= queue::FIRST_QUEUED {
            return Err(Errno::EAGAIN);
        }
        let added = if let Some(to) = to {
            let member = self.members.iter_mut().find(|member| member.thread.id() == to);
            let Some(Member { thread, carrier, queue }) = member else { return Ok(()) };
            let added = queue.add(&thread.pending, info, room);
            nudge(carrier);
            added
        } else {
            let added = self.queue.add(&process.pending, info, room);
            let may = |member: &&Member| {
                member.thread.blocked() & bit == 0 || member.thread.awaits.load(Ordering::SeqCst) & bit != 0
            };
            self.members.iter().filter(may).for_each(|member| nudge(&member.carrier));
            added
        };
        process.signalled.wake();
        if added == Added::Bit && info.must_queue() && info.signal.number() >= queue::FIRST_QUEUED {
            return Err(Errno::EAGAIN);
        }
        Ok(())
    }

    /// Has the signal of a timer wait, or adds to how often it has run out if it does already.
    pub(crate) fn deliver_timer(&mut self, process: &Process, info: Info, to: Option<u32>, most: u64) {
        let Some((number, times)) = info.of_timer() else { return };
        let queues =
            core::iter::once(&mut self.queue).chain(self.members.iter_mut().map(|own| &mut own.queue));
        for queue in queues {
            if queue.overrun(info.signal, number, times.saturating_add(1), info.value()) {
                return;
            }
        }
        // A timer that finds no room runs on.
        let _ = self.deliver(process, info, to, most);
    }

    /// Forgets what a timer has sent.
    pub(crate) fn forget_timer(&mut self, process: &Process, number: u32) {
        self.queue.forget_timer(&process.pending, number);
        for member in &mut self.members {
            member.queue.forget_timer(&member.thread.pending, number);
        }
    }

    /// Its threads.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// The numbers of its threads.
    pub(crate) fn threads(&self) -> impl ExactSizeIterator<Item = u32> {
        self.members.iter().map(|member| member.thread.id())
    }
}

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
            self.ignored.store(signals.ignored(), Ordering::SeqCst);
            if action.ignores(signal) {
                signals.forget(self, signal.bit());
            }
            had
        }))
    }

    /// What is caught is as it is by default again.
    pub(crate) fn reset_caught(&self, held: &mut Root<'_, Task>) {
        held.with(&self.signals, |signals, _| {
            signals.reset_caught();
            self.ignored.store(signals.ignored(), Ordering::SeqCst);
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
            held.with(&self.signals, |signals, _| signals.forget(self, STOPPING));
            // After that, so that who has taken a stop before sees it.
            self.go_on(held, true);
        } else if signal.bit() & STOPPING != 0 {
            held.with(&self.signals, |signals, _| signals.forget(self, Signal::CONT.bit()));
        }
        // Usual signals wait once each, so that is no matter of limits.
        let is_usual = signal.number() < queue::FIRST_QUEUED;
        let most = if is_usual { u64::MAX } else { self.limit(held, abi::general::RLIMIT_SIGPENDING) };
        // Under the lock, not by a list: that would be as long as users make it.
        held.with(&self.signals, |signals, _| signals.deliver(self, info, to, most))
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
                .or_else(|| signals.queue.take(&self.pending, set))?;
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
                self.set_report(if tells { crate::process::CONTINUED } else { 0 });
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
            if let Some(signal) = self.end_signal() {
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
