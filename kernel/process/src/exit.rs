//! How threads and processes end, and how parents are told.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

use abi::{Errno, Result, general};
use base::sched::core::{current as carrier, runtime_of};
use base::sched::{reaper, waiting};
use base::user;
use lockorder::{Root, Task};

use crate::life::Current;
use crate::process::{CONTINUED, Process, STOPPED, State};
use crate::signal::info::{self, Info};
use crate::signal::number::Signal;
use crate::signal::posting::hang_up;
use crate::terminal;
use crate::timers;
use crate::tree::{self, Found};

/// Which children are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Any.
    Any,
    /// The one with this number.
    Process(u32),
    /// Those of a group.
    Group(u32),
}

/// What has become of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The child's number.
    pub id: u32,
    /// What `wait4` says.
    pub status: u32,
    /// Its processor time, in nanoseconds.
    pub used: u64,
    /// Its user.
    pub user: u32,
    /// The most pages that it had in memory.
    pub peak: u64,
}

impl Which {
    fn fits(self, process: &Process, options: u32) -> bool {
        let is_usual = process.end_signal() == Some(Signal::CHLD);
        let is_kind = options & general::__WALL != 0 || is_usual != (options & general::__WCLONE != 0);
        is_kind
            && match self {
                Self::Any => true,
                Self::Process(id) => process.id() == id,
                Self::Group(group) => process.group() == group,
            }
    }
}

impl Process {
    /// Processor time of a process that has ended, and of its children that were waited for, in nanoseconds.
    fn used_with_children(&self) -> u64 {
        self.used.load(Ordering::Relaxed).saturating_add(self.used_by_children())
    }

    /// What its parent is told of it.
    fn change_of(&self, held: &mut Root<'_, Task>, status: u32) -> Change {
        let user = self.change(held, |own| own.credentials.uids[0]);
        let [own, of_children] = self.peaks(held);
        let time = self.used_with_children();
        Change { id: self.id(), status, used: time, user, peak: own.max(of_children) }
    }

    /// Its memory is its own again, or nobody's: a parent that waits for that goes on.
    pub(crate) fn give_back_memory(&self) {
        if self.borrows.swap(0, Ordering::SeqCst) != 0 {
            self.changes.wake();
        }
    }
}

impl Current {
    /// Ends this thread, and with the last one the process.
    pub(crate) fn end(self, held: &mut Root<'_, Task>) {
        let process = Arc::clone(self.process());
        self.end_robust_words(held);
        let word = self.thread.clear_at_end.load(Ordering::SeqCst);
        if word != 0 && process.threads.load(Ordering::SeqCst) > 1 {
            let _ = self.space.write(held, word, &[0; 4]);
            crate::life::wake_word(held, &self.space, word);
        }
        process.used.fetch_add(runtime_of(&carrier()), Ordering::Relaxed);
        process.part(held, self.thread.id());
        let is_last = process.threads.fetch_sub(1, Ordering::SeqCst) == 1;
        if is_last {
            finish(held, &process);
        } else {
            process.changes.wake();
        }
        let Self { context, space, thread, .. } = self;
        drop(context);
        user::set_space(held, None);
        if is_last {
            process.change(held, |program| program.space = None);
            process.give_back_memory();
        }
        drop(space);
        drop(thread);
        if is_last {
            reaper::keep_pace(held);
            bury(held, &process);
        }
    }
}

/// Ends what a process has besides its memory.
fn finish(held: &mut Root<'_, Task>, process: &Arc<Process>) {
    // A last thread that has asked to end by itself: that is the process's status.
    process.begin_to_leave(0);
    let _ = process.peaks(held);
    timers::forget_process(held, process);
    if process.settings.undoes.get() != 0 {
        process.system().objects.semaphores.process_ends(held, process.id());
    }
    process.leave_descriptors(held);
    if process.session() == process.id() {
        terminal::session_ends(held, process);
    }
}

