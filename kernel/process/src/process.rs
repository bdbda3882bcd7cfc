//! One process.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::Mutex;
use base::sched::core::runtime_of;
use base::sched::thread::CpuSet;
use base::sched::waiting::Source;
use base::time::Instant;
use fs::{Caller, Inode, Namespace, Start};
use lockorder::{Root, Task, hierarchy};
use memory::AddressSpace;

use crate::descriptors::Descriptors;
use crate::settings::Settings;
use crate::signal::dispositions::{Dispositions, Member, Signals};
use crate::signal::number::Signal;
use crate::signal::shared::Shared;
use crate::system::System;

hierarchy! {
    /// What a process runs as, where, and which program.
    pub class Facts in base::levels::Scheduler = 5;
}

/// Who a process runs as.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user: real, effective, saved.
    pub uids: [u32; 3],
    /// The group: real, effective, saved.
    pub gids: [u32; 3],
    /// By which user and which group files go: the effective ones, unless something else was asked for.
    pub file_ids: [u32; 2],
    /// Further groups.
    pub groups: Arc<Vec<u32>>,
}

impl Credentials {
    /// Saves the effective user and group: a program begins with those.
    pub(crate) const fn save(&mut self) {
        self.uids[2] = self.uids[1];
        self.gids[2] = self.gids[1];
    }

    /// Who asks for files.
    #[must_use]
    pub fn caller(&self, umask: u32) -> Caller<'_> {
        Caller { uid: self.file_ids[0], gid: self.file_ids[1], groups: &self.groups, umask }
    }
}

/// What a process runs as, where, and which program.
#[derive(Clone)]
pub struct Program {
    /// Who it runs as.
    pub credentials: Credentials,
    /// Permissions that what it makes does not get.
    pub umask: u32,
    /// The directory of its absolute paths.
    pub root: Arc<dyn Inode>,
    /// The directory of the others.
    pub directory: Arc<dyn Inode>,
    /// Its memory; none when it has ended.
    pub space: Option<Arc<AddressSpace>>,
    /// The program's name, at most 15 bytes.
    pub name: Arc<[u8]>,
    /// The program's path.
    pub path: Arc<[u8]>,
    /// The program's file.
    pub executable: Option<Arc<dyn Inode>>,
    /// Where its arguments are in its memory.
    pub arguments: (u64, u64),
    /// Where its environment is.
    pub environment: (u64, u64),
    /// What it may use of each resource: now, and at most.
    pub limits: Arc<crate::limits::Resources>,
}

impl Program {
    /// Where its paths begin, and who walks them.
    #[must_use]
    pub fn start<'a>(&'a self, namespace: &'a Namespace) -> Start<'a> {
        let caller = self.credentials.caller(self.umask);
        Start { namespace, root: &self.root, directory: &self.directory, caller }
    }
}

impl core::fmt::Debug for Program {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Program").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// What has become of a process, as far as its parent has not been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum State {
    /// It runs.
    Running = 0,
    /// A signal has stopped it.
    Stopped = 1,
    /// It has ended, and its parent has not asked yet.
    Ended = 2,
}

/// In [`Process::report`]: a stop, or a going on, that the parent has not asked about.
pub(crate) const STOPPED: u32 = 1 << 31;
/// See [`STOPPED`].
pub(crate) const CONTINUED: u32 = 1 << 30;

