//! Threads that wait: what the library's locks and condition variables are made of here.
//!
//! A wait queue is a list of the threads that wait, each entry on its thread's stack, behind a leaf lock with
//! closed code: entries are linked and unlinked. No call back, no allocation. A thread is woken after the leaf: whoever
//! unlinks its entry keeps a reference to it, does not touch the entry any more, and wakes it then.
//!
//! A thread enters the list, declares that it waits, and then looks at its condition: with the caller's token in
//! `Atomic` context, never under the queue's lock. A wake-up after the look finds it in the list. In between
//! preemption is off, so that a thread that has declared to wait is not taken for one that waits.
//!
//! A waiter knows in which list it stands, since it can be moved to another one; both lists' leaves are taken one after
//! the other, and in between it stands in none.

use alloc::sync::Arc;
use core::fmt;
use core::pin::pin;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence};

use lockorder::blocking::{Patience, RawWaitQueue, Waiting};

use super::core::{block, current, forget_wake_at, wake_at};
use super::thread::Thread;
use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use crate::time::Instant;
use machine::interrupts::PreemptionOff;

/// One waiting thread, on its own stack.
struct Waiter {
    thread: Arc<Thread>,
    next: *mut Self,
    previous: *mut Self,
    /// Whether it stands in a list, or is on its way into one.
    queued: AtomicBool,
    /// The list in which it stands, or stood last; null while it is on its way into another one.
    home: AtomicPtr<WaitQueue>,
    /// Its place in the order in which threads entered the list, from 1. Changes under that list's leaf.
    ticket: AtomicU64,
    /// The address of what it waits with.
    with: usize,
    /// Whether it is not to be moved.
    stays: bool,
    /// Whether it has been woken, and has not found its condition false since.
    looks_again: AtomicBool,
}

/// The list's two ends, and the last tickets.
struct Ends {
    first: *mut Waiter,
    last: *mut Waiter,
    /// The last one that was drawn.
    tickets: u64,
    /// The last one that had been drawn when the newest wake-up was given.
    waited_for: u64,
}

/// Where a wake-up comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WakeUp {
    /// From whoever made a condition true.
    Given,
    /// The same, for one of those that had entered up to this ticket.
    GivenUpTo(u64),
    /// From a thread whose own condition is false: for one of those that had entered before the newest wake-up was given.
    PassedOn,
    /// From a thread that waits no more and has not needed it.
    LeftBehind,
}

// SAFETY: the pointers are followed under the leaf lock only; a waiter unlinks itself before it goes away.
unsafe impl Send for Ends {}

/// Threads that wait for something.
pub struct WaitQueue {
    waiters: LeafLock<Ends>,
    /// How many those are: for who only wants to know whether there is anybody.
    count: AtomicUsize,
}

impl fmt::Debug for WaitQueue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WaitQueue")
    }
}

impl Ends {
    /// Nobody waits.
    const EMPTY: Self = Self { first: ptr::null_mut(), last: ptr::null_mut(), tickets: 0, waited_for: 0 };

    /// Those in the list, the first one first. `&self` shows that the leaf is held, so they stay where they are.
    fn iter(&self) -> impl Iterator<Item = &Waiter> {
        let mut next = self.first.cast_const();
        core::iter::from_fn(move || {
            // SAFETY: null, or in the list.
            let waiter = unsafe { next.as_ref() }?;
            next = waiter.next;
            Some(waiter)
        })
    }

    /// Takes a waiter out of the list.
    ///
    /// # Safety
    ///
    /// It is in this list.
    unsafe fn unlink(&mut self, waiter: *mut Waiter) {
        // SAFETY: it is in the list, as the caller says, and so are its neighbours.
        unsafe {
            let (previous, next) = ((*waiter).previous, (*waiter).next);
            if previous.is_null() {
                self.first = next;
            } else {
                (*previous).next = next;
            }
            if next.is_null() {
                self.last = previous;
            } else {
                (*next).previous = previous;
            }
        }
    }

