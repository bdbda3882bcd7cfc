//! Waiting in queues, and at what condition variables are made of.

use std::sync::Arc;
use std::time::Duration;

use lockorder::{Nothing, RawLock, Task};
use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{FOR_EVER, on_threads, take_permit, wait_in};
use crate::copy::blocking::notifications::Notifications;
use crate::copy::blocking::{self, Patience, RawWaitQueue, Requeues, Sleep, Waiting};
use crate::copy::machine::Machine;
use crate::copy::typed::Held;
use crate::copy::wait_queue::WaitQueue;
use crate::world::Watched;

/// One thread makes a condition true and wakes; another waits for it.
pub fn wait_queue() {
    let shared = Arc::new((WaitQueue::INIT, AtomicBool::new(false)));
    on_threads(2, move |number| {
        if number == 0 {
            wait_in(&shared.0, &FOR_EVER, || shared.1.load(Ordering::Acquire));
        } else {
            shared.1.store(true, Ordering::Release);
            shared.0.wake_one();
        }
    });
}

/// Two threads wait for a permit each, and get one wake-up for each permit: a wake-up that is spent on a thread that has
/// found its permit by itself is passed on.
pub fn spent_wake_up() {
    let shared = Arc::new((WaitQueue::INIT, AtomicU64::new(0)));
    on_threads(3, move |number| {
        if number == 0 {
            for _ in 0..2 {
                shared.1.fetch_add(1, Ordering::SeqCst);
                shared.0.wake_one();
            }
        } else {
            wait_in(&shared.0, &FOR_EVER, || take_permit(&shared.1));
        }
    });
}

/// What a condition variable does: lets go of the lock, waits, acquires it again.
fn wait_with(lock: &Sleep<Machine>, changed: &Notifications<Machine>) {
    let seen = changed.number();
    // SAFETY: every caller holds it.
    unsafe { lock.release() }
    // SAFETY: this thread holds nothing, here and when it acquires the lock again.
    unsafe {
        changed.wait_past(seen, &FOR_EVER.with(core::ptr::from_ref(lock).addr()));
        lock.acquire::<Machine>();
    }
}

/// Two threads take turns, each ended by one notification.
pub fn condition() {
    struct Turns {
        lock: Sleep<Machine>,
        turn: Watched,
        changed: [Notifications<Machine>; 2],
    }
    let turns = Arc::new(Turns {
        lock: Sleep::INIT,
        turn: Watched::new(),
        changed: [Notifications::new(), Notifications::new()],
    });
    on_threads(2, move |number| {
        let own = usize::from(number == 1);
        for round in 0..2 {
            // SAFETY: this thread holds nothing else.
            unsafe { turns.lock.acquire::<Machine>() }
            while turns.turn.read() != 2 * round + number {
                wait_with(&turns.lock, &turns.changed[own]);
            }
            turns.turn.increase();
            // SAFETY: acquired above.
            unsafe { turns.lock.release() }
            turns.changed[1 - own].notify_one();
        }
    });
}

/// Threads that wait are moved to the lock's own waiters, and each comes out.
pub fn requeue() {
    let shared = Arc::new((Sleep::<Machine>::INIT, Watched::new(), Notifications::<Machine>::new()));
    on_threads(3, move |number| {
        let (lock, gone, changed) = &*shared;
        // SAFETY: this thread holds nothing else.
        unsafe { lock.acquire::<Machine>() }
        if number == 0 {
            gone.increase();
            // SAFETY: the lock lives as long as the model.
            unsafe { changed.notify_all_behind(lock.waiters(), core::ptr::from_ref(lock).addr()) }
        } else {
            while gone.read() == 0 {
                wait_with(lock, changed);
            }
        }
        // SAFETY: acquired above.
        unsafe { lock.release() }
    });
}

/// Threads wait in one queue, each for a condition of its own. Each condition is made true, followed by one wake-up, which
/// may be given to another thread: that one passes it on.
pub fn own_conditions() {
    let shared = Arc::new((WaitQueue::INIT, [const { AtomicBool::new(false) }; 3]));
    on_threads(4, move |number| {
        let (queue, conditions) = &*shared;
        if number == 0 {
            for condition in [&conditions[1], &conditions[0], &conditions[2]] {
                condition.store(true, Ordering::SeqCst);
                queue.wake_one();
            }
        } else {
            let own = &conditions[number as usize - 1];
            wait_in(queue, &FOR_EVER.for_own_condition(), || own.load(Ordering::SeqCst));
        }
    });
}

/// Two threads wait for conditions of their own, which do not hold when others are woken: a wake-up comes to each of them
/// once at most, and is not passed round for ever.
pub fn wake_up_for_nobody() {
    let shared = Arc::new((WaitQueue::INIT, AtomicBool::new(false), AtomicU64::new(0)));
    on_threads(3, move |number| {
        let (queue, done, wake_ups) = &*shared;
        if number == 0 {
            for last in [false, false, true] {
                wake_ups.fetch_add(1, Ordering::SeqCst);
                if last {
                    done.store(true, Ordering::SeqCst);
                    queue.wake_all();
                } else {
                    queue.wake_one();
                }
            }
        } else {
            let mut looks = 0;
            wait_in(queue, &FOR_EVER.for_own_condition(), || {
                assert!(looks <= wake_ups.load(Ordering::SeqCst), "a wake-up came to one thread twice");
                looks += 1;
                done.load(Ordering::SeqCst)
            });
        }
    });
}

