//! All processes, by their numbers.
//!
//! A process is in here from the moment it begins until its parent has been told of its end. Its lock, class [`ProcessTree`], is held for
//! looking up and for changing who is whose parent; what is to be done with those found is done after it.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Bound;
use core::sync::atomic::{AtomicU32, Ordering};

use abi::{Errno, Result};
use base::sched::Mutex;
use lockorder::{Before, Held, Root, Task, hierarchy};

use crate::children::Children;
use crate::process::{Process, State};
use crate::signal::number::Signal;

hierarchy! {
    /// Which processes there are, and who is whose parent.
    pub class ProcessTree in base::levels::Scheduler = 3;
}

/// The number of the first process.
pub const FIRST: u32 = 1;
/// The largest number of a process or thread.
pub(crate) const LARGEST: u32 = 4_194_304;

/// A process, and those whose parent it is.
struct Entry {
    process: Arc<Process>,
    children: Children,
}

/// All processes, by their numbers.
struct Tree(BTreeMap<u32, Entry>);

impl Tree {
    fn process(&self, id: u32) -> Option<&Arc<Process>> {
        self.0.get(&id).map(|entry| &entry.process)
    }

    fn processes(&self) -> impl Iterator<Item = &Arc<Process>> {
        self.0.values().map(|entry| &entry.process)
    }

    /// Sees that there is memory for one more child of a process, and for all processes to become children of the first one.
    fn reserve(&mut self, parent: u32) -> Result<()> {
        let count = self.0.len();
        for (id, more) in [(parent, 1), (FIRST, count + 1)] {
            if let Some(entry) = self.0.get_mut(&id) {
                let more = more.saturating_sub(if id == FIRST { entry.children.all().len() } else { 0 });
                entry.children.try_reserve(more).map_err(|_| Errno::ENOMEM)?;
            }
        }
        Ok(())
    }

    /// Adds a process. A parent that has ended meanwhile has no more children: the first process has them.
    fn enter(&mut self, process: &Arc<Process>) -> Result<()> {
        let parent = process.parent();
        let lives = self.process(parent).is_some_and(|parent| parent.state() != State::Ended);
        let parent = if lives || process.id() == FIRST { parent } else { FIRST };
        self.reserve(parent)?;
        process.set_parent(parent);
        if let Some(entry) = self.0.get_mut(&parent) {
            entry.children.add(process.id(), false);
        }
        self.0.insert(process.id(), Entry { process: Arc::clone(process), children: Children::NONE });
        Ok(())
    }

    fn leave(&mut self, id: u32) -> Option<Arc<Process>> {
        let Entry { process, .. } = self.0.remove(&id)?;
        if let Some(parent) = self.0.get_mut(&process.parent()) {
            parent.children.remove(id);
        }
        Some(process)
    }

    /// Who gets the children of a process that ends: the nearest one above it that adopts, or the first process.
    fn heir(&self, process: &Process) -> u32 {
        let mut above = process.parent();
        while let Some(process) = self.process(above).filter(|process| process.id() != FIRST) {
            if process.settings.adopts.get() != 0 && !process.is_leaving() {
                return above;
            }
            above = process.parent();
        }
        FIRST
    }

    /// The processes with these numbers.
    fn all_of(&self, numbers: &[u32]) -> impl Iterator<Item = &Arc<Process>> {
        numbers.iter().filter_map(|&id| self.process(id))
    }
}

/// What a parent finds among its children.
pub(crate) enum Found {
    /// One that has ended.
    Ended(Arc<Process>),
    /// One that has something to report.
    Reports(Arc<Process>),
    /// There are such children, and nothing has become of them.
    Living,
    /// There is no such child.
    Nobody,
}

/// Protects the processes; class `ProcessTree`.
static PROCESSES: Mutex<ProcessTree, Tree> = Mutex::new(Tree(BTreeMap::new()));
/// The number that was given last.
static LAST: AtomicU32 = AtomicU32::new(0);

