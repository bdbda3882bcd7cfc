//! Threads of an operating system that wait.
//!
//! Each waiter has a record that the queue shares with it; it parks, and whoever wakes it takes the record out of the queue
//! and unparks it. A record knows in which queue it stands, since it can be moved; it is changed under that queue's lock
//! only.

use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence};
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
    woken: AtomicBool,
    /// The address of what it waits with.
    with: usize,
    /// Whether it is not to be moved.
    stays: bool,
    /// Whether it has been woken, and has not found its condition false since.
    looks_again: AtomicBool,
    /// The queue in which it stands, or stood when it was woken; null while it is being moved.
    home: AtomicPtr<WaitQueue>,
}

impl Waiter {
    /// The queue in which it stood when it was woken.
    fn home(&self) -> *const WaitQueue {
        self.home.load(Ordering::SeqCst)
    }
}

/// The threads that wait, in the order in which they came.
struct Waiters {
    list: VecDeque<Arc<Waiter>>,
    /// The last ticket.
    tickets: u64,
    /// The last ticket when the newest wake-up was given: threads with later ones have looked, or will look, after that.
    waited_for: u64,
}

/// Why a thread is woken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WakeUp {
    /// Somebody has made a condition true.
    Given,
    /// A thread that stays was woken, and its own condition does not hold.
    PassedOn,
    /// A thread that leaves was woken, and did not need that.
    LeftBehind,
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

    /// Wakes the thread that has waited longest; says whether there was one.
    ///
    /// A wake-up that is passed on comes to threads that had entered before the newest one was given, not only its own: while it
    /// was on its way, that newer one may have been used up by the very thread that it was meant for, and then takes its
    /// place. A thread that has passed it on enters behind them, so they come to an end.
    fn wake_first(&self, wake_up: WakeUp) -> bool {
        let mut waiters = self.waiters();
        if wake_up == WakeUp::Given {
            waiters.waited_for = waiters.tickets;
        }
        let waited_for = waiters.waited_for;
        let needs_it = |first: &mut Arc<Waiter>| {
            wake_up != WakeUp::PassedOn || first.ticket.load(Ordering::Relaxed) <= waited_for
        };
        let Some(first) = waiters.list.pop_front_if(needs_it) else { return false };
        self.note(&waiters);
        first.woken.store(true, Ordering::SeqCst);
        drop(waiters);
        first.thread.unpark();
        true
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
        while !waiter.woken.load(Ordering::SeqCst) {
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => thread::park(),
                Some(Duration::ZERO) => return,
                Some(left) => thread::park_timeout(left),
            }
        }
    }
}

/// A thread that looks at its condition and stands in a queue. Takes it out when it drops, also when the condition panics, and
/// leaves behind what wake-ups it was given and does not need.
struct Looking<'a> {
    waiter: &'a Arc<Waiter>,
    /// The queue in which the wake-up was given that led to this look, until it is known who needs it.
    wake_up: Option<*const WaitQueue>,
}

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        let meanwhile = if WaitQueue::leave(self.waiter) { None } else { Some(self.waiter.home()) };
        for home in [meanwhile, self.wake_up].into_iter().flatten() {
            // SAFETY: a queue in which this thread stood stays where it is for as long as the thread borrows what it waits
            // with, which is until it has stopped waiting.
            unsafe { (*home).wake_first(WakeUp::LeftBehind) };
        }
    }
}

// SAFETY: `wait` returns what the last call of the condition gave, on this thread, and before the deadline only where that is
// true; a waiter's record is shared by count, and `leave` or whoever wakes it has taken it out of the queue when `wait` returns or
// unwinds; `with` is set when the record is made, and is all that `requeue` looks at.
unsafe impl RawWaitQueue for WaitQueue {
    const INIT: Self = Self {
        waiters: Mutex::new(Waiters { list: VecDeque::new(), tickets: 0, waited_for: 0 }),
        count: AtomicUsize::new(0),
    };

    unsafe fn wait(&self, waiting: &Waiting, condition: &mut dyn FnMut() -> bool) -> bool {
        let deadline = match waiting.patience {
            Patience::For(time) => Instant::now().checked_add(time),
            Patience::UntilItHolds | Patience::ForEver => None,
        };
        let mut wake_up = None;
        loop {
            let waiter = Arc::new(Waiter {
                thread: thread::current(),
                ticket: AtomicU64::new(0),
                woken: AtomicBool::new(false),
                with: waiting.with,
                stays: waiting.stays,
                looks_again: AtomicBool::new(wake_up.is_some()),
                home: AtomicPtr::new(ptr::from_ref(self).cast_mut()),
            });
            {
                let mut waiters = self.waiters();
                waiters.tickets += 1;
                waiter.ticket.store(waiters.tickets, Ordering::Relaxed);
                let place = if waiting.ahead { 0 } else { waiters.list.len() };
                waiters.list.insert(place, Arc::clone(&waiter));
                self.note(&waiters);
            }
            fence(Ordering::SeqCst);
            let mut looking = Looking { waiter: &waiter, wake_up: wake_up.take() };
            // The last look is at the deadline or after it.
            let last = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            let holds = condition();
            if holds {
                looking.wake_up = None;
            } else if waiting.own_condition
                && let Some(home) = looking.wake_up.take()
            {
                // SAFETY: as where `looking` drops.
                unsafe { (*home).wake_first(WakeUp::PassedOn) };
            }
            if holds || last {
                return holds;
            }
            // Where all wait for the same condition, whoever made it false again wakes the next one.
            core::mem::forget(looking);
            waiter.looks_again.store(false, Ordering::SeqCst);
            Self::park(&waiter, deadline);
            if !Self::leave(&waiter) {
                wake_up = Some(waiter.home());
            }
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
        let mut waiters = self.waiters();
        let all = core::mem::take(&mut waiters.list);
        waiters.waited_for = waiters.tickets;
        self.note(&waiters);
        for waiter in &all {
            waiter.woken.store(true, Ordering::SeqCst);
        }
        drop(waiters);
        for waiter in all {
            waiter.thread.unpark();
        }
    }

    fn others_wait_with(&self, address: usize) -> bool {
        let waits = |waiter: &Arc<Waiter>| !waiter.looks_again.load(Ordering::SeqCst);
        !self.is_empty() && self.waiters().list.iter().any(|waiter| waiter.with != address && waits(waiter))
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
                let goes = waiter.with == with && !waiter.stays;
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
