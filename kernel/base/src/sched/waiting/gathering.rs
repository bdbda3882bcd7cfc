//! Many things that are waited for at once, of which those are looked at that have changed.
//!
//! A [`Member`] of a [`Gathering`] is something that has sources ([`Watched`]), and stands at them in place of a thread. A wake-up of one of
//! them **tells** it: the gathering links it to its list, and wakes who waits for the gathering. So a wait costs what there is to
//! look at, however many members there are. Whoever waits visits the list ([`Gathering::next`], [`Gathering::settle`]), one visitor at
//! a time, which its own lock sees to; whoever only wants to know whether there is something ([`Gathering::any`]) may come at any time.
//!
//! **Why no wake-up is lost.** A wake-up takes a member's entry out of its source, as it does with a thread's, so a member that was told
//! stays without an entry until somebody looks at it. Three rules:
//!
//! 1. Who looks at a member enters it at all of its sources first, under each source's leaf, has a fence, and looks then
//!    ([`Member::look`]). So what changes after the look finds the entry, and tells it.
//! 2. A visit says *not told* of the member before it enters it, and takes it out of the list only if it was not told since. So what
//!    is told between the two stays in the list, for the next visit.
//! 3. Telling says *told*, links the member if it is not linked, and wakes both sources of the gathering then, whether it was linked
//!    before or not. So whoever has seen that a linked member is not ready, having entered it, is woken when it becomes so.
//!
//! So at any time a member either is in the list, or has entered all of its sources, or is being told by a thread that has not come
//! to the list yet and wakes after that. `tests/kernel_schedules` tries this text, and notices where a rule is broken. The list has the order of telling; what stays in it goes to its end, so that what is
//! always ready does not hide the others.
//!
//! **Locks.** The list is behind a leaf with closed code, and so is each source's list; one is released before the other is acquired. To be
//! told may reach further gatherings, in which this one is a member: whoever builds them sees to it that there is no circle, and that they
//! are few in depth, since telling goes through them one inside the other.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;
use core::mem;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering, fence};

use machine::paging::NoMemory;
use spin::Once;

use super::source::{Entry, Source, Told};
use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use crate::mm::fallible::try_arc;

/// Something that has sources, always the same ones.
pub trait Watched: Send + Sync + 'static {
    /// Calls `each` with what is woken after a change.
    fn each_source<'a>(&'a self, each: &mut dyn FnMut(&'a Source));
}

/// Something in a gathering, with a value that its owner looks at.
pub struct Member<F: ?Sized, T> {
    /// Where it stands. Before `watched`, whose sources they are: fields drop in this order.
    entries: Once<Vec<Entry<'static>>>,
    watched: Arc<F>,
    value: T,
    gathering: Weak<Gathering<F, T>>,
    place: Place<F, T>,
}

/// A member's place in the list. Touched under the gathering's leaf only.
struct Place<F: ?Sized, T> {
    next: Cell<*const Member<F, T>>,
    previous: Cell<*const Member<F, T>>,
    /// In the order of the list, from 1.
    ticket: Cell<u64>,
    /// Whether it is in the list, which has a reference to it then.
    is_linked: Cell<bool>,
    /// Whether it was told since a visit has begun to look at it.
    is_told: Cell<bool>,
    /// Whether it is no member any more.
    is_gone: Cell<bool>,
}

/// What was told, the longest ago first.
struct List<F: ?Sized, T> {
    first: *const Member<F, T>,
    last: *const Member<F, T>,
    /// How many places there were so far.
    tickets: u64,
}

/// Members, and those who wait for one of them.
pub struct Gathering<F: ?Sized, T> {
    list: LeafLock<List<F, T>>,
    /// Whether the list has any. Changes under the leaf.
    has_any: AtomicBool,
    /// Woken when a member was told: for those who visit.
    visitors: Source,
    /// The same, for those who look whether there is something.
    lookers: Source,
}

// SAFETY: the cells are touched under the gathering's leaf only, the entries as their own rules say; a reference to a member gives
// out what is shared anyway.
unsafe impl<F: ?Sized + Send + Sync, T: Send + Sync> Send for Member<F, T> {}
// SAFETY: the same.
unsafe impl<F: ?Sized + Send + Sync, T: Send + Sync> Sync for Member<F, T> {}
// SAFETY: the pointers are followed under the leaf only; the list has a reference to whatever is linked.
unsafe impl<F: ?Sized + Send + Sync, T: Send + Sync> Send for List<F, T> {}

impl<F: ?Sized, T> fmt::Debug for Gathering<F, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Gathering")
            .field("has_any", &self.has_any.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}

impl<F: ?Sized, T: fmt::Debug> fmt::Debug for Member<F, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Member").field("value", &self.value).finish_non_exhaustive()
    }
}

impl<F: ?Sized, T> Place<F, T> {
    const fn new() -> Self {
        Self {
            next: Cell::new(ptr::null()),
            previous: Cell::new(ptr::null()),
            ticket: Cell::new(0),
            is_linked: Cell::new(false),
            is_told: Cell::new(false),
            is_gone: Cell::new(false),
        }
    }
}

