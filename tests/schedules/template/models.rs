//! The models: a few threads that use a lock, and what must hold whatever the schedule is.
//!
//! A thread that waits for ever ends in a deadlock, which the scheduler reports.


use std::sync::Arc;

use lockorder::{RawLock, RawReadWriteLock};
use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use shuttle::thread;

use super::machine::{Machine, number_thread};
use crate::copy::blocking::serial::{Notes, Sharing, TokenCore};
use crate::copy::blocking::{
    Adaptive, Blocking, Notifications, Patience, RawWaitQueue, Requeues, Sleep, SleepReadWrite, Waiting, wait,
};
use crate::copy::wait_queue::WaitQueue;
use crate::world::Watched;

/// All of them, by name.
pub const ALL: &[(&str, fn())] = &[
    ("adaptive", adaptive),
    ("sleep", sleep),
    ("wait_queue", wait_queue),
    ("spent_wake_up", spent_wake_up),
    ("condition", condition),
    ("requeue", requeue),
    ("read_write", read_write),
    ("upgrade", upgrade),
    ("token", token),
    ("two_tokens", two_tokens),
    ("token_over_a_wait", token_over_a_wait),
    ("shared_token", shared_token),
];

/// Runs `body` on as many threads as `count` says, this one among them, and waits for all.
fn on_threads(count: u64, body: impl Fn(u64) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let threads: Vec<_> = (1..count)
        .map(|number| {
            let body = Arc::clone(&body);
            thread::spawn(move || {
                number_thread(number);
                body(number);
            })
        })
        .collect();
    number_thread(0);
    body(0);
    for thread in threads {
        thread.join().expect("no thread panics");
    }
}

/// Threads that acquire a lock lose no update.
fn excludes<R: RawLock + Send + Sync + 'static>() {
    let shared = Arc::new((R::INIT, Watched::new()));
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |_| {
        for _ in 0..2 {
            // SAFETY: this thread holds nothing else, and releases what it has acquired.
            unsafe {
                for_threads.0.acquire::<Machine>();
                for_threads.1.increase();
                for_threads.0.release();
            }
        }
    });
    assert_eq!(shared.1.read(), 6, "an update was lost");
    assert!(shared.0.try_acquire(), "everybody has left");
}

fn adaptive() {
    excludes::<Adaptive<Machine>>();
}

fn sleep() {
    excludes::<Sleep<Machine>>();
}

/// One thread makes a condition true and wakes; another waits for it.
fn wait_queue() {
    let shared = Arc::new((WaitQueue::INIT, AtomicBool::new(false)));
    on_threads(2, move |number| {
        if number == 0 {
            wait::<Machine>(&shared.0, &Waiting::here(Patience::ForEver), &mut || shared.1.load(Ordering::Acquire));
        } else {
            shared.1.store(true, Ordering::Release);
            shared.0.wake_one();
        }
    });
}

/// Two threads wait for a permit each, and get one wake-up for each permit: a wake-up that is spent on a thread that has
/// found its permit by itself is passed on.
fn spent_wake_up() {
    let shared = Arc::new((WaitQueue::INIT, AtomicU64::new(0)));
    on_threads(3, move |number| {
        if number == 0 {
            for _ in 0..2 {
                shared.1.fetch_add(1, Ordering::SeqCst);
                shared.0.wake_one();
            }
        } else {
            wait::<Machine>(&shared.0, &Waiting::here(Patience::ForEver), &mut || {
                shared.1.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |permits| permits.checked_sub(1)).is_ok()
            });
        }
    });
}

/// What a condition variable does: lets go of the lock, waits, acquires it again.
fn wait_with(lock: &Sleep<Machine>, changed: &Notifications<Machine>) {
    let seen = changed.number();
    changed.joins(core::ptr::from_ref(lock).addr());
    // SAFETY: every caller holds it.
    unsafe { lock.release() }
    changed.wait_past(seen, &Waiting::here(Patience::ForEver));
    // SAFETY: this thread holds nothing else.
    unsafe { lock.acquire::<Machine>() }
    changed.leaves();
}

