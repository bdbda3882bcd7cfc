//! What a process does about its signals, and where they wait for its threads.
//!
//! All of it is under one lock of each process, class [`Signals`]. Which signals wait is an atomic word as well (`Shared`, [`Thread`]),
//! that a thread reads where it waits for something else.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

use abi::{Errno, Result};
use base::sched::core::runtime_of;
use base::sched::thread::Thread as Carrier;
use lockorder::hierarchy;

use super::action::Action;
use super::info::Info;
use super::number::Signal;
use super::queue::{Added, FIRST_QUEUED, Queue};
use super::shared::Shared;
use crate::thread::{Thread, nudge};
use crate::timers::timer::Timers;

hierarchy! {
    /// What a process does about its signals, and which threads they go to.
    pub class Signals in base::levels::Scheduler = 4;
}

/// A thread, and what carries it.
pub(crate) struct Member {
    pub(crate) thread: Arc<Thread>,
    pub(crate) carrier: Arc<Carrier>,
    /// Signals that wait for it.
    pub(super) queue: Queue,
}

/// What a process does about its signals, and which threads they go to.
pub struct Dispositions {
    actions: [Action; 64],
    pub(crate) members: Vec<Member>,
    /// Signals that wait for any of the threads.
    pub(super) queue: Queue,
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
    pub(super) fn forget(&mut self, shared: &Shared, set: u64) {
        self.queue.forget(&shared.pending, set);
        for member in &mut self.members {
            member.queue.forget(&member.thread.pending, set);
        }
    }

    /// Has a signal wait for the process, or for one of its threads, and has those look who may take it. At most so many wait with
    /// what they come with.
    pub(crate) fn deliver(&mut self, shared: &Shared, info: Info, to: Option<u32>, most: u64) -> Result<()> {
        let bit = info.signal.bit();
        let is_blocked = self.members.iter().all(|member| member.thread.blocked() & bit != 0);
        if shared.ignored.load(Ordering::SeqCst) & bit != 0 && !is_blocked {
            return Ok(());
        }
        let room = (self.queued() as u64) < most;
        if !room && info.must_queue() && info.signal.number() >= FIRST_QUEUED {
            return Err(Errno::EAGAIN);
        }
        let added = if let Some(to) = to {
            let member = self.members.iter_mut().find(|member| member.thread.id() == to);
            let Some(Member { thread, carrier, queue }) = member else { return Ok(()) };
            let added = queue.add(&thread.pending, info, room);
            nudge(carrier);
            added
        } else {
            let added = self.queue.add(&shared.pending, info, room);
            let may = |member: &&Member| {
                member.thread.blocked() & bit == 0 || member.thread.awaits.load(Ordering::SeqCst) & bit != 0
            };
            self.members.iter().filter(may).for_each(|member| nudge(&member.carrier));
            added
        };
        shared.signalled.wake();
        if added == Added::Bit && info.must_queue() && info.signal.number() >= FIRST_QUEUED {
            return Err(Errno::EAGAIN);
        }
        Ok(())
    }

    /// Has the signal of a timer wait, or adds to how often it has run out if it does already.
    pub(crate) fn deliver_timer(&mut self, shared: &Shared, info: Info, to: Option<u32>, most: u64) {
        let Some((number, times)) = info.of_timer() else { return };
        let queues =
            core::iter::once(&mut self.queue).chain(self.members.iter_mut().map(|own| &mut own.queue));
        for queue in queues {
            if queue.overrun(info.signal, number, times.saturating_add(1), info.value()) {
                return;
            }
        }
        // A timer that finds no room runs on.
        let _ = self.deliver(shared, info, to, most);
    }

    /// Forgets what a timer has sent.
    pub(crate) fn forget_timer(&mut self, shared: &Shared, number: u32) {
        self.queue.forget_timer(&shared.pending, number);
        for member in &mut self.members {
            member.queue.forget_timer(&member.thread.pending, number);
        }
    }

    /// Processor time of the threads, in nanoseconds.
    pub(crate) fn used(&self) -> u64 {
        self.members.iter().map(|member| runtime_of(&member.carrier)).fold(0, u64::saturating_add)
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
