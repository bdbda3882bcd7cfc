//! Priority inheritance: whoever is waited for runs with the weight of those who wait.
//!
//! A light thread that owns a lock may not get to run for long, and a heavy one that waits for the lock waits for the light
//! one's turn (Lampson and Redell, "Experience with Processes and Monitors in Mesa", 1980; Sha, Rajkumar and Lehoczky,
//! "Priority Inheritance Protocols", 1990). So the owner of a lock is *lent* the greatest weight among those who wait for
//! it, and where it waits itself, it lends on, along the chain.
//!
//! Each thread has, behind a leaf of its own, what it was lent, by lock, and what it waits for. **One leaf at a time**, and
//! after each step a second look whether it still holds what the step was made of:
//!
//! - *Refreshing a lock*: look for the greatest weight in its queue; note it at the owner; look again whether that is the
//!   owner still, and the greatest weight. Whoever changes the queue or the owner refreshes after that, so the last note
//!   is a right one. Whoever refreshes owns the lock, or waits for it, or has just done so: it stays where it is.
//! - *Lending on*: look what the owner waits for, and who owns that; note it there; look again whether the owner still waits
//!   for it. If not, put back what was noted before, unless somebody else has written since, which a stamp tells.
//! - *Releasing*: the owner first owns the lock no more, and then takes what it was lent for it out of its notes.
//!
//! What is lent is never too little for long. It may be too much until the lock is released: where the heavy one at the far
//! end of a chain gives up, the near end is not told. The chain is followed [`LONGEST_CHAIN`] owners far. A thread has
//! notes for [`MOST_LOCKS`] locks at once: what it is lent for more than that it does not get. `tests/protocols` has this
//! protocol as a model.

use alloc::sync::Arc;
use core::num::NonZeroU64;
use core::ptr;

use lockorder::blocking::{Blocking, Owned};

use super::core::{current, reweigh};
use super::registry;
use super::thread::Thread;
use crate::platform::Machine;

/// How many owners of a chain are lent to.
const LONGEST_CHAIN: usize = 16;
/// For how many locks a thread can be lent a weight at once.
const MOST_LOCKS: usize = 8;
/// How often a step is made again where what it was made of has changed. Whoever changed it makes it as well.
const TRIES: usize = 8;

/// What a thread was lent for a lock.
#[derive(Clone, Copy)]
struct Lent {
    /// The lock's address.
    lock: usize,
    weight: u64,
    /// Tells this note from earlier and later ones.
    stamp: u64,
}

/// What a thread was lent, and what it waits for.
pub(super) struct Inheritance {
    lent: [Option<Lent>; MOST_LOCKS],
    stamp: u64,
    /// The lock that it waits for, which stays where it is while it stands here.
    waits_for: *const Owned<Machine>,
}

// SAFETY: the pointer is followed under the thread's leaf only, while the thread waits for what it points to.
unsafe impl Send for Inheritance {}

impl Inheritance {
    /// Nothing.
    pub(super) const fn new() -> Self {
        Self { lent: [None; MOST_LOCKS], stamp: 0, waits_for: ptr::null() }
    }

    /// Notes a weight for a lock, at least or exactly; gives what to put back. Zero takes the note away.
    fn note(&mut self, lock: usize, weight: u64, at_least: bool) -> Lent {
        self.stamp += 1;
        let stamp = self.stamp;
        let place = self.lent.iter().position(|lent| lent.is_some_and(|lent| lent.lock == lock));
        let place = place.or_else(|| self.lent.iter().position(Option::is_none));
        let Some(place) = place else { return Lent { lock, weight: 0, stamp } };
        let before = self.lent[place].map_or(0, |lent| lent.weight);
        let weight = if at_least { weight.max(before) } else { weight };
        self.lent[place] = (weight > 0).then_some(Lent { lock, weight, stamp });
        Lent { lock, weight: before, stamp }
    }