/// Two threads take turns, each ended by one notification.
fn condition() {
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
fn requeue() {
    let shared = Arc::new((Sleep::<Machine>::INIT, Watched::new(), Notifications::<Machine>::new()));
    on_threads(3, move |number| {
        let (lock, gone, changed) = &*shared;
        // SAFETY: this thread holds nothing else.
        unsafe { lock.acquire::<Machine>() }
        if number == 0 {
            gone.increase();
            // SAFETY: the lock lives as long as the model.
            unsafe { changed.notify_all_behind(lock.waiters()) }
        } else {
            while gone.read() == 0 {
                wait_with(lock, changed);
            }
        }
        // SAFETY: acquired above.
        unsafe { lock.release() }
    });
}

/// Two threads write both halves of a number, one reads them.
fn read_write() {
    let shared = Arc::new((SleepReadWrite::<Machine>::INIT, [Watched::new(), Watched::new()]));
    on_threads(3, move |number| {
        let (lock, halves) = &*shared;
        for _ in 0..2 {
            // SAFETY: this thread holds nothing else, and releases what it has acquired.
            unsafe {
                if number == 0 {
                    lock.acquire_shared::<Machine>();
                    assert_eq!(halves[0].read(), halves[1].read(), "half a write was seen");
                    lock.release_shared();
                } else {
                    lock.acquire_exclusive::<Machine>();
                    halves.iter().for_each(Watched::increase);
                    lock.release_exclusive();
                }
            }
        }
    });
}

/// Two threads read, upgrade and write, beside a reader: nobody writes between one's reading and writing.
fn upgrade() {
    let shared = Arc::new((SleepReadWrite::<Machine>::INIT, Watched::new()));
    on_threads(3, move |number| {
        let (lock, count) = &*shared;
        // SAFETY: this thread holds nothing else, and each step is of what it has just become.
        unsafe {
            if number == 0 {
                lock.acquire_shared::<Machine>();
                let before = count.read();
                assert_eq!(count.read(), before, "somebody wrote beside a reader");
                lock.release_shared();
            } else {
                lock.acquire_upgradeable::<Machine>();
                let before = count.read();
                lock.upgrade::<Machine>();
                assert_eq!(count.read(), before, "somebody wrote while upgrading");
                count.increase();
                lock.downgrade();
                lock.release_shared();
            }
        }
    });
}

/// A token with what it protects.
struct Protected {
    token: TokenCore<Machine>,
    count: Watched,
}

impl Protected {
    fn new() -> Self {
        Self { token: TokenCore::new(), count: Watched::new() }
    }

    fn acquire(&self, sharing: Sharing) {
        Machine::with_serial_tokens(|tokens| tokens.acquire(&self.token, sharing, Notes::of::<crate::world::Mounts>()));
    }

    fn release(&self) {
        Machine::with_serial_tokens(|tokens| tokens.release(&self.token));
    }
}

/// Threads that acquire a token, twice over, lose no update, and have it until the last release.
fn token() {
    let shared = Arc::new(Protected::new());
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |_| {
        for_threads.acquire(Sharing::Alone);
        for_threads.acquire(Sharing::Alone);
        for_threads.count.increase();
        for_threads.release();
        for_threads.count.increase();
        for_threads.release();
    });
    assert_eq!(shared.count.read(), 6, "an update was lost");
}

/// Two tokens in all orders: nobody waits for ever, and who goes on has both.
fn two_tokens() {
    let shared = Arc::new([Protected::new(), Protected::new()]);
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |number| {
        let order = if number == 1 { [1, 0] } else { [0, 1] };
        for index in order {
            for_threads[index].acquire(Sharing::Alone);
        }
        for protected in for_threads.iter() {
            protected.count.increase();
        }
        for index in order {
            for_threads[index].release();
        }
    });
    assert_eq!([shared[0].count.read(), shared[1].count.read()], [3, 3], "an update was lost");
}

/// A thread waits, with tokens, for what another one does under the same token; afterwards it has all its tokens.
fn token_over_a_wait() {
    let shared = Arc::new(([Protected::new(), Protected::new()], WaitQueue::INIT, AtomicBool::new(false)));
    on_threads(3, move |number| {
        let (both, queue, done) = &*shared;
        if number == 0 {
            both[0].acquire(Sharing::Alone);
            both[1].acquire(Sharing::Alone);
            wait::<Machine>(queue, &Waiting::here(Patience::ForEver), &mut || done.load(Ordering::SeqCst));
            both.iter().for_each(|protected| protected.count.increase());
            both[1].release();
            both[0].release();
        } else {
            let own = &both[usize::from(number == 1)];
            own.acquire(Sharing::Alone);
            own.count.increase();
            if number == 1 {
                done.store(true, Ordering::SeqCst);
                queue.wake_all();
            }
            own.release();
        }
    });
}

/// Readers share a token, a writer has it alone.
fn shared_token() {
    let shared = Arc::new(Protected::new());
    on_threads(3, move |number| {
        if number == 0 {
            shared.acquire(Sharing::Alone);
            shared.count.increase();
            shared.count.increase();
            shared.release();
        } else {
            shared.acquire(Sharing::Shared);
            let seen = shared.count.read();
            assert!(seen % 2 == 0 && shared.count.read() == seen, "half a write was seen");
            shared.release();
        }
    });
}

