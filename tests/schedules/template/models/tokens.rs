//! Serialising tokens.

use std::sync::Arc;

use lockorder::Mode;
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::thread;

use super::{FOR_EVER, on_threads, wait_in};
use crate::copy::blocking::serial::core::SerialCore;
use crate::copy::blocking::serial::list::Notes;
use crate::copy::blocking::{Blocking, RawWaitQueue};
use crate::copy::machine::Machine;
use crate::copy::typed::Mounts;
use crate::copy::wait_queue::WaitQueue;
use crate::world::Watched;

/// A token with what it protects.
struct Protected {
    token: SerialCore<Machine>,
    count: Watched,
}

impl Protected {
    fn new() -> Self {
        Self { token: SerialCore::new(), count: Watched::new() }
    }

    fn acquire(&self, mode: Mode) {
        // SAFETY: the models may block anywhere, and release what they acquire.
        Machine::with_serial_tokens(|tokens| unsafe {
            tokens.acquire(&self.token, mode, Notes::of::<Mounts>())
        });
    }

    fn release(&self) {
        Machine::with_serial_tokens(|tokens| tokens.release(&self.token));
    }
}

/// Threads that acquire a token, twice over, lose no update, and have it until the last release.
pub fn token() {
    let shared = Arc::new(Protected::new());
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |_| {
        for_threads.acquire(Mode::Exclusive);
        for_threads.acquire(Mode::Exclusive);
        for_threads.count.increase();
        for_threads.release();
        for_threads.count.increase();
        for_threads.release();
    });
    assert_eq!(shared.count.read(), 6, "an update was lost");
}

/// Two tokens in all orders: nobody waits for ever, and who goes on has both.
pub fn two_tokens() {
    let shared = Arc::new([Protected::new(), Protected::new()]);
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |number| {
        let order = if number == 1 { [1, 0] } else { [0, 1] };
        for index in order {
            for_threads[index].acquire(Mode::Exclusive);
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
pub fn token_over_a_wait() {
    let shared = Arc::new(([Protected::new(), Protected::new()], WaitQueue::INIT, AtomicBool::new(false)));
    on_threads(3, move |number| {
        let (both, queue, done) = &*shared;
        if number == 0 {
            both[0].acquire(Mode::Exclusive);
            both[1].acquire(Mode::Exclusive);
            wait_in(queue, &FOR_EVER, || done.load(Ordering::SeqCst));
            both.iter().for_each(|protected| protected.count.increase());
            both[1].release();
            both[0].release();
        } else {
            let own = &both[usize::from(number == 1)];
            own.acquire(Mode::Exclusive);
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
pub fn shared_token() {
    let shared = Arc::new(Protected::new());
    on_threads(3, move |number| {
        if number == 0 {
            shared.acquire(Mode::Exclusive);
            shared.count.increase();
            shared.count.increase();
            shared.release();
        } else {
            shared.acquire(Mode::Shared);
            let seen = shared.count.read();
            assert!(seen % 2 == 0 && shared.count.read() == seen, "half a write was seen");
            shared.release();
        }
    });
}

/// Two readers each want exclusively what they share, beside a writer: each gives its share back and waits for the other one,
/// nobody is beside who has it alone, and afterwards each has its share again.
pub fn share_acquired_exclusively() {
    let shared = Arc::new(Protected::new());
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |number| {
        let Protected { count, .. } = &*for_threads;
        let look_twice = || {
            let seen = count.read();
            assert_eq!(count.read(), seen, "somebody wrote beside a reader");
        };
        if number > 0 {
            for_threads.acquire(Mode::Shared);
            look_twice();
        }
        for_threads.acquire(Mode::Exclusive);
        count.increase();
        for_threads.release();
        if number > 0 {
            look_twice();
            for_threads.release();
        }
    });
    assert_eq!(shared.count.read(), 3, "an update was lost");
    assert!(!shared.token.is_held(), "everybody has left");
}

/// A share that was acquired exclusively is a share again afterwards: another reader comes in beside it.
pub fn share_comes_back() {
    let shared = Arc::new((Protected::new(), AtomicBool::new(false)));
    on_threads(2, move |number| {
        let (protected, is_in) = &*shared;
        protected.acquire(Mode::Shared);
        if number == 0 {
            protected.acquire(Mode::Exclusive);
            protected.release();
            // Without blocking: that would give the share back.
            while !is_in.load(Ordering::SeqCst) {
                thread::yield_now();
            }
        } else {
            is_in.store(true, Ordering::SeqCst);
        }
        protected.release();
    });
}

/// A reader that has acquired its share exclusively waits: it gives the token back, for another one to have it exclusively,
/// and has it exclusively afterwards, and then its share.
pub fn share_acquired_exclusively_over_a_wait() {
    let shared = Arc::new((Protected::new(), WaitQueue::INIT, AtomicBool::new(false)));
    on_threads(3, move |number| {
        let (protected, queue, done) = &*shared;
        match number {
            0 => {
                protected.acquire(Mode::Shared);
                protected.acquire(Mode::Exclusive);
                wait_in(queue, &FOR_EVER, || done.load(Ordering::SeqCst));
                protected.count.increase();
                protected.count.increase();
                protected.release();
                let seen = protected.count.read();
                assert_eq!(protected.count.read(), seen, "somebody wrote beside a reader");
                protected.release();
            }
            1 => {
                protected.acquire(Mode::Exclusive);
                protected.count.increase();
                protected.count.increase();
                done.store(true, Ordering::SeqCst);
                queue.wake_all();
                protected.release();
            }
            _ => {
                protected.acquire(Mode::Shared);
                let seen = protected.count.read();
                assert!(seen % 2 == 0 && protected.count.read() == seen, "half a write was seen");
                protected.release();
            }
        }
    });
}
