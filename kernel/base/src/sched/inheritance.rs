//! Priority inheritance: whoever is waited for runs with the weight of those who wait.
//!
//! A light thread that owns a lock may not get to run for long, and a heavy one that waits for the lock waits for the light
//! one's turn (Lampson and Redell, "Experience with Processes and Monitors in Mesa", 1980; Sha, Rajkumar and Lehoczky,
//! "Priority Inheritance Protocols", 1990). So the owner of a lock is *lent* the greatest weight among those who wait for
//! it, and where it waits itself, it lends on, along the chain.
//!
//! Each thread has, behind a leaf of its own, notes of what it was lent for which lock, and what it waits for. **One leaf at
//! a time.** A thread has a note for a lock only while it owns the lock:
//!
//! - *Refreshing a lock*: look for the greatest weight in its queue, and for its owner; note the one at the other, under the
//!   other's leaf, and take the note away again, under the same leaf, if that is not the owner any more; look for the greatest
//!   weight again. Whoever changes the queue or the owner refreshes after that, so the last note is a right one. Whoever
//!   refreshes owns the lock, or waits for it, or has just done so: it stays where it is.
//! - *Lending on*: look what the owner waits for, and who owns that. If that one has a note for it, and the first waits
//!   still, raise the note. If it has none, it is not the owner, or the one who waits has not refreshed the lock yet; it will.
//! - *Releasing*: the owner first owns the lock no more, and then looks for notes, and takes away the one for this lock. Either
//!   it sees a note that is being made, or who makes it sees that it is not the owner.
//!
//! What is lent is never too little for long. It may be too much until the lock is released: where the heavy one at the far
//! end of a chain gives up, the near end is not told. The chain is followed [`LONGEST_CHAIN`] owners far. A thread has
//! notes for [`MOST_LOCKS`](super::inherited::MOST_LOCKS) locks at once: what it is lent for more than that it does not get. `tests/protocols` searches all
//! states of this protocol.

use alloc::sync::Arc;
use core::ptr;

use lockorder::blocking::{Blocking, Owned};

use super::core::{current, with_current};
use super::inherited::{Inheritance, name};
use super::thread::Thread;
use super::{registry, reweighed};
use crate::platform::Machine;

/// How many owners of a chain are lent to.
const LONGEST_CHAIN: usize = 16;
/// How often a step is made again where what it was made of has changed. Whoever changed it makes it as well.
const TRIES: usize = 8;

/// Changes what a thread was lent, under its leaf, and what it runs with. `still` is asked after the change is to be seen, and
/// the change is undone by `undo` where it does not hold.
fn change<O>(
    thread: &Arc<Thread>,
    change: impl FnOnce(&mut Inheritance) -> O,
    still: impl FnOnce() -> bool,
    undo: impl FnOnce(&mut Inheritance),
) -> Option<O> {
    let before = thread.weight();
    let result = thread.with_inheritance(|inheritance| {
        let result = change(inheritance);
        thread.set_lent(inheritance.greatest(), inheritance.count());
        if still() {
            return Some(result);
        }
        undo(inheritance);
        thread.set_lent(inheritance.greatest(), inheritance.count());
        None
    });
    if thread.weight() > before {
        reweighed::request(thread, before);
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
        let noted = change(
            &owner,
            |lent| lent.set(name(lock), greatest),
            || lock.owner() == Some(number),
            |lent| lent.set(name(lock), 0),
        );
        if noted.is_some() && lock.waiters().greatest_weight() == greatest {
            lend_on(owner);
            return;
        }
    }
}

/// Lends the weight of an owner to whom it waits for, along the chain.
fn lend_on(mut thread: Arc<Thread>) {
    for _ in 0..LONGEST_CHAIN {
        let Some((lock, Some(number))) = thread.with_inheritance(|lent| lent.awaited()) else { return };
        let Some(owner) = registry::numbered(number) else { return };
        let (weight, waiter) = (thread.weight(), Arc::clone(&thread));
        // Whether it waits is looked at under the leaf: one that gives up later refreshes the lock after this.
        let raised = change(&owner, |lent| waiter.awaits(lock) && lent.raise(lock, weight), || true, |_| ());
        if raised != Some(true) {
            return;
        }
        thread = owner;
    }
}

/// This thread begins to wait for a lock.
pub(super) fn begins_to_wait(lock: &Owned<Machine>) {
    let thread = current();
    thread.set_awaits(name(lock));
    thread.with_inheritance(|lent| lent.set_waits_for(ptr::from_ref(lock)));
}

/// This thread waits for a lock, stands in its queue, and has seen its owner.
pub(super) fn sees_owner(lock: &Owned<Machine>) {
    refresh(lock);
}

/// This thread waits for a lock no more, and stands in its queue no more.
pub(super) fn waits_no_more(lock: &Owned<Machine>) {
    let thread = current();
    thread.with_inheritance(|lent| lent.set_waits_for(ptr::null()));
    thread.set_awaits(0);
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
#[inline]
pub(super) fn releases(lock: &Owned<Machine>) {
    if with_current(Thread::is_lent) {
        give_back(lock);
    }
}

/// Gives back what this thread was lent for a lock.
#[cold]
fn give_back(lock: &Owned<Machine>) {
    change(&current(), |lent| lent.set(name(lock), 0), || true, |_| ());
}