    /// Puts back what was noted before, if nobody has written over it.
    fn put_back(&mut self, before: Lent) {
        let written = |lent: &Option<Lent>| {
            lent.is_some_and(|lent| lent.lock == before.lock && lent.stamp == before.stamp)
        };
        if let Some(place) = self.lent.iter().position(written) {
            self.lent[place] = (before.weight > 0).then_some(before);
        }
    }

    /// What the thread waits for, and who owns that.
    fn awaited(&self) -> Option<(usize, Option<NonZeroU64>)> {
        // SAFETY: the lock stays where it is until the thread has said, under its leaf, that it waits no more; the caller
        // has that leaf.
        let lock = unsafe { self.waits_for.as_ref() }?;
        Some((name(lock), lock.owner()))
    }

    /// The greatest weight that was lent.
    fn greatest(&self) -> u64 {
        self.lent.iter().flatten().map(|lent| lent.weight).max().unwrap_or(0)
    }

    /// For how many locks something was lent.
    fn count(&self) -> usize {
        self.lent.iter().flatten().count()
    }
}

/// The address that a lock is known by.
fn name(lock: &Owned<Machine>) -> usize {
    ptr::from_ref(lock).addr()
}

/// Changes what a thread was lent, under its leaf, and what it runs with.
fn change<O>(thread: &Arc<Thread>, change: impl FnOnce(&mut Inheritance) -> O) -> O {
    let (result, before, now) = thread.inheritance().with(|inheritance| {
        let result = change(inheritance);
        let (before, now) = thread.set_lent(inheritance.greatest(), inheritance.count());
        (result, before, now)
    });
    if now > before {
        reweigh(thread, before);
    }
    result
}

/// Has the owner of a lock run with the greatest weight of those who wait for it, and lends on.
///
/// The lock stays where it is: the caller waits for it or owns it, or has just done so.
fn refresh(lock: &Owned<Machine>) {
    for _ in 0..TRIES {
        let greatest = lock.waiters().greatest_weight();
        let Some(number) = lock.owner() else { return };
        let Some(owner) = registry::numbered(number) else { return };
        let before = change(&owner, |lent| lent.note(name(lock), greatest, false));
        if lock.owner() != Some(number) {
            change(&owner, |lent| lent.put_back(before));
        } else if lock.waiters().greatest_weight() == greatest {
            lend_on(owner);
            return;
        }
    }
}

/// Lends the weight of an owner to whom it waits for, along the chain.
fn lend_on(mut thread: Arc<Thread>) {
    for _ in 0..LONGEST_CHAIN {
        let mut next = None;
        for _ in 0..TRIES {
            let awaited = || thread.inheritance().with(|lent| lent.awaited());
            let Some((lock, Some(number))) = awaited() else { return };
            let Some(owner) = registry::numbered(number) else { return };
            let weight = thread.weight();
            let before = change(&owner, |lent| lent.note(lock, weight, true));
            if awaited() == Some((lock, Some(number))) {
                next = Some(owner);
                break;
            }
            change(&owner, |lent| lent.put_back(before));
        }
        let Some(owner) = next else { return };
        thread = owner;
    }
}

/// This thread begins to wait for a lock.
pub(super) fn begins_to_wait(lock: &Owned<Machine>) {
    current().inheritance().with(|lent| lent.waits_for = ptr::from_ref(lock));
}

/// This thread waits for a lock, stands in its queue, and has seen its owner.
pub(super) fn sees_owner(lock: &Owned<Machine>) {
    refresh(lock);
}

/// This thread waits for a lock no more, and stands in its queue no more.
pub(super) fn waits_no_more(lock: &Owned<Machine>) {
    current().inheritance().with(|lent| lent.waits_for = ptr::null());
    if lock.owner() != Some(Machine::thread()) {
        // It has given up: its owner may have been lent this one's weight.
        refresh(lock);
    }
}

/// This thread has taken a lock that others wait for.
pub(super) fn takes_awaited(lock: &Owned<Machine>) {
    refresh(lock);
}

/// This thread owns a lock no more.
pub(super) fn releases(lock: &Owned<Machine>) {
    let thread = current();
    if thread.is_lent() {
        change(&thread, |lent| {
            lent.note(name(lock), 0, false);
        });
    }
}
