//! What can be waited for, and one thread's place there.
//!
//! A source is a list of entries, each of a thread that waits, behind a leaf lock with closed code. A waiting thread has an entry
//! for each of its sources; they lie together, where the thread keeps them, and stay there until they have left.
//!
//! **A wake-up takes the entry out**: until its thread has run and has entered again, other wake-ups of the source
//! find nobody, which costs them a fence and a load. So what is written to a thousand times before its reader runs wakes it once.
//!
//! **The rule of waiting.** A thread declares that it waits, enters its sources, and looks then; whoever changes what it looks
//! at does so first, and looks for entries then. Either has a fence in between: so the waker finds the entry, or the thread sees
//! the change.
//!
//! Whoever takes an entry out keeps a reference to its thread, says in the entry that it is out, as the last thing it does with
//! it, and wakes the thread after the leaf. The entry may be gone at once.
//!
//! In place of a thread an entry may have what is [`Told`]: a member of a [`Gathering`](super::Gathering), which threads wait for in
//! turn. It is told after the leaf as well, where a thread would be woken; the rule of waiting is the same. Several threads may look at
//! one member, so it enters under the leaf, where it has seen that it is not entered.

use alloc::sync::{Arc, Weak};
use core::cell::Cell;
use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering, fence};

use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use crate::sched::thread::Thread;
use machine::interrupts::PreemptionOff;

/// Something that threads wait for: it lies beside what they look at, and is woken after each change of that.
pub struct Source {
    entries: LeafLock<Ends>,
    /// Whether somebody stands there: for who only wants to know that. Changes under the leaf.
    awaited: AtomicBool,
}

/// The list's two ends.
struct Ends {
    first: *const Entry<'static>,
    last: *const Entry<'static>,
    /// How many entries there were so far.
    tickets: u64,
}

// SAFETY: the pointers are followed under the leaf only, and an entry takes itself out before it goes away.
unsafe impl Send for Ends {}

/// What is told of wake-ups in place of a thread.
pub(super) trait Told: Send + Sync {
    /// A source was woken where it had entered, and it is out. In any context, with anything held but a leaf.
    fn tell(self: Arc<Self>);
}

/// Whose an entry is.
enum Waiter<'a> {
    Thread(&'a Arc<Thread>),
    Told(Weak<dyn Told>),
}

/// Whom a wake-up is for, kept after the entry was taken out.
enum Woken {
    Thread(Arc<Thread>),
    Told(Arc<dyn Told>),
    /// It is about to leave: nobody looks any more.
    Nobody,
}

impl Waiter<'_> {
    fn woken(&self) -> Woken {
        match self {
            Self::Thread(thread) => Woken::Thread(Arc::clone(thread)),
            Self::Told(told) => told.upgrade().map_or(Woken::Nobody, Woken::Told),
        }
    }
}

impl Woken {
    fn wake(self) {
        match self {
            Self::Thread(thread) => {
                thread.wake();
            }
            Self::Told(told) => told.tell(),
            Self::Nobody => {}
        }
    }
}

/// A thread's place at a source, or that of what is told.
pub(super) struct Entry<'a> {
    source: &'a Source,
    waiter: Waiter<'a>,
    /// Whether it is in the source's list. Becomes true by its own thread, or under the leaf, and false under the leaf.
    entered: AtomicBool,
    // The rest is touched under the leaf only.
    next: Cell<*const Entry<'static>>,
    previous: Cell<*const Entry<'static>>,
    /// Its place in the order in which entries came, from 1.
    ticket: Cell<u64>,
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Source")
            .field("awaited", &self.awaited.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}

impl Default for Source {
    fn default() -> Self {
        Self::new()
    }
}

impl Ends {
    /// Nobody waits.
    const EMPTY: Self = Self { first: ptr::null(), last: ptr::null(), tickets: 0 };

    /// Puts an entry behind the others.
    ///
    /// # Safety
    ///
    /// It is in no list, and stays where it is until it has been taken out.
    unsafe fn link(&mut self, entry: &Entry<'_>) {
        self.tickets += 1;
        entry.ticket.set(self.tickets);
        entry.previous.set(self.last);
        entry.next.set(ptr::null());
        let entry: *const Entry<'static> = ptr::from_ref(entry).cast();
        // SAFETY: null, or in the list, where it is until it is taken out, under the leaf.
        match unsafe { self.last.as_ref() } {
            Some(last) => last.next.set(entry),
            None => self.first = entry,
        }
        self.last = entry;
    }

    /// Takes an entry out.
    ///
    /// # Safety
    ///
    /// It is in this list.
    unsafe fn unlink(&mut self, entry: &Entry<'_>) {
        let (previous, next) = (entry.previous.get(), entry.next.get());
        // SAFETY: null, or in the list, as in `link`.
        match unsafe { previous.as_ref() } {
            Some(previous) => previous.next.set(next),
            None => self.first = next,
        }
        // SAFETY: the same.
        match unsafe { next.as_ref() } {
            Some(next) => next.previous.set(previous),
            None => self.last = previous,
        }
    }