/// A number for a process or a thread that no process has.
pub(crate) fn next_number<H: Before<ProcessTree>>(held: &mut Held<'_, H, Task>) -> u32 {
    loop {
        let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
            Some(if last >= LARGEST { FIRST + 1 } else { last + 1 })
        });
        let last = last.unwrap_or(0);
        let number = if last >= LARGEST { FIRST + 1 } else { last + 1 };
        let taken =
            held.below::<ProcessTree>().with(&PROCESSES, |processes, _| processes.0.contains_key(&number));
        if !taken {
            return number;
        }
    }
}

/// The number that was given last.
pub(crate) fn last_number() -> u32 {
    LAST.load(Ordering::Relaxed)
}

/// Adds a process.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub(crate) fn enter(held: &mut Root<'_, Task>, process: &Arc<Process>) -> Result<()> {
    held.with(&PROCESSES, |tree, _| tree.enter(process))
}

/// Adds a process, unless its parent is to end: who kills a group walks it in the order of numbers, and meets the parent or the child.
///
/// # Errors
///
/// [`Errno::EINTR`] where the parent is to end, [`Errno::ENOMEM`].
pub(crate) fn enter_unless(
    held: &mut Root<'_, Task>,
    process: &Arc<Process>,
    ends: impl Fn() -> bool,
) -> Result<()> {
    held.with(&PROCESSES, |tree, _| if ends() { Err(Errno::EINTR) } else { tree.enter(process) })
}

/// Takes a process out. The caller drops it after that.
pub(crate) fn leave(held: &mut Root<'_, Task>, id: u32) -> Option<Arc<Process>> {
    held.with(&PROCESSES, |tree, _| tree.leave(id))
}

/// The process with a number.
///
/// # Errors
///
/// [`Errno::ESRCH`].
pub fn find(held: &mut Root<'_, Task>, id: u32) -> Result<Arc<Process>> {
    held.with(&PROCESSES, |tree, _| tree.process(id).cloned()).ok_or(Errno::ESRCH)
}

/// The first one after number `after` for which `wanted` says so. Whoever walks them all takes one after the other: a list of them would
/// be as long as users make it.
pub fn next(
    held: &mut Root<'_, Task>,
    after: u32,
    wanted: impl Fn(&Process) -> bool,
) -> Option<Arc<Process>> {
    held.with(&PROCESSES, |tree, _| {
        let following = tree.0.range((Bound::Excluded(after), Bound::Unbounded));
        following.map(|(_, entry)| &entry.process).find(|process| wanted(process)).cloned()
    })
}

