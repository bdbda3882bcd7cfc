//! The ticket core: two words, first come first served.
//!
//! A thread takes the number in `next` and waits until `serving` shows it. Release adds one to `serving`,
//! which only the holder writes, so it needs no read-modify-write. The words are separate atomics: no access
//! overlaps another of a different size, which Rust's memory model forbids.
//!
//! FIFO order is a burden where virtual CPUs outnumber real ones: the next in line may not be running, and
//! everybody behind it waits a scheduling quantum (measured: 8 threads on 2 cores fall to 0.4 % of a
//! test-and-set lock). Where [`Platform::oversubscribed`] says so, waiters take no number but try to take
//! the lock when it is free, and back off; one that has been patient for long takes the number behind the holder's,
//! if nobody has it, and is served next. All kinds of waiter work on the same two words at once.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU32, Ordering};

use super::RawLock;
use super::backoff::Backoff;
use crate::context::StopsPreemption;
use crate::platform::Platform;

/// A two-word ticket lock of kind `K`, 8 bytes.
pub struct Ticket<K> {
    /// The number the next comer takes.
    next: AtomicU32,
    /// The number that holds the lock; equal to `next` when nobody does.
    serving: AtomicU32,
    kind: PhantomData<fn(K) -> K>,
}

impl<K> fmt::Debug for Ticket<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let serving = self.serving.load(Ordering::Relaxed);
        let waiting = self.next.load(Ordering::Relaxed).wrapping_sub(serving);
        formatter.debug_struct("Ticket").field("serving", &serving).field("queued", &waiting).finish()
    }
}

impl<K: StopsPreemption> Ticket<K> {
    /// Waits in line, or barges where lines are harmful. Out of line: the free lock is the common case.
    #[cold]
    #[inline(never)]
    fn wait<P: Platform>(&self) {
        if P::oversubscribed() {
            self.barge::<P>();
            return;
        }
        let mine = self.next.fetch_add(1, Ordering::Relaxed);
        loop {
            let ahead = mine.wrapping_sub(self.serving.load(Ordering::Acquire));
            if ahead == 0 {
                return;
            }
            // Look less often the longer the line: every look pulls the holder's cache line away.
            for _ in 0..ahead {
                P::relax();
            }
        }
    }
}

impl<K: StopsPreemption> Ticket<K> {
    /// Takes the lock in a moment when it is free; after much patience as the one next in line.
    fn barge<P: Platform>(&self) {
        let mut backoff = Backoff::default();
        while !self.try_acquire() {
            if backoff.is_over()
                && let Some(mine) = self.inherit()
            {
                while self.serving.load(Ordering::Acquire) != mine {
                    backoff.wait::<P>();
                }
                return;
            }
            backoff.wait::<P>();
        }
    }

    /// Takes the number behind the holder's, if nobody has taken it.
    fn inherit(&self) -> Option<u32> {
        let mine = self.serving.load(Ordering::Relaxed).wrapping_add(1);
        self.next.compare_exchange(mine, mine.wrapping_add(1), Ordering::Relaxed, Ordering::Relaxed).ok()
    }
}

// SAFETY: `serving` equals a ticket from the moment its holder acquires until `release` moves it on, each
// ticket is handed out once (`fetch_add`, or a compare-exchange from the value being served), so one thread
// holds at a time; `release` stores with Release what every acquire path loads with Acquire.
unsafe impl<K: StopsPreemption> RawLock for Ticket<K> {
    type Kind = K;
    const INIT: Self = Self { next: AtomicU32::new(0), serving: AtomicU32::new(0), kind: PhantomData };

    #[inline]
    unsafe fn acquire<P: Platform>(&self) {
        if !self.try_acquire() {
            self.wait::<P>();
        }
    }

    #[inline]
    fn try_acquire(&self) -> bool {
        // `serving` never passes `next`, so if `next` still is what was served, nobody holds or waits.
        let serving = self.serving.load(Ordering::Acquire);
        self.next
            .compare_exchange(serving, serving.wrapping_add(1), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    #[inline]
    unsafe fn release(&self) {
        // Only the holder writes `serving`, so a plain read of it cannot be stale.
        let serving = self.serving.load(Ordering::Relaxed);
        self.serving.store(serving.wrapping_add(1), Ordering::Release);
    }

    fn is_held(&self) -> bool {
        self.serving.load(Ordering::Relaxed) != self.next.load(Ordering::Relaxed)
    }
}
