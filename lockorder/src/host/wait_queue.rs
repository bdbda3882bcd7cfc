//! Threads of an operating system that wait.
//!
//! Each waiter has a record that the queue shares with it; it parks, and whoever wakes it takes the record out of the queue
//! and unparks it. A record knows in which queue it stands, since it can be moved; it is changed under that queue's lock
//! only.

use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, fence};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::blocking::{Patience, RawWaitQueue, Waiting};

/// One waiting thread.
struct Waiter {
    thread: Thread,
    woken: AtomicBool,
    /// The queue in which it stands, or stood when it was woken; null while it is being moved.
    home: AtomicPtr<WaitQueue>,
}

/// The threads that wait, in the order in which they came.
pub struct WaitQueue {
    waiters: Mutex<VecDeque<Arc<Waiter>>>,
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
    fn waiters(&self) -> MutexGuard<'_, VecDeque<Arc<Waiter>>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how many wait. Under the list's lock.
    fn note(&self, waiters: &VecDeque<Arc<Waiter>>) {
        self.count.store(waiters.len(), Ordering::SeqCst);
    }

    /// Takes a waiter out of the queue in which it stands; false if somebody has woken it.
    fn leave(waiter: &Arc<Waiter>) -> bool {
        loop {
            if waiter.woken.load(Ordering::SeqCst) {
                return false;
            }
            // SAFETY: a queue in which a waiter stands stays where it is, as `wait` borrows its own, and `requeue` demands.
            if let Some(home) = unsafe { waiter.home.load(Ordering::SeqCst).as_ref() } {
                let mut waiters = home.waiters();
                if let Some(place) = waiters.iter().position(|other| Arc::ptr_eq(other, waiter)) {
                    waiters.remove(place);
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
        while !waiter.woken.load(Ordering::SeqCst) {
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => thread::park(),
                Some(Duration::ZERO) => return,
                Some(left) => thread::park_timeout(left),
            }
        }
    }
}

/// Takes a waiter out of its queue when it drops, also when the condition panics.
struct Standing<'a> {
    waiter: &'a Arc<Waiter>,
    /// Whether its thread runs on whether or not it was woken.
    needs_no_wake_up: bool,
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        let woken = !WaitQueue::leave(self.waiter);
        if woken && self.needs_no_wake_up {
            // Somebody has spent a wake-up on a thread that did not need it: it is another one's.
            // SAFETY: as in `leave`; the queue in which it stood.
            if let Some(home) = unsafe { self.waiter.home.load(Ordering::SeqCst).as_ref() } {
                home.wake_one();
            }
        }
    }
}

impl RawWaitQueue for WaitQueue {
    const INIT: Self = Self { waiters: Mutex::new(VecDeque::new()), count: AtomicUsize::new(0) };

    fn wait(&self, waiting: &Waiting, condition: &mut dyn FnMut() -> bool) -> bool {
        let deadline = match waiting.patience {
            Patience::For(time) => Instant::now().checked_add(time),
            Patience::UntilItHolds | Patience::ForEver => None,
        };
        loop {
            let waiter = Arc::new(Waiter {
                thread: thread::current(),
                woken: AtomicBool::new(false),
                home: AtomicPtr::new(ptr::from_ref(self).cast_mut()),
            });
            {
                let mut waiters = self.waiters();
                waiters.push_back(Arc::clone(&waiter));
                self.note(&waiters);
            }
            fence(Ordering::SeqCst);
            let mut standing = Standing { waiter: &waiter, needs_no_wake_up: true };
            // The last look is at the deadline or after it.
            let last = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            let holds = condition();
            standing.needs_no_wake_up = holds || last;
            if !holds && !last {
                Self::park(&waiter, deadline);
            }
            drop(standing);
            if holds || last {
                return holds;
            }
        }
    }

    fn wake_one(&self) -> bool {
        // Whoever wakes has made a condition true before, perhaps with a weaker ordering than the look needs.
        fence(Ordering::SeqCst);
        if self.is_empty() {
            return false;
        }
        let mut waiters = self.waiters();
        let first = waiters.pop_front();
        self.note(&waiters);
        let Some(first) = first else { return false };
        first.woken.store(true, Ordering::SeqCst);
        drop(waiters);
        first.thread.unpark();
        true
    }

    fn wake_all(&self) {
        fence(Ordering::SeqCst);
        if self.is_empty() {
            return;
        }
        let mut waiters = self.waiters();
        let all = core::mem::take(&mut *waiters);
        self.note(&waiters);
        for waiter in &all {
            waiter.woken.store(true, Ordering::SeqCst);
        }
        drop(waiters);
        for waiter in all {
            waiter.thread.unpark();
        }
    }

    unsafe fn requeue(&self, other: &Self) {
        if ptr::eq(self, other) || self.is_empty() {
            return;
        }
        let mut moved = {
            let mut waiters = self.waiters();
            let moved = core::mem::take(&mut *waiters);
            self.note(&waiters);
            for waiter in &moved {
                waiter.home.store(ptr::null_mut(), Ordering::SeqCst);
            }
            moved
        };
        let mut waiters = other.waiters();
        for waiter in &moved {
            waiter.home.store(ptr::from_ref(other).cast_mut(), Ordering::SeqCst);
        }
        waiters.append(&mut moved);
        other.note(&waiters);
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }
}