impl<F: ?Sized, T> List<F, T> {
    /// Puts a member behind the others, with the reference that the list has to it.
    ///
    /// # Safety
    ///
    /// It comes from [`Arc::into_raw`], and is not linked.
    unsafe fn link(&mut self, member: *const Member<F, T>) {
        // SAFETY: the list has a reference from here on.
        let place = unsafe { &(*member).place };
        self.tickets += 1;
        place.ticket.set(self.tickets);
        place.previous.set(self.last);
        place.next.set(ptr::null());
        place.is_linked.set(true);
        // SAFETY: null, or linked, so that the list has a reference.
        match unsafe { self.last.as_ref() } {
            Some(last) => last.place.next.set(member),
            None => self.first = member,
        }
        self.last = member;
    }

    /// Takes a member out; gives it as it was put there.
    ///
    /// # Safety
    ///
    /// It is linked here.
    unsafe fn unlink(&mut self, member: &Member<F, T>) -> *const Member<F, T> {
        let place = &member.place;
        let (previous, next) = (place.previous.get(), place.next.get());
        place.is_linked.set(false);
        // SAFETY: null, or linked, as in `link`.
        let own = match unsafe { previous.as_ref() } {
            Some(previous) => {
                let own = previous.place.next.get();
                previous.place.next.set(next);
                own
            }
            None => mem::replace(&mut self.first, next),
        };
        // SAFETY: the same.
        match unsafe { next.as_ref() } {
            Some(next) => next.place.previous.set(previous),
            None => self.last = previous,
        }
        own
    }
}

/// A reference to a member that is linked.
///
/// # Safety
///
/// The pointer is one of the list's, whose leaf is held.
unsafe fn reference<F: ?Sized, T>(linked: *const Member<F, T>) -> Arc<Member<F, T>> {
    // SAFETY: it comes from `Arc::into_raw`, and the list's reference keeps it.
    unsafe {
        Arc::increment_strong_count(linked);
        Arc::from_raw(linked)
    }
}

impl<F: ?Sized, T> Gathering<F, T> {
    /// Runs an operation of this module on the list.
    fn with_list<O>(&self, operation: impl FnOnce(&mut List<F, T>) -> O) -> O {
        let operation = |list: &mut List<F, T>| {
            let result = operation(list);
            self.has_any.store(!list.first.is_null(), Ordering::Relaxed);
            result
        };
        // SAFETY: the operations link and unlink members, look at their places, and raise counts of references.
        unsafe { self.list.with(operation) }
    }

    /// Whether nothing was told that was not visited since. Without a lock.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.has_any.load(Ordering::Relaxed)
    }

    /// Woken when a member was told: for those who visit.
    #[must_use]
    pub const fn visitors(&self) -> &Source {
        &self.visitors
    }

    /// Woken when a member was told: for those who look whether there is something ([`any`](Self::any)).
    #[must_use]
    pub const fn lookers(&self) -> &Source {
        &self.lookers
    }

    /// The member that was told the longest ago, to be looked at and [settled](Self::settle). A visit keeps `latest`, none at first: what
    /// goes to the end of the list meanwhile is not visited again.
    ///
    /// One visitor at a time.
    pub fn next(&self, latest: &mut Option<u64>) -> Option<Arc<Member<F, T>>> {
        self.with_list(|list| {
            let latest = *latest.get_or_insert(list.tickets);
            // SAFETY: null, or linked, and the leaf is held.
            let place = unsafe { &list.first.as_ref()?.place };
            if place.ticket.get() > latest {
                return None;
            }
            place.is_told.set(false);
            // SAFETY: it is linked, and the leaf is held.
            Some(unsafe { reference(list.first) })
        })
    }

    /// Ends the look at a member that a visit has come to: it goes to the end of the list if it `stays`, or was told meanwhile, and leaves
    /// it otherwise.
    pub fn settle(&self, member: &Member<F, T>, stays: bool) {
        let unlinked = self.with_list(|list| {
            let place = &member.place;
            if !place.is_linked.get() {
                return None;
            }
            // SAFETY: it is linked, to this list: a member has one gathering.
            let own = unsafe { list.unlink(member) };
            if stays || place.is_told.get() {
                // SAFETY: the reference goes back with it.
                unsafe { list.link(own) }
                return None;
            }
            // SAFETY: the list's reference.
            Some(unsafe { Arc::from_raw(own) })
        });
        // After the leaf.
        drop(unlinked);
    }

    /// Ends a membership: what is told of it from here on is not noted.
    pub fn remove(&self, member: &Member<F, T>) {
        let unlinked = self.with_list(|list| {
            member.place.is_gone.set(true);
            // SAFETY: it is linked, to this list; the list's reference comes out with it.
            member.place.is_linked.get().then(|| unsafe { Arc::from_raw(list.unlink(member)) })
        });
        drop(unlinked);
        member.entries.get().into_iter().flatten().for_each(Entry::leave);
    }

    /// The member that comes in the list after the one with a ticket, `from` if that has not moved, and no later than `latest`.
    fn following(
        &self,
        from: Option<&Member<F, T>>,
        ticket: u64,
        latest: &mut Option<u64>,
    ) -> Option<(Arc<Member<F, T>>, u64)> {
        self.with_list(|list| {
            let latest = *latest.get_or_insert(list.tickets);
            let unmoved = from.filter(|from| from.place.is_linked.get() && from.place.ticket.get() == ticket);
            let mut found = unmoved.map_or(list.first, |from| from.place.next.get());
            // SAFETY: null, or linked, and the leaf is held; the same for those that follow.
            while let Some(member) = unsafe { found.as_ref() } {
                let own = member.place.ticket.get();
                if own > latest {
                    return None;
                }
                if own > ticket {
                    // SAFETY: it is linked, and the leaf is held.
                    return Some((unsafe { reference(found) }, own));
                }
                found = member.place.next.get();
            }
            None
        })
    }

    /// Whether `look` finds something in a member that was told. Whoever waits for that at [`lookers`](Self::lookers) looks at members by
    /// [`Member::look`].
    pub fn any(&self, mut look: impl FnMut(&Member<F, T>) -> bool) -> bool {
        let (mut last, mut ticket, mut latest) = (None::<Arc<Member<F, T>>>, 0, None);
        while let Some((member, own)) = self.following(last.as_deref(), ticket, &mut latest) {
            if look(&member) {
                return true;
            }
            (last, ticket) = (Some(member), own);
        }
        false
    }
}

