//! Threads of an operating system that wait.
//!
//! Each waiter has a record that the queue shares with it; it parks, and whoever wakes it takes the record out of the queue
//! and unparks it. A record knows in which queue it stands, since it can be moved; it is changed under that queue's lock
//! only.

use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::blocking::{Patience, RawWaitQueue, Waiting};

/// One waiting thread.
struct Waiter {
    thread: Thread,
    /// Its place in the order in which threads entered the queue, from 1.
    ticket: AtomicU64,
    /// 0 until it is woken; then the first ticket that was drawn after the wake-up, or would have been.
    woken: AtomicU64,
    /// The address of what it waits with.
    with: usize,
    /// The queue in which it stands, or stood when it was woken; null while it is being moved.
    home: AtomicPtr<WaitQueue>,
}

/// The threads that wait, in the order in which they came, and the last ticket.
struct Waiters {
    list: VecDeque<Arc<Waiter>>,
    tickets: u64,
}

/// Threads that wait for something.
pub struct WaitQueue {
    waiters: Mutex<Waiters>,
    /// How many those are: for who only wants to know whether there is anybody.
    count: AtomicUsize,
}

impl fmt::Debug for WaitQueue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WaitQueue").field("count", &self.count).finish_non_exhaustive()
    }
}

impl WaitQueue {
    /// The list; a panic elsewhere cannot leave it half changed, so poison is no news.
    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how many wait. Under the list's lock.
    fn note(&self, waiters: &Waiters) {
        self.count.store(waiters.list.len(), Ordering::SeqCst);
    }

    /// Wakes the thread that has waited longest, if it entered before the ticket `before`; says whether it did.
    fn wake_first(&self, before: Option<u64>) -> bool {
        let mut waiters = self.waiters();
        let first = waiters.list.front();
        let entered = first.map(|first| first.ticket.load(Ordering::Relaxed));
        if entered.is_none_or(|entered| before.is_some_and(|before| entered >= before)) {
            return false;
        }
        let first = waiters.list.pop_front();
        self.note(&waiters);
        let Some(first) = first else { return false };
        first.woken.store(before.unwrap_or(waiters.tickets + 1), Ordering::SeqCst);
        drop(waiters);
        first.thread.unpark();
        true
    }

    /// Takes a waiter out of the queue in which it stands; false if somebody has woken it.
    fn leave(waiter: &Arc<Waiter>) -> bool {
        loop {
            if waiter.woken.load(Ordering::SeqCst) != 0 {
                return false;
            }
            // SAFETY: a queue in which a waiter stands stays where it is, as `wait` borrows its own, and `requeue` demands.
            if let Some(home) = unsafe { waiter.home.load(Ordering::SeqCst).as_ref() } {
                let mut waiters = home.waiters();
                if let Some(place) = waiters.list.iter().position(|other| Arc::ptr_eq(other, waiter)) {
                    waiters.list.remove(place);
                    home.note(&waiters);
                    return true;
                }
            }
            // It is being moved, or has just been woken.
            thread::yield_now();
        }
    }

    /// Parks until somebody has woken the waiter, or until the deadline.
    fn park(waiter: &Waiter, deadline: Option<Instant>) {
        while waiter.woken.load(Ordering::SeqCst) == 0 {
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => thread::park(),
                Some(Duration::ZERO) => return,
                Some(left) => thread::park_timeout(left),
            }
        }
    }
}

/// A thread that looks at its condition and stands in a queue. Takes it out when it drops, also when the condition panics, and
/// passes on a wake-up that it was given meanwhile and does not need.
struct Looking<'a>(&'a Arc<Waiter>);

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        if !WaitQueue::leave(self.0) {
            // SAFETY: as in `leave`; the queue in which it stood.
            if let Some(home) = unsafe { self.0.home.load(Ordering::SeqCst).as_ref() } {
                home.wake_first(None);
            }
        }
    }
}