    /// Puts a waiter behind the others, or ahead of them.
    ///
    /// # Safety
    ///
    /// It is in no list, and stays where it is until it has been taken out.
    unsafe fn link(&mut self, waiter: *mut Waiter, ahead: bool) {
        self.tickets += 1;
        let (previous, next) =
            if ahead { (ptr::null_mut(), self.first) } else { (self.last, ptr::null_mut()) };
        // SAFETY: the first and the last of the list are in the list, and the new one is the caller's.
        unsafe {
            (*waiter).ticket.store(self.tickets, Ordering::Relaxed);
            (*waiter).previous = previous;
            (*waiter).next = next;
            if previous.is_null() {
                self.first = waiter;
            } else {
                (*previous).next = waiter;
            }
            if next.is_null() {
                self.last = waiter;
            } else {
                (*next).previous = waiter;
            }
        }
    }

    /// Takes the first waiter out of the list; gives its thread, to be woken when the leaf is free.
    ///
    /// A wake-up that is passed on comes to threads that had entered before the newest one was given, not only its own: while
    /// it was on its way, that newer one may have been used up by the very thread that it was meant for, and then takes its
    /// place. A thread that has passed it on enters behind them, so they come to an end.
    fn take_first(&mut self, wake_up: WakeUp) -> Option<Arc<Thread>> {
        let last = match wake_up {
            WakeUp::Given | WakeUp::LeftBehind => u64::MAX,
            WakeUp::GivenUpTo(ticket) => ticket,
            WakeUp::PassedOn => self.waited_for,
        };
        if matches!(wake_up, WakeUp::Given | WakeUp::GivenUpTo(_)) {
            self.waited_for = self.tickets;
        }
        let first = self.first;
        // SAFETY: null, or the first of the list, which stays where it is while the leaf is held.
        let entered = unsafe { first.as_ref() }.map(|first| first.ticket.load(Ordering::Relaxed));
        if entered.is_none_or(|entered| entered > last) {
            return None;
        }
        // SAFETY: it is the first of the list, so it is there until it is said to have left; after that it is not touched.
        unsafe {
            self.unlink(first);
            let thread = Arc::clone(&(*first).thread);
            (*first).queued.store(false, Ordering::Release);
            Some(thread)
        }
    }
}

impl WaitQueue {
    /// Runs an operation of this module on the list.
    fn with_waiters<O>(&self, operation: impl FnOnce(&mut Ends) -> O) -> O {
        // SAFETY: the operations link, unlink and look at waiters, and raise counts of their threads.
        unsafe { self.waiters.with(operation) }
    }

    /// Wakes the first waiter. After the leaf: its thread may end meanwhile, and the last reference to it goes here. This
    /// thread is not preempted in between: who stands in no list any more would wait for its next turn.
    fn wake_first(&self, wake_up: WakeUp) -> bool {
        let stay = PreemptionOff::new();
        let first = self.with_waiters(|ends| ends.take_first(wake_up));
        if let Some(thread) = &first {
            self.count.fetch_sub(1, Ordering::SeqCst);
            thread.wake();
        }
        drop(stay);
        first.is_some()
    }

    /// The greatest weight among those who wait; 0 when nobody does. As long as the list is.
    pub(super) fn greatest_weight(&self) -> u64 {
        if self.is_empty() {
            return 0;
        }
        self.with_waiters(|ends| ends.iter().map(|waiter| waiter.thread.weight()).max().unwrap_or(0))
    }

    /// Enters the list.
    ///
    /// # Safety
    ///
    /// The waiter is this thread's own, is in no list, and stays where it is until it has left.
    unsafe fn enter(&self, waiter: *mut Waiter, ahead: bool) {
        // First: whoever sees nobody here has made its condition true before the waiter looks.
        self.count.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        // SAFETY: the waiter is in no list and stays where it is until it has left, by this function's contract.
        self.with_waiters(|ends| unsafe { ends.link(waiter, ahead) });
    }