/// A process.
pub struct Process {
    /// What its threads know of it: its number, signals that wait for any of them, whether they are to end.
    pub(crate) shared: Arc<Shared>,
    parent: AtomicU32,
    group: AtomicU32,
    session: AtomicU32,
    state: AtomicU32,
    /// How it has ended, as `wait` tells it.
    status: AtomicU32,
    /// What its parent has not been told of stops.
    report: AtomicU32,
    /// How many threads it has.
    pub(crate) threads: AtomicU32,
    /// Protects dispositions, and which threads signals go to; class `Signals`.
    pub(crate) signals: Mutex<Signals, Dispositions>,
    /// Protects what it runs as; class `Facts`.
    facts: Mutex<Facts, Program>,
    /// What all processes have in common.
    system: Arc<System>,
    /// How often it has been told to go on: a stop that was taken before does not hold.
    pub(crate) continues: AtomicU32,
    /// Woken when a child changes.
    pub(crate) children: Source,
    /// How often that has happened, modulo its size.
    pub(crate) child_changes: AtomicU32,
    /// Woken when it changes itself: stops, goes on, loses a thread, has let go of its parent's memory.
    pub(crate) changes: Source,
    /// Whether it uses its parent's memory, which waits for that to end.
    pub(crate) borrows: AtomicU32,
    /// Its open files; none when it has ended.
    pub(crate) descriptors: Mutex<Facts, Option<Arc<Descriptors>>>,
    /// When it began.
    pub(crate) started: Instant,
    /// Processor time of threads that have ended, in nanoseconds.
    pub(crate) used: AtomicU64,
    /// That of children that were waited for, and of theirs.
    pub(crate) used_by_children: AtomicU64,
    /// The most pages that it or one of those children had in memory.
    pub(crate) peaks: [AtomicU64; 2],
    /// The most processor time that it may use, in seconds: a copy of its limit, read under another lock.
    pub(crate) cpu_most: AtomicU64,
    /// The size to which its files may grow by what it does: for those who do not look at all limits for that.
    file_most: AtomicU64,
    /// The signal that tells its parent of its end; 0 for none.
    end_signal: AtomicU32,
    /// How many programs it has executed.
    executions: AtomicU32,
    /// How many its parent had executed when it was made: a later program has not asked for the signal.
    made_after: AtomicU32,
    /// What it has set for itself.
    pub settings: Settings,
}

impl core::fmt::Debug for Process {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Process").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// The share of a processor that goes with niceness, from 0 for the least nice to 39: a fifth less for each step, as in Linux.
fn weight(niceness: u32) -> u64 {
    /// What a process has that is as nice as most.
    const USUAL: u64 = 100;
    let steps = niceness.abs_diff(20);
    let scaled =
        |up: bool| (0..steps).fold(USUAL << 16, |share, _| if up { share * 5 / 4 } else { share * 4 / 5 });
    (scaled(niceness < 20) >> 16).max(1)
}

/// Where a process stands among the others.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its number.
    pub id: u32,
    /// Its parent's.
    pub parent: u32,
    /// Its group's.
    pub group: u32,
    /// Its session's.
    pub session: u32,
}