impl RawWaitQueue for WaitQueue {
    const INIT: Self = Self {
        waiters: Mutex::new(Waiters { list: VecDeque::new(), tickets: 0 }),
        count: AtomicUsize::new(0),
    };

    unsafe fn wait(&self, waiting: &Waiting, condition: &mut dyn FnMut() -> bool) -> bool {
        let deadline = match waiting.patience {
            Patience::For(time) => Instant::now().checked_add(time),
            Patience::UntilItHolds | Patience::ForEver => None,
        };
        // The wake-up that led to the next look, and the queue in which it was given.
        let mut wake_up: Option<(u64, *const Self)> = None;
        loop {
            let waiter = Arc::new(Waiter {
                thread: thread::current(),
                ticket: AtomicU64::new(0),
                woken: AtomicU64::new(0),
                with: waiting.with,
                home: AtomicPtr::new(ptr::from_ref(self).cast_mut()),
            });
            {
                let mut waiters = self.waiters();
                waiters.tickets += 1;
                waiter.ticket.store(waiters.tickets, Ordering::Relaxed);
                waiters.list.push_back(Arc::clone(&waiter));
                self.note(&waiters);
            }
            fence(Ordering::SeqCst);
            let looking = Looking(&waiter);
            // The last look is at the deadline or after it.
            let last = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            let holds = condition();
            if !holds && let Some((before, home)) = wake_up.take() {
                // This thread has no use for it. Where all wait for the same condition, whoever made it false again wakes the
                // next one, unless this thread goes.
                let before = if waiting.own_condition { Some(Some(before)) } else { last.then_some(None) };
                if let Some(before) = before {
                    // SAFETY: the queue in which this thread stood stays where it is for as long as the thread borrows what it
                    // waits with, which is until it has stopped waiting.
                    unsafe { (*home).wake_first(before) };
                }
            }
            if holds || last {
                return holds;
            }
            core::mem::forget(looking);
            Self::park(&waiter, deadline);
            if !Self::leave(&waiter) {
                wake_up = Some((waiter.woken.load(Ordering::SeqCst), waiter.home.load(Ordering::SeqCst)));
            }
        }
    }

    fn wake_one(&self) -> bool {
        // Whoever wakes has made a condition true before, perhaps with a weaker ordering than the look needs.
        fence(Ordering::SeqCst);
        !self.is_empty() && self.wake_first(None)
    }

    fn wake_all(&self) {
        fence(Ordering::SeqCst);
        if self.is_empty() {
            return;
        }
        let mut waiters = self.waiters();
        let all = core::mem::take(&mut waiters.list);
        self.note(&waiters);
        for waiter in &all {
            waiter.woken.store(waiters.tickets + 1, Ordering::SeqCst);
        }
        drop(waiters);
        for waiter in all {
            waiter.thread.unpark();
        }
    }

    fn others_wait_with(&self, address: usize) -> bool {
        !self.is_empty() && self.waiters().list.iter().any(|waiter| waiter.with != address)
    }

    unsafe fn requeue(&self, other: &Self, with: usize) {
        if ptr::eq(self, other) || self.is_empty() {
            return;
        }
        // Each list under its own lock, one after the other: in between a waiter stands in neither, and `leave` waits.
        let mut moved = VecDeque::new();
        {
            let mut waiters = self.waiters();
            waiters.list.retain(|waiter| {
                let goes = waiter.with == with;
                if goes {
                    waiter.home.store(ptr::null_mut(), Ordering::SeqCst);
                    moved.push_back(Arc::clone(waiter));
                }
                !goes
            });
            self.note(&waiters);
        }
        let mut waiters = other.waiters();
        for waiter in moved {
            waiters.tickets += 1;
            waiter.ticket.store(waiters.tickets, Ordering::Relaxed);
            waiter.home.store(ptr::from_ref(other).cast_mut(), Ordering::SeqCst);
            waiters.list.push_back(waiter);
        }
        other.note(&waiters);
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }
}