/// A thread waits for ever beside two that wait for a time, each for a condition of its own, and only the first one's comes:
/// a wake-up that is given to a thread whose time is up is passed on.
pub fn own_condition_beside_time_limits() {
    let shared = Arc::new((WaitQueue::INIT, AtomicBool::new(false)));
    on_threads(4, move |number| {
        let (queue, done) = &*shared;
        match number {
            0 => {
                done.store(true, Ordering::SeqCst);
                queue.wake_one();
            }
            1 => {
                wait_in(queue, &FOR_EVER.for_own_condition(), || done.load(Ordering::SeqCst));
            }
            _ => {
                let waiting = Waiting::here(Patience::For(Duration::from_nanos(number))).for_own_condition();
                assert!(!wait_in(queue, &waiting, || false), "a condition that never holds");
            }
        }
    });
}

/// The same with one condition for all: a permit is there or not, and whoever gives it back wakes the next one.
pub fn time_limits() {
    let shared = Arc::new((WaitQueue::INIT, AtomicU64::new(0)));
    on_threads(4, move |number| {
        let (queue, permits) = &*shared;
        let patience = match number {
            0 => None,
            1 => Some(Patience::ForEver),
            _ => Some(Patience::For(Duration::from_nanos(number))),
        };
        if patience.is_none_or(|patience| wait_in(queue, &Waiting::here(patience), || take_permit(permits))) {
            permits.fetch_add(1, Ordering::SeqCst);
            queue.wake_one();
        }
    });
}

/// Threads wait in one queue for what they look at under a mutex: they stand in no queue while they look.
pub fn condition_that_sleeps() {
    let shared = Arc::new((
        blocking::WaitQueue::<Machine>::new(),
        Sleep::<Machine>::INIT,
        [Watched::new(), Watched::new()],
    ));
    on_threads(3, move |number| {
        let (queue, lock, counts) = &*shared;
        let under_the_lock = |look: &dyn Fn() -> bool| {
            // SAFETY: this thread holds nothing else.
            unsafe { lock.acquire::<Machine>() }
            let result = look();
            // SAFETY: acquired above.
            unsafe { lock.release() }
            result
        };
        let mut held = Held::<Nothing, Task>::mint();
        if number == 0 {
            for count in [&counts[1], &counts[0]] {
                under_the_lock(&|| {
                    count.increase();
                    true
                });
                queue.wake_one();
            }
        } else {
            let own = &counts[number as usize - 1];
            queue.wait_until_may_sleep(&mut held, |_| under_the_lock(&|| own.read() == 1));
        }
    });
}

/// A lock that two threads borrow, of which only the waiters matter.
struct Borrowed {
    waiters: WaitQueue,
    borrowers: AtomicU64,
}

impl Borrowed {
    const fn by(borrowers: u64) -> Self {
        Self { waiters: WaitQueue::INIT, borrowers: AtomicU64::new(borrowers) }
    }

    /// What threads wait with.
    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// A thread that has had it releases it, and borrows it no more; the last one frees it.
    fn release_and_forget(&self) {
        self.waiters.wake_one();
        if self.borrowers.fetch_sub(1, Ordering::SeqCst) == 1 {
            assert!(self.waiters.is_empty(), "a thread stands in the queue of a lock that has been freed");
        }
    }
}

/// Two threads wait with one lock, a third one with another. A thread that has the first lock moves those that wait with it,
/// while others enter: who waits with the other lock, which may outlive the first one, stays where it is.
pub fn two_locks() {
    let shared = Arc::new((WaitQueue::INIT, AtomicBool::new(false), [Borrowed::by(3), Borrowed::by(1)]));
    on_threads(4, move |number| {
        let (queue, done, locks) = &*shared;
        let own = &locks[usize::from(number == 3)];
        if number == 0 {
            done.store(true, Ordering::SeqCst);
            queue.wake_one();
            // SAFETY: both live as long as the model; whether they would have to is what it is about.
            unsafe { queue.requeue(&own.waiters, own.address()) }
            let strangers = own.waiters.others_wait_with(own.address());
            assert!(!strangers, "a thread stands in the queue of a lock that it does not borrow");
            queue.wake_all();
        } else {
            wait_in(queue, &FOR_EVER.with(own.address()), || done.load(Ordering::SeqCst));
        }
        own.release_and_forget();
    });
}

/// A thread waits at a condition variable with one lock, and is notified; then another one waits there with another lock, while
/// the first may look at its condition still: that is no wait of the first one any more.
pub fn locks_in_turn() {
    let shared = Arc::new(Notifications::<Machine>::new());
    on_threads(2, move |number| {
        if number == 0 {
            while !format!("{shared:?}").contains("awaited: true") {
                shuttle::thread::yield_now();
            }
            shared.notify_all();
            let waiting = Waiting::here(Patience::For(Duration::from_nanos(2))).with(2);
            // SAFETY: the models may block anywhere; nothing is held.
            unsafe { shared.wait_past(shared.number(), &waiting) };
        } else {
            // SAFETY: as above.
            assert!(unsafe { shared.wait_past(0, &FOR_EVER.with(1)) }, "it is notified");
        }
    });
}

/// A thread that waits for a time is moved to another queue, where nobody wakes it: it comes out of there by itself.
pub fn moved_with_a_time_limit() {
    let shared = Arc::new([WaitQueue::INIT, WaitQueue::INIT]);
    let for_threads = Arc::clone(&shared);
    on_threads(2, move |number| {
        let [queue, other] = &*for_threads;
        if number == 0 {
            // SAFETY: both live as long as the model.
            unsafe { queue.requeue(other, 1) }
        } else {
            let waiting = Waiting::here(Patience::For(Duration::from_nanos(3))).with(1);
            assert!(!wait_in(queue, &waiting, || false), "a condition that never holds");
        }
    });
    assert!(shared.iter().all(WaitQueue::is_empty), "somebody stands in a queue");
}