impl<F: ?Sized + Watched, T: Send + Sync + 'static> Gathering<F, T> {
    /// Without members.
    ///
    /// # Errors
    ///
    /// [`NoMemory`].
    pub fn new() -> Result<Arc<Self>, NoMemory> {
        let list = List { first: ptr::null(), last: ptr::null(), tickets: 0 };
        try_arc(Self {
            list: LeafLock::new(Leaf::Gathering, list),
            has_any: AtomicBool::new(false),
            visitors: Source::new(),
            lookers: Source::new(),
        })
    }

    /// Makes something a member. It enters its sources when it is looked at, so it is to be [told](Member::notify) first.
    ///
    /// # Errors
    ///
    /// [`NoMemory`].
    pub fn join(self: &Arc<Self>, watched: Arc<F>, value: T) -> Result<Arc<Member<F, T>>, NoMemory> {
        let gathering = Arc::downgrade(self);
        let member =
            try_arc(Member { entries: Once::new(), watched, value, gathering, place: Place::new() })?;
        // SAFETY: the value lies in its `Arc`, of which the member has a reference as long as it has the entries, and is only shared. So
        // what is borrowed from it for a time that `each_source` does not know lasts as long as they do.
        let watched: &'static F = unsafe { &*Arc::as_ptr(&member.watched) };
        let told = Arc::downgrade(&member);
        let (mut entries, mut is_full) = (Vec::new(), false);
        watched.each_source(&mut |source| {
            if entries.try_reserve(1).is_ok() {
                entries.push(Entry::told(source, Weak::<Member<F, T>>::clone(&told)));
            } else {
                is_full = true;
            }
        });
        if is_full {
            return Err(NoMemory);
        }
        member.entries.call_once(|| entries);
        Ok(member)
    }
}

impl<F: ?Sized, T> Member<F, T> {
    /// What its owner has said of it.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// Looks at what it is, after it has entered all of its sources.
    pub fn look<O>(&self, look: impl FnOnce(&F) -> O) -> O {
        for entry in self.entries.get().into_iter().flatten() {
            // SAFETY: they lie in the member's memory, which does not move, and are not changed until they drop.
            unsafe { entry.enter_shared() }
        }
        // Between the entries and the look.
        fence(Ordering::SeqCst);
        look(&self.watched)
    }

    /// Has it looked at, as a wake-up does.
    pub fn notify(self: &Arc<Self>) {
        let Some(gathering) = self.gathering.upgrade() else { return };
        let is_there = gathering.with_list(|list| {
            let place = &self.place;
            if place.is_gone.get() {
                return false;
            }
            place.is_told.set(true);
            if !place.is_linked.get() {
                // SAFETY: it is not linked, and the list gets a reference.
                unsafe { list.link(Arc::into_raw(Arc::clone(self))) }
            }
            true
        });
        if is_there {
            gathering.visitors.wake();
            gathering.lookers.wake();
        }
    }
}

impl<F: ?Sized + Send + Sync + 'static, T: Send + Sync + 'static> Told for Member<F, T> {
    fn tell(self: Arc<Self>) {
        self.notify();
    }
}

impl<F: ?Sized, T> Drop for Gathering<F, T> {
    /// Lets go of what was told and is not visited any more.
    fn drop(&mut self) {
        let mut latest = None;
        while let Some(member) = self.next(&mut latest) {
            self.settle(&member, false);
        }
    }
}