    /// Leaves the list in which the waiter stands; false if somebody has woken it.
    ///
    /// # Safety
    ///
    /// The waiter is this thread's own, and has entered a list.
    unsafe fn leave(waiter: *mut Waiter) -> bool {
        loop {
            // SAFETY: this thread's own; others change its atomics only, and its links under a leaf.
            let (queued, home) =
                unsafe { ((*waiter).queued.load(Ordering::Acquire), (*waiter).home.load(Ordering::Acquire)) };
            if !queued {
                // Whoever has woken it does not touch the waiter any more.
                return false;
            }
            // SAFETY: null, or a queue in which the waiter stands or has just stood, which stays where it is until the wait is over.
            let left = unsafe { home.as_ref() }.is_some_and(|list| {
                let left = list.with_waiters(|ends| {
                    // SAFETY: in which list it stands changes under that list's leaf only, which is held.
                    unsafe {
                        let here = (*waiter).queued.load(Ordering::Relaxed)
                            && ptr::eq((*waiter).home.load(Ordering::Relaxed), home);
                        if here {
                            ends.unlink(waiter);
                            (*waiter).queued.store(false, Ordering::Relaxed);
                        }
                        here
                    }
                });
                if left {
                    list.count.fetch_sub(1, Ordering::SeqCst);
                }
                left
            });
            if left {
                return true;
            }
            // Who moves it does not let go of its CPU in between.
            core::hint::spin_loop();
        }
    }

    /// Enters the list, declares to wait, and waits for one wake-up, or until `deadline`, if `go_on` says so; gives the list in
    /// which it was woken, if it was.
    fn wait_once(
        &self,
        thread: &Arc<Thread>,
        waiting: &Waiting,
        looks_again: bool,
        deadline: Option<Instant>,
        go_on: impl FnOnce() -> bool,
    ) -> Option<*const Self> {
        let waiter = Waiter {
            thread: Arc::clone(thread),
            next: ptr::null_mut(),
            previous: ptr::null_mut(),
            queued: AtomicBool::new(true),
            home: AtomicPtr::new(ptr::from_ref(self).cast_mut()),
            ticket: AtomicU64::new(0),
            with: waiting.with,
            stays: waiting.stays,
            looks_again: AtomicBool::new(looks_again),
        };
        let mut waiter = pin!(waiter);
        // SAFETY: it stays where it is until this function ends, before which it is unlinked.
        let waiter: *mut Waiter = unsafe { waiter.as_mut().get_unchecked_mut() };
        // Until the end the condition runs, with an `Atomic` token, and this thread's own switch.
        let stay = PreemptionOff::new();
        thread.prepare_to_wait();
        // SAFETY: it is new, and is taken out below.
        unsafe { self.enter(waiter, waiting.ahead) }
        // Whoever has woken this thread has put it into an inbox, and blocking takes it out again.
        let go_on = go_on();
        if go_on {
            // SAFETY: it stays where it is until this function ends; others read this under a leaf.
            unsafe { (*waiter).looks_again.store(false, Ordering::SeqCst) }
        }
        if let Some(deadline) = deadline
            && go_on
        {
            wake_at(deadline);
        }
        if go_on || !thread.cancel_wait() {
            block();
        }
        if deadline.is_some() {
            forget_wake_at();
        }
        // SAFETY: it has entered above.
        let woken = unsafe { !Self::leave(waiter) };
        // SAFETY: this thread's own, and in no list any more.
        let home = woken.then(|| unsafe { (*waiter).home.load(Ordering::Acquire).cast_const() });
        drop(stay);
        home
    }

    /// Gives a wake-up to another thread of the list in which it was given.
    ///
    /// # Safety
    ///
    /// This thread has just stood in that list, and borrows what it waits with: the list stays where it is meanwhile.
    unsafe fn pass_on(home: *const Self, wake_up: WakeUp) {
        // SAFETY: null, or a list that stays where it is, by this function's contract.
        if let Some(home) = unsafe { home.as_ref() } {
            home.wake_first(wake_up);
        }
    }
}

// SAFETY: `wait` returns what the last call of the condition gave, on this thread, and before the deadline only where that is
// true; `wait_once` has taken the waiter, which lies on its stack, out of the list when it returns, and nothing unwinds in the
// kernel; `with` is set when the waiter is made, and is all that `requeue` looks at.
unsafe impl RawWaitQueue for WaitQueue {
    const INIT: Self =
        Self { waiters: LeafLock::new(Leaf::WaitQueue, Ends::EMPTY), count: AtomicUsize::new(0) };