    /// Takes out the first entry, if it came no later than `latest`; gives whose it is, to be woken after the leaf.
    fn take_first(&mut self, latest: u64) -> Option<Woken> {
        // SAFETY: null, or in the list, as in `link`.
        let first = unsafe { self.first.as_ref() }.filter(|first| first.ticket.get() <= latest)?;
        // SAFETY: it is the first of this list.
        unsafe { self.unlink(first) }
        let woken = first.waiter.woken();
        // Last: its thread may go on from here, and the entry be gone.
        first.entered.store(false, Ordering::Release);
        Some(woken)
    }
}

impl Source {
    /// Nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: LeafLock::new(Leaf::Source, Ends::EMPTY), awaited: AtomicBool::new(false) }
    }

    /// Runs an operation of this module on the list.
    fn with_entries<O>(&self, operation: impl FnOnce(&mut Ends) -> O) -> O {
        let operation = |ends: &mut Ends| {
            let result = operation(ends);
            self.awaited.store(!ends.first.is_null(), Ordering::Relaxed);
            result
        };
        // SAFETY: the operations link, unlink and look at entries, and raise counts of their threads.
        unsafe { self.entries.with(operation) }
    }

    /// Has all that wait here look again. After what they look at has changed, by whatever ordering. Legal in any context, with
    /// anything held; a fence and a load where nobody waits.
    #[inline]
    pub fn wake(&self) {
        // Between the change and the look for who waits.
        fence(Ordering::SeqCst);
        if self.awaited.load(Ordering::Relaxed) {
            self.wake_waiting();
        }
    }

    /// Wakes those that have entered by now, one after the other: interrupts are off for one at a time.
    ///
    /// Who enters while this goes on looks after the change. Those that have been woken, find nothing and enter again
    /// would keep this going for ever.
    #[cold]
    fn wake_waiting(&self) {
        let mut latest = None;
        loop {
            // Who has been taken out and not woken yet would wait for this thread's next turn.
            let stay = PreemptionOff::new();
            let first = self.with_entries(|ends| {
                let tickets = ends.tickets;
                ends.take_first(*latest.get_or_insert(tickets))
            });
            let Some(woken) = first else { return };
            // Its thread may end meanwhile: the last reference to it goes here, then.
            woken.wake();
            drop(stay);
            if !self.awaited.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

impl<'a> Entry<'a> {
    /// A place of `thread`, which is this one, at a source.
    pub(super) const fn new(source: &'a Source, thread: &'a Arc<Thread>) -> Self {
        Self::of(source, Waiter::Thread(thread))
    }

    /// A place of what is told.
    pub(super) fn told(source: &'a Source, told: Weak<dyn Told>) -> Self {
        Self::of(source, Waiter::Told(told))
    }

    const fn of(source: &'a Source, waiter: Waiter<'a>) -> Self {
        Self {
            source,
            waiter,
            entered: AtomicBool::new(false),
            next: Cell::new(ptr::null()),
            previous: Cell::new(ptr::null()),
            ticket: Cell::new(0),
        }
    }

    /// Enters, if it has not, or if a wake-up has taken it out.
    ///
    /// # Safety
    ///
    /// It stays where it is until it has left, or drops.
    unsafe fn enter(&self) {
        // Made true by this thread only. Where it is false it is in no list, and its links are touched under the leaf again.
        if self.entered.load(Ordering::Relaxed) {
            return;
        }
        self.source.with_entries(|ends| {
            self.entered.store(true, Ordering::Relaxed);
            // SAFETY: it is in no list, and stays where it is, by this function's contract.
            unsafe { ends.link(self) }
        });
    }

    /// Enters, if it has not, or if a wake-up has taken it out: for an entry that several threads enter.
    ///
    /// When this returns it was in the list after the call began, whoever has put it there: whoever looks after a fence that comes
    /// next sees what was changed before a wake-up that has not found the entry.
    ///
    /// # Safety
    ///
    /// It stays where it is until it drops.
    pub(super) unsafe fn enter_shared(&self) {
        self.source.with_entries(|ends| {
            if !self.entered.load(Ordering::Relaxed) {
                self.entered.store(true, Ordering::Relaxed);
                // SAFETY: it is in no list, as what is said under the leaf says, and stays where it is.
                unsafe { ends.link(self) }
            }
        });
    }

    /// Leaves, if no wake-up has taken it out.
    pub(super) fn leave(&self) {
        // Acquires what whoever has taken it out did to it: it may be gone after this.
        if !self.entered.load(Ordering::Acquire) {
            return;
        }
        self.source.with_entries(|ends| {
            if self.entered.load(Ordering::Relaxed) {
                // SAFETY: it has entered this list, and is taken out under this leaf only.
                unsafe { ends.unlink(self) }
                self.entered.store(false, Ordering::Relaxed);
            }
        });
    }
}

/// Enters wherever the thread is not entered, which has declared to wait; it looks after this.
///
/// # Safety
///
/// The entries stay where they are until they have left, or drop.
pub(super) unsafe fn enter_all(entries: &[Option<Entry<'_>>]) {
    for entry in entries.iter().flatten() {
        // SAFETY: it stays where it is, by this function's contract.
        unsafe { entry.enter() }
    }
    // Between the entries, or the declaration where there are none, and the look.
    fence(Ordering::SeqCst);
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}
