//! All processes, by their numbers.
//!
//! A process is in here from the moment it begins until its parent has been told of its end. Its lock, class [`ProcessTree`], is held for
//! looking up and for changing who is whose parent; what is to be done with those found is done after it.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::ops::Bound;
use core::sync::atomic::{AtomicU32, Ordering};

use abi::{Errno, Result};
use base::sched::Mutex;
use lockorder::{Before, Held, Root, Task, hierarchy};

use crate::process::{Process, State};

hierarchy! {
    /// Which processes there are, and who is whose parent.
    pub class ProcessTree in base::levels::Scheduler = 3;
}

/// The number of the first process.
pub const FIRST: u32 = 1;
/// The largest number of a process or thread.
const LARGEST: u32 = 4_194_304;

/// Protects the processes; class `ProcessTree`.
static PROCESSES: Mutex<ProcessTree, BTreeMap<u32, Arc<Process>>> = Mutex::new(BTreeMap::new());
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
            held.below::<ProcessTree>().with(&PROCESSES, |processes, _| processes.contains_key(&number));
        if !taken {
            return number;
        }
    }
}

/// Adds a process.
pub(crate) fn enter(held: &mut Root<'_, Task>, process: &Arc<Process>) {
    held.with(&PROCESSES, |processes, _| processes.insert(process.id(), Arc::clone(process)));
}

/// Adds a process, unless its parent is to end: who kills a group walks it in the order of numbers, and meets the parent or the child.
pub(crate) fn enter_unless(
    held: &mut Root<'_, Task>,
    process: &Arc<Process>,
    ends: impl Fn() -> bool,
) -> bool {
    held.with(&PROCESSES, |processes, _| {
        let enters = !ends();
        if enters {
            processes.insert(process.id(), Arc::clone(process));
        }
        enters
    })
}

/// Takes a process out. The caller drops it after that.
pub(crate) fn leave(held: &mut Root<'_, Task>, id: u32) -> Option<Arc<Process>> {
    held.with(&PROCESSES, |processes, _| processes.remove(&id))
}

/// The process with a number.
///
/// # Errors
///
/// [`Errno::ESRCH`].
pub fn find(held: &mut Root<'_, Task>, id: u32) -> Result<Arc<Process>> {
    held.with(&PROCESSES, |processes, _| processes.get(&id).cloned()).ok_or(Errno::ESRCH)
}

/// The first one after number `after` for which `wanted` says so. Whoever walks them all takes one after the other: a list of them would
/// be as long as users make it.
pub fn next(
    held: &mut Root<'_, Task>,
    after: u32,
    wanted: impl Fn(&Process) -> bool,
) -> Option<Arc<Process>> {
    held.with(&PROCESSES, |processes, _| {
        let following = processes.range((Bound::Excluded(after), Bound::Unbounded));
        following.map(|(_, process)| process).find(|process| wanted(process)).cloned()
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
    held.with(&PROCESSES, |processes, _| processes.len())
}

/// The number of the one at a place in their order.
pub fn number_at<H: Before<ProcessTree>>(held: &mut Held<'_, H, Task>, place: usize) -> Option<u32> {
    held.below::<ProcessTree>().with(&PROCESSES, |processes, _| processes.keys().nth(place).copied())
}

/// Whether there is one for which `wanted` says so.
pub fn any(held: &mut Root<'_, Task>, wanted: impl Fn(&Process) -> bool) -> bool {
    held.with(&PROCESSES, |processes, _| processes.values().any(|process| wanted(process)))
}

/// Whether nobody looks after the processes of a group: none of them has a parent in another group of the same session.
pub fn is_orphaned(held: &mut Root<'_, Task>, group: u32, session: u32) -> bool {
    held.with(&PROCESSES, |processes, _| {
        let of_group = |process: &&Arc<Process>| process.group() == group && process.state() != State::Ended;
        !processes.values().filter(of_group).any(|process| {
            let parent = processes.get(&process.parent());
            parent.is_some_and(|parent| parent.group() != group && parent.session() == session)
        })
    })
}

/// What has become of the children of a process that ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adopted {
    /// Who has got them: the nearest process above that adopts, or the first one.
    pub(crate) heir: u32,
    /// Whether there were any.
    pub(crate) any: bool,
    /// Whether one of them wants to be told: it is noted among its settings.
    pub(crate) bereaved: bool,
}

/// Gives the children of a process that ends to another one.
pub(crate) fn adopt(held: &mut Root<'_, Task>, process: &Process) -> Adopted {
    held.with(&PROCESSES, |processes, _| {
        let mut heir = process.parent();
        while heir != FIRST
            && let Some(above) = processes.get(&heir)
            && (above.settings.adopts.get() == 0 || above.is_leaving())
        {
            heir = above.parent();
        }
        let heir = if processes.contains_key(&heir) { heir } else { FIRST };
        let mut adopted = Adopted { heir, any: false, bereaved: false };
        for child in processes.values().filter(|child| child.parent() == process.id()) {
            child.set_parent(heir);
            adopted.any = true;
            if child.settings.parent_death.get() != 0 {
                child.settings.bereaved.set(1);
                adopted.bereaved = true;
            }
        }
        adopted
    })
}