    unsafe fn wait(&self, waiting: &Waiting, condition: &mut dyn FnMut() -> bool) -> bool {
        let deadline = match waiting.patience {
            Patience::For(time) => Some(Instant::now() + time),
            Patience::UntilItHolds | Patience::ForEver => None,
        };
        let late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let thread = current();
        thread.set_wait(Some(waiting.place), waiting.patience == Patience::UntilItHolds);
        // The list in which the wake-up was given that leads to the next look.
        let mut wake_up: Option<*const Self> = None;
        loop {
            // The last look is at the deadline or after it: a wake-up that came just before is not wasted.
            let (mut holds, mut last) = (false, false);
            let next = self.wait_once(&thread, waiting, wake_up.is_some(), deadline, || {
                last = late();
                holds = condition();
                if !holds && let Some(home) = wake_up.take() {
                    // This thread has no use for it. Where all wait for the same condition, whoever made it false again wakes
                    // the next one, unless this thread goes.
                    let passed_on = waiting.own_condition.then_some(WakeUp::PassedOn);
                    if let Some(wake_up) = passed_on.or(last.then_some(WakeUp::LeftBehind)) {
                        // SAFETY: this thread stood there, and has not stopped waiting.
                        unsafe { Self::pass_on(home, wake_up) };
                    }
                }
                !holds && !last
            });
            if holds || last {
                if let Some(home) = next {
                    // It came while this thread looked, and is another one's.
                    // SAFETY: this thread stood there a moment ago, and waits no more only when this function returns.
                    unsafe { Self::pass_on(home, WakeUp::LeftBehind) };
                }
                thread.set_wait(None, false);
                return holds;
            }
            if next.is_some() {
                // Mostly the wake-up was for this, and the thread need not enter again to see it.
                let stay = PreemptionOff::new();
                holds = condition();
                drop(stay);
                if holds {
                    thread.set_wait(None, false);
                    return true;
                }
            }
            wake_up = next;
        }
    }

    fn wake_one(&self) -> bool {
        // Whoever wakes has made a condition true before, perhaps with a weaker ordering than the look needs.
        fence(Ordering::SeqCst);
        !self.is_empty() && self.wake_first(WakeUp::Given)
    }

    fn wake_all(&self) {
        fence(Ordering::SeqCst);
        if self.is_empty() {
            return;
        }
        // Who enters from here on looks after that. Those that are woken and have to wait again enter behind them, and would
        // keep this going for ever.
        let last = self.with_waiters(|ends| ends.tickets);
        while self.wake_first(WakeUp::GivenUpTo(last)) {}
    }

    fn others_wait_with(&self, address: usize) -> bool {
        let waits = |waiter: &Waiter| !waiter.looks_again.load(Ordering::SeqCst);
        !self.is_empty()
            && self.with_waiters(|ends| ends.iter().any(|waiter| waiter.with != address && waits(waiter)))
    }

    unsafe fn requeue(&self, other: &Self, with: usize) {
        if ptr::eq(self, other) {
            return;
        }
        // One after the other, and not more than stood here at the beginning. A waiter that is on its way spins until it
        // has arrived, perhaps on this CPU: this is not preempted in between.
        for _ in 0..self.count.load(Ordering::SeqCst) {
            let stay = PreemptionOff::new();
            let first = self.with_waiters(|ends| {
                let first = ends.iter().find(|waiter| waiter.with == with && !waiter.stays);
                let first = first.map_or(ptr::null_mut(), |first| ptr::from_ref(first).cast_mut());
                if !first.is_null() {
                    // SAFETY: it is in the list; it cannot go away before it has found itself in one.
                    unsafe {
                        ends.unlink(first);
                        (*first).home.store(ptr::null_mut(), Ordering::Release);
                    }
                }
                first
            });
            if !first.is_null() {
                self.count.fetch_sub(1, Ordering::SeqCst);
                other.count.fetch_add(1, Ordering::SeqCst);
                other.with_waiters(|ends| {
                    // SAFETY: it is in no list, and waits until it is in one again.
                    unsafe {
                        ends.link(first, false);
                        (*first).home.store(ptr::from_ref(other).cast_mut(), Ordering::Release);
                    }
                });
            }
            drop(stay);
        }
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }
}
