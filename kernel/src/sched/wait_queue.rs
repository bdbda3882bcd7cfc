//! Waiting for a condition.
//!
//! A wait queue is a list of the threads that wait, each entry on its thread's stack, behind a leaf lock with
//! closed code: entries are linked and unlinked, and waking pushes to an inbox. No call back, no allocation.
//!
//! A thread enters the list, declares that it waits, and then looks at its condition: with the caller's token in
//! `Atomic` context, never under the queue's lock. A wake-up after the look finds it in the list. In between
//! preemption is off, so that a thread that has declared to wait is not taken for one that waits.
//!
//! Waiting needs nothing held: who makes the condition true may need anything. With locks held one waits for an
//! [`Event`](super::Event), which has a rank, or, for what a lock protects, in a [`Condvar`] by its guard.

use alloc::sync::Arc;
use core::fmt;
use core::panic::Location;
use core::pin::pin;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use lockorder::{Atomic, Class, Guard, Held, MaySleep, NothingHeld, RawLock};

use super::core::{block, current, deadline, forget_wake_at, wake_at};
use super::thread::Thread;
use crate::arch::{interrupts, timer};
use crate::leaf::{Leaf, LeafLock};

/// One waiting thread, on its own stack.
struct Waiter {
    thread: Arc<Thread>,
    next: *mut Self,
    previous: *mut Self,
    queued: bool,
}

/// The list's two ends.
struct Ends {
    first: *mut Waiter,
    last: *mut Waiter,
}

// SAFETY: the pointers are followed under the leaf lock only; a waiter unlinks itself before it goes away.
unsafe impl Send for Ends {}

/// Threads that wait for something.
pub struct WaitQueue {
    waiters: LeafLock<Ends>,
}

impl fmt::Debug for WaitQueue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WaitQueue")
    }
}

impl Default for WaitQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl Ends {
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
            (*waiter).queued = false;
        }
    }

    /// Takes the first waiter out of the list, and wakes it.
    fn wake_first(&mut self) -> bool {
        let first = self.first;
        if first.is_null() {
            return false;
        }
        // SAFETY: it is the first of the list. It cannot go away before it has taken the leaf lock, which is
        // held, so its thread is there to be woken.
        unsafe {
            self.unlink(first);
            (*first).thread.wake();
        }
        true
    }
}

/// One wait: where in the source, until when at most, and whether the watchdog looks at it.
struct Waiting {
    place: &'static Location<'static>,
    deadline: Option<u64>,
    watched: bool,
}