/// Does something with each for which `wanted` says so, in the order of their numbers; says whether there was any.
pub fn each(
    held: &mut Root<'_, Task>,
    wanted: impl Fn(&Process) -> bool,
    mut act: impl FnMut(&mut Root<'_, Task>, &Arc<Process>),
) -> bool {
    let mut last = 0;
    while let Some(process) = next(held, last, &wanted) {
        last = process.id();
        act(held, &process);
    }
    last != 0
}

/// How many there are.
pub fn count(held: &mut Root<'_, Task>) -> usize {
    held.with(&PROCESSES, |tree, _| tree.0.len())
}

/// The number of the one at a place in their order.
pub fn number_at<H: Before<ProcessTree>>(held: &mut Held<'_, H, Task>, place: usize) -> Option<u32> {
    held.below::<ProcessTree>().with(&PROCESSES, |tree, _| tree.0.keys().nth(place).copied())
}

/// Whether there is one for which `wanted` says so.
pub fn any(held: &mut Root<'_, Task>, wanted: impl Fn(&Process) -> bool) -> bool {
    held.with(&PROCESSES, |tree, _| tree.processes().any(|process| wanted(process)))
}

/// Whether nobody looks after the processes of a group: none of them has a parent in another group of the same session.
pub fn is_orphaned(held: &mut Root<'_, Task>, group: u32, session: u32) -> bool {
    held.with(&PROCESSES, |tree, _| {
        let of_group = |process: &&Arc<Process>| process.group() == group && process.state() != State::Ended;
        !tree.processes().filter(of_group).any(|process| {
            let parent = tree.process(process.parent());
            parent.is_some_and(|parent| parent.group() != group && parent.session() == session)
        })
    })
}

/// The groups that a process looks after: those of its children that are another one than its own, in its session. Without memory for a
/// note of it, a group is not looked after.
pub(crate) fn groups_of_children(held: &mut Root<'_, Task>, process: &Process) -> Vec<u32> {
    let (own, session) = (process.group(), process.session());
    held.with(&PROCESSES, |tree, _| {
        let mut groups = Vec::new();
        let children = tree.0.get(&process.id()).map(|entry| entry.children.all());
        for child in tree.all_of(children.unwrap_or_default()) {
            let group = child.group();
            let is_new = group != own && child.session() == session && !groups.contains(&group);
            if is_new && groups.try_reserve(1).is_ok() {
                groups.push(group);
            }
        }
        groups
    })
}

/// What a parent finds among those of its children for which `fits` says so: one that has ended before one that `reports`.
pub(crate) fn look_at_children(
    held: &mut Root<'_, Task>,
    parent: u32,
    fits: impl Fn(&Process) -> bool,
    reports: impl Fn(&Process) -> bool,
) -> Found {
    held.with(&PROCESSES, |tree, _| {
        let Some(Entry { children, .. }) = tree.0.get(&parent) else { return Found::Nobody };
        if let Some(ended) = tree.all_of(children.ended()).find(|child| fits(child)) {
            return Found::Ended(Arc::clone(ended));
        }
        let mut is_there = false;
        for child in tree.all_of(children.living()).filter(|child| fits(child)) {
            is_there = true;
            if reports(child) {
                return Found::Reports(Arc::clone(child));
            }
        }
        if is_there { Found::Living } else { Found::Nobody }
    })
}

/// What a process that ends leaves to another one.
#[derive(Debug)]
pub(crate) struct Left {
    /// One of its children that has ended, and of which the new parent does not know.
    pub(crate) ended: Option<Arc<Process>>,
    /// Whether one of its children wants to be told: it is noted among its settings.
    pub(crate) bereaved: bool,
}

/// Makes a process one of those that have ended, and gives its children to the nearest one above it that adopts, or else to the first
/// process.
pub(crate) fn end(held: &mut Root<'_, Task>, process: &Process) -> Left {
    let id = process.id();
    held.with(&PROCESSES, |tree, _| {
        process.set_state(State::Ended);
        if let Some(parent) = tree.0.get_mut(&process.parent()) {
            parent.children.end(id);
        }
        let children =
            tree.0.get_mut(&id).map(|entry| core::mem::take(&mut entry.children)).unwrap_or_default();
        let mut to = tree.heir(process);
        let has_room = |entry: &mut Entry| entry.children.try_reserve(children.all().len()).is_ok();
        if !tree.0.get_mut(&to).is_some_and(has_room) {
            // There is memory for all of them: each of them has reserved it when it entered.
            to = FIRST;
        }
        let mut bereaved = false;
        for child in tree.all_of(children.all()) {
            child.set_parent(to);
            // Its new parent has not asked for another signal, which might end it.
            child.set_end_signal(Some(Signal::CHLD));
            if child.settings.parent_death.get() != 0 {
                child.settings.bereaved.set(1);
                bereaved = true;
            }
        }
        let ended = tree.all_of(children.ended()).next().cloned();
        if let Some(entry) = tree.0.get_mut(&to) {
            children.ended().iter().for_each(|&child| entry.children.add(child, true));
            children.living().iter().for_each(|&child| entry.children.add(child, false));
        }
        Left { ended, bereaved }
    })
}