/// Makes a process one of those that have ended: its children get another parent, and its own is told.
fn bury(held: &mut Root<'_, Task>, process: &Arc<Process>) {
    let id = process.id();
    let groups = looked_after(held, process);
    let left = tree::end(held, process);
    if left.bereaved {
        tell_bereaved(held, process);
    }
    // Their new parent is told once, however many there are: each death would else tell it of all others.
    if let Some(child) = left.ended {
        child.tell_parent(held);
    }
    for group in groups {
        let is_stopped = |other: &Process| other.group() == group && other.state() == State::Stopped;
        if tree::any(held, is_stopped) && tree::is_orphaned(held, group, process.session()) {
            hang_up(held, group);
        }
    }
    process.changes.wake();
    let parent = tree::find(held, process.parent());
    let forgets = match &parent {
        Ok(parent) => {
            process.end_signal() == Some(Signal::CHLD)
                && parent.action(held, Signal::CHLD).leaves_no_children()
        }
        // The first process has none: whoever has started it looks at its status.
        Err(_) => false,
    };
    if forgets {
        drop(tree::leave(held, id));
    }
    process.tell_parent(held);
}

/// Sends those children that want to be told the signal that they want.
fn tell_bereaved(held: &mut Root<'_, Task>, process: &Process) {
    let user = process.change(held, |own| own.credentials.uids[0]);
    let wants = |child: &Process| child.settings.bereaved.get() != 0;
    tree::each(held, wants, |held, child| {
        let signal = Signal::new(u64::from(child.settings.parent_death.get()));
        if child.settings.bereaved.set(0) != 0
            && let Ok(signal) = signal
        {
            // It waits by its bit where there is no room.
            let _ = child.send(held, Info::sent(signal, info::USER, process.id(), user), None);
        }
    });
}

/// The groups that have somebody who looks after them because of this process: its own, if its parent does, and those of its children.
fn looked_after(held: &mut Root<'_, Task>, process: &Process) -> Vec<u32> {
    let (own, session) = (process.group(), process.session());
    let mut groups = tree::groups_of_children(held, process);
    let is_link = |parent: &Process| parent.group() != own && parent.session() == session;
    if tree::find(held, process.parent()).is_ok_and(|parent| is_link(&parent))
        && groups.try_reserve(1).is_ok()
    {
        groups.push(own);
    }
    groups
}

/// Waits for a child that ends, or of which the parent wants to know more.
///
/// # Errors
///
/// [`Errno::ECHILD`] where there is no such child; [`Errno::EINTR`].
pub fn wait(
    current: &Current,
    held: &mut Root<'_, Task>,
    which: Which,
    options: u32,
) -> Result<Option<Change>> {
    let process = current.process();
    let mut wanted = 0;
    if options & general::WUNTRACED != 0 {
        wanted |= STOPPED;
    }
    if options & general::WCONTINUED != 0 {
        wanted |= CONTINUED;
    }
    let takes = options & general::WNOWAIT == 0;
    let wants_ends = options & general::WEXITED != 0;
    let look = |held: &mut Root<'_, Task>| {
        let may_change = |child: &Process| wants_ends || child.state() != State::Ended;
        let fits = |child: &Process| which.fits(child, options) && may_change(child);
        let reports = |child: &Process| child.report(wanted, false).is_some();
        tree::look_at_children(held, process.id(), fits, reports)
    };
    loop {
        let seen = process.child_changes.load(Ordering::SeqCst);
        match look(held) {
            Found::Nobody => return Err(Errno::ECHILD),
            Found::Ended(child) => {
                let change = child.change_of(held, child.status());
                if takes {
                    let gone = tree::leave(held, child.id());
                    if gone.is_none() {
                        // Another thread was quicker.
                        continue;
                    }
                    process.used_by_children.fetch_add(change.used, Ordering::Relaxed);
                    process.peaks[1].fetch_max(change.peak, Ordering::Relaxed);
                    // For other threads that have seen it and wait.
                    process.children_changed();
                }
                return Ok(Some(change));
            }
            Found::Reports(child) => {
                // Another thread may be quicker.
                let Some(report) = child.report(wanted, takes) else { continue };
                let status = if report & STOPPED != 0 { (report & 0xff) << 8 | 0x7f } else { 0xffff };
                return Ok(Some(child.change_of(held, status)));
            }
            Found::Living => {}
        }
        if options & general::WNOHANG != 0 {
            return Ok(None);
        }
        let has_changed = || {
            let changed = process.child_changes.load(Ordering::SeqCst) != seen;
            (changed || current.thread.is_interrupted()).then_some(())
        };
        // There is no deadline, and one source needs no memory.
        let _ = waiting::wait(held, &[&process.children], None, |_| has_changed());
        if current.thread.is_interrupted() && matches!(look(held), Found::Living | Found::Reports(_)) {
            return Err(Errno::EINTR);
        }
    }
}