impl WaitQueue {
    /// Nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        let ends = Ends { first: ptr::null_mut(), last: ptr::null_mut() };
        Self { waiters: LeafLock::new(Leaf::WaitQueue, ends) }
    }

    /// Wakes the thread that has waited longest. Legal anywhere, under any lock, in any context.
    pub fn wake_one(&self) -> bool {
        self.waiters.with(Ends::wake_first)
    }

    /// Wakes all.
    pub fn wake_all(&self) {
        while self.wake_one() {}
    }

    /// Waits until `condition` holds. It is looked at with the token of the caller, in `Atomic` context, before
    /// the first wait and after each wake-up. A wait past the watchdog's limit is a bug, and is reported.
    #[track_caller]
    pub fn wait_until<H: NothingHeld, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        mut condition: impl FnMut(&mut Held<'_, H, Atomic>) -> bool,
    ) {
        let mut held = held.to_task();
        self.block_until(|| condition(&mut held.to_atomic()));
    }

    /// The same where nothing may ever happen: a thread that serves others waits for work. The watchdog leaves it
    /// alone.
    #[track_caller]
    pub fn wait_for_work<H: NothingHeld, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        mut condition: impl FnMut(&mut Held<'_, H, Atomic>) -> bool,
    ) {
        let mut held = held.to_task();
        let wait = Waiting { place: Location::caller(), deadline: None, watched: false };
        self.block(&wait, || condition(&mut held.to_atomic()));
    }

    /// Waits until `condition` holds, for `time` at most; says whether it does.
    #[must_use]
    #[track_caller]
    pub fn wait_until_for<H: NothingHeld, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        time: Duration,
        mut condition: impl FnMut(&mut Held<'_, H, Atomic>) -> bool,
    ) -> bool {
        let mut held = held.to_task();
        // It ends by itself: nothing for the watchdog.
        let wait = Waiting { place: Location::caller(), deadline: Some(deadline(time)), watched: false };
        self.block(&wait, || condition(&mut held.to_atomic()))
    }

    /// Waits without a token, for what is made of wait queues.
    #[track_caller]
    pub(super) fn block_until(&self, condition: impl FnMut() -> bool) {
        self.block_until_for(None, condition);
    }

    /// The same for `time` at most; says whether the condition holds.
    #[track_caller]
    pub(super) fn block_until_for(&self, time: Option<Duration>, condition: impl FnMut() -> bool) -> bool {
        let waiting =
            Waiting { place: Location::caller(), deadline: time.map(deadline), watched: time.is_none() };
        self.block(&waiting, condition)
    }

    /// Waits until `condition` holds, or until the deadline; says whether it holds.
    fn block(&self, waiting: &Waiting, mut condition: impl FnMut() -> bool) -> bool {
        let late = || waiting.deadline.is_some_and(|deadline| timer::nanoseconds() >= deadline);
        let thread = current();
        thread.set_wait(Some(waiting.place), waiting.watched);
        loop {
            // The last look is at the deadline or after it: a wake-up that came just before is not wasted.
            let (mut holds, mut last) = (false, false);
            self.wait_once(waiting.deadline, || {
                last = late();
                holds = condition();
                !holds && !last
            });
            if holds || last {
                thread.set_wait(None, false);
                return holds;
            }
        }
    }

    /// Enters the list, declares to wait, and waits for one wake-up, or until `deadline`, if `go_on` says so.
    fn wait_once(&self, deadline: Option<u64>, go_on: impl FnOnce() -> bool) {
        let thread = current();
        let waiter = Waiter {
            thread: Arc::clone(&thread),
            next: ptr::null_mut(),
            previous: ptr::null_mut(),
            queued: true,
        };
        let mut waiter = pin!(waiter);
        // SAFETY: it stays where it is until this function ends, before which it is unlinked.
        let waiter: *mut Waiter = unsafe { waiter.as_mut().get_unchecked_mut() };
        // SAFETY: until the end the condition runs with an `Atomic` token, and this thread's own switch.
        unsafe { interrupts::disable_preemption() }
        thread.prepare_to_wait();
        self.waiters.with(|ends| {
            // SAFETY: the last of the list is in the list; the new one is this thread's own.
            unsafe {
                (*waiter).previous = ends.last;
                if ends.last.is_null() {
                    ends.first = waiter;
                } else {
                    (*ends.last).next = waiter;
                }
            }
            ends.last = waiter;
        });
        // Whoever has woken this thread has put it into an inbox, and blocking takes it out again.
        let go_on = go_on();
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
        let woken = self.waiters.with(|ends| {
            // SAFETY: this thread's own; whether it is in the list is known under the leaf lock.
            unsafe {
                if (*waiter).queued {
                    ends.unlink(waiter);
                    return false;
                }
            }
            true
        });
        if woken && !go_on {
            // Somebody has spent a wake-up on a thread that did not need it: it is another one's.
            self.wake_one();
        }
        // SAFETY: pairs with the call above.
        unsafe { interrupts::enable_preemption() }
    }
}

/// A condition variable: waiting for what a lock protects.
///
/// Notifications are numbered. A waiter reads the number while it holds the lock, so that one that comes
/// between the release and the wait is seen.
#[derive(Debug, Default)]
pub struct Condvar {
    notifications: AtomicU64,
    waiters: WaitQueue,
}

impl Condvar {
    /// Nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        Self { notifications: AtomicU64::new(0), waiters: WaitQueue::new() }
    }

    /// Releases the lock, waits for a wake-up, acquires the lock again. Wake-ups may be spurious: wait in a loop.
    #[track_caller]
    pub fn wait<'a, L: Class, R: RawLock, T: ?Sized, C: MaySleep>(
        &self,
        guard: Guard<'a, L, R, T, C>,
    ) -> Guard<'a, L, R, T, C> {
        let seen = self.notifications.load(Ordering::SeqCst);
        // However long it takes: a consumer may have nothing to do for hours, and a parent's child may run for days.
        let waiting = Waiting { place: Location::caller(), deadline: None, watched: false };
        guard.release_while(|| self.waiters.block(&waiting, || self.is_past(seen))).0
    }

    /// The same for `time` at most; says also whether a notification came. The lock is acquired again, however long that
    /// takes.
    #[track_caller]
    pub fn wait_for<'a, L: Class, R: RawLock, T: ?Sized, C: MaySleep>(
        &self,
        guard: Guard<'a, L, R, T, C>,
        time: Duration,
    ) -> (Guard<'a, L, R, T, C>, bool) {
        let seen = self.notifications.load(Ordering::SeqCst);
        let waiting = Waiting { place: Location::caller(), deadline: Some(deadline(time)), watched: false };
        guard.release_while(|| self.waiters.block(&waiting, || self.is_past(seen)))
    }

    /// Whether a notification has come since the number was `seen`.
    fn is_past(&self, seen: u64) -> bool {
        self.notifications.load(Ordering::SeqCst) != seen
    }

    /// Wakes the thread that has waited longest.
    pub fn notify_one(&self) {
        self.notifications.fetch_add(1, Ordering::SeqCst);
        self.waiters.wake_one();
    }

    /// Wakes all.
    pub fn notify_all(&self) {
        self.notifications.fetch_add(1, Ordering::SeqCst);
        self.waiters.wake_all();
    }
}