impl Process {
    /// A process that nobody knows yet.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(crate) fn new(
        place: Place,
        system: Arc<System>,
        program: Program,
        descriptors: Arc<Descriptors>,
        dispositions: Dispositions,
        settings: Settings,
    ) -> Result<Arc<Self>> {
        let shared = Shared::new(place.id, dispositions.ignored());
        let process = Self {
            shared: try_arc(shared).map_err(|_| Errno::ENOMEM)?,
            parent: AtomicU32::new(place.parent),
            group: AtomicU32::new(place.group),
            session: AtomicU32::new(place.session),
            state: AtomicU32::new(State::Running as u32),
            status: AtomicU32::new(0),
            report: AtomicU32::new(0),
            threads: AtomicU32::new(1),
            signals: Mutex::new(dispositions),
            facts: Mutex::new(program),
            system,
            continues: AtomicU32::new(0),
            children: Source::new(),
            child_changes: AtomicU32::new(0),
            changes: Source::new(),
            borrows: AtomicU32::new(0),
            descriptors: Mutex::new(Some(descriptors)),
            started: Instant::now(),
            used: AtomicU64::new(0),
            used_by_children: AtomicU64::new(0),
            peaks: [const { AtomicU64::new(0) }; 2],
            cpu_most: AtomicU64::new(u64::MAX),
            file_most: AtomicU64::new(u64::MAX),
            end_signal: AtomicU32::new(Signal::CHLD.number()),
            executions: AtomicU32::new(0),
            made_after: AtomicU32::new(0),
            settings,
        };
        try_arc(process).map_err(|_| Errno::ENOMEM)
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.shared.id()
    }

    /// Its parent's number; 0 for the first process.
    #[must_use]
    pub fn parent(&self) -> u32 {
        self.parent.load(Ordering::SeqCst)
    }

    /// Gives it another parent. Under the tree's lock.
    pub(crate) fn set_parent(&self, parent: u32) {
        self.parent.store(parent, Ordering::SeqCst);
    }

    /// Its group's number.
    #[must_use]
    pub fn group(&self) -> u32 {
        self.group.load(Ordering::SeqCst)
    }

    /// Puts it into a group.
    pub fn set_group(&self, group: u32) {
        self.group.store(group, Ordering::SeqCst);
    }

    /// Its session's number.
    #[must_use]
    pub fn session(&self) -> u32 {
        self.session.load(Ordering::SeqCst)
    }

    /// Makes it the leader of a session and a group of its own.
    pub fn lead_session(&self) {
        self.session.store(self.id(), Ordering::SeqCst);
        self.group.store(self.id(), Ordering::SeqCst);
    }

    /// What has become of it.
    #[must_use]
    pub fn state(&self) -> State {
        match self.state.load(Ordering::SeqCst) {
            0 => State::Running,
            1 => State::Stopped,
            _ => State::Ended,
        }
    }

    /// Notes what has become of it.
    pub(crate) fn set_state(&self, state: State) {
        self.state.store(state as u32, Ordering::SeqCst);
    }

    /// How it has ended, as `wait` tells it.
    #[must_use]
    pub fn status(&self) -> u32 {
        self.status.load(Ordering::SeqCst)
    }

    /// Notes that it has stopped by a signal, or gone on, for its parent.
    pub(crate) fn set_report(&self, report: u32) {
        self.report.store(report, Ordering::SeqCst);
    }

    /// What its parent has not been told of stops, if it is among `wanted`; it is told now if `takes`.
    #[must_use]
    pub fn report(&self, wanted: u32, takes: bool) -> Option<u32> {
        let report = self.report.load(Ordering::SeqCst);
        if report & wanted == 0 {
            return None;
        }
        if takes {
            self.report.store(0, Ordering::SeqCst);
        }
        Some(report)
    }

    /// Has all its threads end, with a status, unless they are to already.
    pub(crate) fn begin_to_leave(&self, status: u32) {
        if self.shared.begin_to_leave(status) {
            self.status.store(status, Ordering::SeqCst);
        }
    }

    /// Has all its threads end, with a status.
    pub fn leave(&self, held: &mut Root<'_, Task>, status: u32) {
        self.begin_to_leave(status);
        self.nudge_all(held);
    }

    /// The signal that tells its parent of its end, if there is one.
    #[must_use]
    pub fn end_signal(&self) -> Option<Signal> {
        Signal::new(u64::from(self.end_signal.load(Ordering::Relaxed))).ok()
    }

    /// Sets the signal that tells its parent of its end.
    pub(crate) fn set_end_signal(&self, signal: Option<Signal>) {
        self.end_signal.store(signal.map_or(0, Signal::number), Ordering::Relaxed);
    }

    /// Notes who its parent is by the program that that runs, and which signal that program has asked for. A sibling of its maker's
    /// (`is_sibling`) has what its maker has: its parent has not asked for anything.
    pub(crate) fn set_maker(&self, maker: &Self, is_sibling: bool, signal: Option<Signal>) {
        let (after, signal) =
            if is_sibling { (&maker.made_after, maker.end_signal()) } else { (&maker.executions, signal) };
        self.made_after.store(after.load(Ordering::Relaxed), Ordering::Relaxed);
        self.set_end_signal(signal);
    }

    /// Notes that it runs another program, whose end is told as usual.
    pub(crate) fn has_executed(&self) {
        self.executions.fetch_add(1, Ordering::Relaxed);
        self.set_end_signal(Some(Signal::CHLD));
    }

    /// The signal that this parent is told of its end by: the usual one where it runs another program than the one that asked.
    pub(crate) fn end_signal_for(&self, parent: &Self) -> Option<Signal> {
        let is_asked = parent.executions.load(Ordering::Relaxed) == self.made_after.load(Ordering::Relaxed);
        self.end_signal().map(|signal| if is_asked { signal } else { Signal::CHLD })
    }

    /// What it may use of a resource now.
    pub fn limit(&self, held: &mut Root<'_, Task>, resource: u32) -> u64 {
        let place = usize::try_from(resource).unwrap_or(usize::MAX);
        held.with(&self.facts, |facts, _| facts.limits.get(place).map_or(u64::MAX, |limit| limit[0]))
    }

    /// Whether so much processor time, in nanoseconds, is the most that it may use, or more.
    pub(crate) fn cpu_limit_is_over(&self, used: u64) -> bool {
        used / 1_000_000_000 >= self.cpu_most.load(Ordering::Relaxed)
    }

    /// The size to which files may grow by what it does; [`u64::MAX`] for any.
    pub fn file_most(&self) -> u64 {
        self.file_most.load(Ordering::Relaxed)
    }

    /// Says to which size files may grow by what it does.
    pub fn set_file_most(&self, most: u64) {
        self.file_most.store(most, Ordering::Relaxed);
    }

    /// Says how much processor time is the most that it may use, in seconds.
    pub fn set_cpu_most(&self, seconds: u64) {
        self.cpu_most.store(seconds, Ordering::Relaxed);
    }

    /// The most pages that it had in memory when it was asked, and that children had that were waited for.
    pub fn peaks(&self, held: &mut Root<'_, Task>) -> [u64; 2] {
        let now = self.space(held).map_or(0, |space| space.resident_pages());
        let own = self.peaks[0].fetch_max(now, Ordering::Relaxed).max(now);
        [own, self.peaks[1].load(Ordering::Relaxed)]
    }

    /// Processor time of threads that have ended, in nanoseconds.
    pub(crate) fn used_by_ended(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Processor time of its threads, in nanoseconds.
    pub fn used(&self, held: &mut Root<'_, Task>) -> u64 {
        self.used.load(Ordering::Relaxed).saturating_add(self.used_by_members(held))
    }

    /// Processor time of one of its threads, in nanoseconds, if it is one.
    pub fn used_by(&self, held: &mut Root<'_, Task>, thread: u32) -> Option<u64> {
        self.look(held, thread, |member| runtime_of(&member.carrier))
    }

    /// Processor time of children that were waited for, and of theirs, in nanoseconds.
    #[must_use]
    pub fn used_by_children(&self) -> u64 {
        self.used_by_children.load(Ordering::Relaxed)
    }

    /// Whether all its threads are to end.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.shared.is_leaving()
    }

    /// What all processes have in common.
    #[must_use]
    pub const fn system(&self) -> &Arc<System> {
        &self.system
    }

    /// All files' namespace.
    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        &self.system.namespace
    }

    /// What it runs as.
    pub fn program(&self, held: &mut Root<'_, Task>) -> Program {
        held.with(&self.facts, |facts, _| facts.clone())
    }

    /// Changes what it runs as.
    pub fn change<O>(&self, held: &mut Root<'_, Task>, change: impl FnOnce(&mut Program) -> O) -> O {
        held.with(&self.facts, |facts, _| change(facts))
    }

    /// Its memory.
    pub fn space(&self, held: &mut Root<'_, Task>) -> Option<Arc<AddressSpace>> {
        held.with(&self.facts, |facts, _| facts.space.clone())
    }

    /// Its open files.
    ///
    /// # Errors
    ///
    /// [`Errno::ESRCH`] when it has ended.
    pub fn descriptors(&self, held: &mut Root<'_, Task>) -> Result<Arc<Descriptors>> {
        held.with(&self.descriptors, |descriptors, _| descriptors.clone()).ok_or(Errno::ESRCH)
    }

    /// Gives it another table of open files, or none; gives the one before.
    pub(crate) fn set_descriptors(
        &self,
        held: &mut Root<'_, Task>,
        descriptors: Option<Arc<Descriptors>>,
    ) -> Option<Arc<Descriptors>> {
        held.with(&self.descriptors, |own, _| core::mem::replace(own, descriptors))
    }

    /// Whether it has several threads.
    pub fn is_threaded(&self) -> bool {
        self.threads.load(Ordering::SeqCst) > 1
    }

    /// Its table of open files, which no other process has: a copy where others had it, and keep it.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`]; as for [`descriptors`](Self::descriptors).
    pub fn own_descriptors(&self, held: &mut Root<'_, Task>) -> Result<Arc<Descriptors>> {
        let own = self.descriptors(held)?;
        if !own.is_shared() {
            return Ok(own);
        }
        let copy = own.try_clone(held)?;
        if let Some(shared) = self.set_descriptors(held, Some(Arc::clone(&copy))) {
            drop(own);
            shared.leave(held);
        }
        Ok(copy)
    }

    /// Leaves its table of open files, for the end of the process.
    pub(crate) fn leave_descriptors(&self, held: &mut Root<'_, Task>) {
        if let Some(descriptors) = self.set_descriptors(held, None) {
            descriptors.leave(held);
        }
    }

    /// Looks at one of its threads.
    fn look<O>(&self, held: &mut Root<'_, Task>, thread: u32, look: impl FnOnce(&Member) -> O) -> Option<O> {
        held.with(&self.signals, |signals, _| {
            signals.members.iter().find(|member| member.thread.id() == thread).map(look)
        })
    }

    /// Where one of its threads may run, if it is one.
    pub fn allowed(&self, held: &mut Root<'_, Task>, thread: u32) -> Option<CpuSet> {
        self.look(held, thread, |member| member.carrier.allowed())
    }

    /// Says where one of its threads may run; says whether it is one.
    pub fn set_allowed(&self, held: &mut Root<'_, Task>, thread: u32, allowed: CpuSet) -> bool {
        self.look(held, thread, |member| member.carrier.set_allowed(allowed)).is_some()
    }

    /// Where the list of words is that one of its threads owns, if it is one.
    pub fn robust_list(&self, held: &mut Root<'_, Task>, thread: u32) -> Option<u64> {
        self.look(held, thread, |member| member.thread.robust_list())
    }

    /// Makes it as nice as this, from 0 for the least nice to 39: its threads get a share of processors by it.
    pub fn set_niceness(&self, held: &mut Root<'_, Task>, niceness: u32) {
        self.settings.niceness.set(niceness);
        held.with(&self.signals, |signals, _| {
            signals.members.iter().for_each(|member| member.carrier.set_weight(weight(niceness)));
        });
    }

    /// Whether one of its threads has this number.
    pub fn has_thread(&self, held: &mut Root<'_, Task>, id: u32) -> bool {
        held.with(&self.signals, |signals, _| signals.threads().any(|thread| thread == id))
    }

    /// How many threads it has.
    pub fn thread_count(&self, held: &mut Root<'_, Task>) -> usize {
        held.with(&self.signals, |signals, _| signals.threads().len())
    }

    /// Something has become of a child, or somebody has become one: who waits looks again.
    pub(crate) fn children_changed(&self) {
        self.child_changes.fetch_add(1, Ordering::SeqCst);
        self.children.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::weight;

    #[test]
    fn a_step_of_niceness_is_a_fifth() {
        assert_eq!([20, 21, 19, 39].map(weight), [100, 80, 125, 1]);
        assert!((8000..9000).contains(&weight(0)));
    }
}
