//! The queued core: four bytes, first come first served, each waiter spinning on a line of its own.
//!
//! After Linux's qspinlock. The word says three things: whether somebody holds the lock, whether one waiter stands
//! right behind (*pending*), and who came last (*tail*). The first waiter spins on the word. Those behind it
//! line up in [MCS] fashion: each publishes a node as the new tail, links itself to the node before, and spins on its own
//! node until it is told that it is first. So a release disturbs one waiter and not all.
//!
//! [MCS]: https://doi.org/10.1145/103727.103729
//!
//! - **The word is one atomic of one size.** Linux stores its low byte to release; in Rust an access that
//!   overlaps another of a different size is undefined, so release is a subtraction on the whole word.
//! - **Nodes are claimed, not counted.** There are four for each CPU: a thread, a soft interrupt, an interrupt and an exception may
//!   each be waiting. Linux finds the free one by a counter, which is right only while the waiter stays on its CPU. A
//!   [`RawLock`] promises exclusion on any [`Platform`], so here a waiter *swaps* a flag in the node: the CPU's number says
//!   where to look first, and exclusion does not depend on it. On hosts, where all threads share the first CPU's
//!   nodes, this is what keeps them apart. The price is one uncontended read-modify-write before a long wait.
//! - **Without a free node** a waiter barges: it takes the lock in a moment when nobody holds it and nobody is pending,
//!   however long the line. Whoever is first in line allows for that.
//! - **Where CPUs are virtual** everybody barges and backs off: the next in line may not be running (see
//!   [`ticket`](super::Ticket)). Who has been patient for long becomes the pending one, whom nobody passes.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::RawLock;
use super::backoff::Backoff;
use crate::context::Kind;
use crate::platform::{MAXIMUM_CPUS, Platform};

/// Somebody holds the lock.
const LOCKED: u32 = 1;
/// One waiter stands right behind the holder, outside of the line.
const PENDING: u32 = 2;
/// Where the tail begins: the number of the last node in line, counted from 1, or 0 when nobody is in line.
const TAIL_SHIFT: u32 = 2;
/// The bits that are not the tail.
const TAKEN: u32 = LOCKED | PENDING;
/// How deep waits nest on one CPU: a thread, a soft interrupt, an interrupt, an exception.
const NESTING: usize = 4;

/// One waiter's place in a line.
struct Node {
    /// Whether a waiter uses it.
    claimed: AtomicBool,
    /// The number of the node behind it, or 0 while there is none.
    next: AtomicU32,
    /// Whether the waiter is first in line.
    first: AtomicBool,
}

/// The nodes of one CPU, on one cache line.
#[repr(align(64))]
struct Nodes([Node; NESTING]);

static NODES: [Nodes; MAXIMUM_CPUS] = [const {
    Nodes(
        [const { Node { claimed: AtomicBool::new(false), next: AtomicU32::new(0), first: AtomicBool::new(false) } };
            NESTING],
    )
}; MAXIMUM_CPUS];

/// A node that this waiter has claimed; free again when it drops.
struct Claim {
    /// Its number, counted from 1, as a tail shows it.
    number: u32,
}

impl Claim {
    /// Claims a free node of CPU `cpu`, if there is one.
    fn take(cpu: usize) -> Option<Self> {
        // Two bits for the nesting, and the CPU above: CPU 0 begins at 1, so no node looks like "nobody".
        let first = u32::try_from(cpu * NESTING).ok()?;
        for (number, node) in (first + 1..).zip(&NODES.get(cpu)?.0) {
            // Acquire: what the node's last user did is over, as its release of the claim says.
            if !node.claimed.swap(true, Ordering::Acquire) {
                node.next.store(0, Ordering::Relaxed);
                node.first.store(false, Ordering::Relaxed);
                return Some(Self { number });
            }
        }
        None
    }

    /// The node.
    fn node(&self) -> &'static Node {
        node(self.number)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.node().claimed.store(false, Ordering::Release);
    }
}

/// The node with a number.
fn node(number: u32) -> &'static Node {
    let index = number as usize - 1;
    &NODES[index / NESTING].0[index % NESTING]
}

/// A queued spin lock of kind `K`, 4 bytes.
pub struct Queue<K> {
    word: AtomicU32,
    kind: PhantomData<fn(K) -> K>,
}

impl<K> fmt::Debug for Queue<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word.load(Ordering::Relaxed);
        formatter
            .debug_struct("Queue")
            .field("locked", &(word & LOCKED != 0))
            .field("pending", &(word & PENDING != 0))
            .field("tail", &(word >> TAIL_SHIFT))
            .finish()
    }
}

impl<K: Kind> Queue<K> {
    /// Changes the word from `current` to `new`; on success everything the last holder did is visible.
    fn replace(&self, current: u32, new: u32) -> bool {
        self.word.compare_exchange(current, new, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Waits. Out of line: the free lock is the common case.
    #[cold]
    #[inline(never)]
    fn wait<P: Platform>(&self) {
        if P::oversubscribed() {
            self.barge::<P>();
        } else if !self.stand_behind::<P>() {
            match Claim::take(P::cpu()) {
                Some(claim) => self.line_up::<P>(&claim),
                None => self.barge::<P>(),
            }
        }
    }

    /// Takes the lock in the next moment when it is free and promised to nobody.
    fn barge<P: Platform>(&self) {
        let mut backoff = Backoff::default();
        loop {
            let word = self.word.load(Ordering::Relaxed);
            if word & TAKEN == 0 && self.replace(word, word | LOCKED) {
                return;
            }
            if backoff.is_over() && word & TAKEN == LOCKED && self.replace(word, word | PENDING) {
                while self.word.load(Ordering::Acquire) & LOCKED != 0 {
                    backoff.wait::<P>();
                }
                self.settle();
                return;
            }
            backoff.wait::<P>();
        }
    }

    /// Takes the lock as the pending one, once nobody holds it.
    fn settle(&self) {
        // While the pending bit stands nobody else sets the other one: this exchanges the two and keeps the tail.
        self.word.fetch_sub(PENDING - LOCKED, Ordering::Relaxed);
    }

    /// Waits right behind the holder, if nobody else does, and takes the lock. `false` when a line has formed.
    fn stand_behind<P: Platform>(&self) -> bool {
        loop {
            match self.word.load(Ordering::Relaxed) {
                0 => {
                    if self.replace(0, LOCKED) {
                        return true;
                    }
                }
                LOCKED => {
                    if self.replace(LOCKED, LOCKED | PENDING) {
                        break;
                    }
                }
                _ => return false,
            }
        }
        while self.word.load(Ordering::Acquire) & LOCKED != 0 {
            P::relax();
        }
        self.settle();
        true
    }

    /// Lines up behind the tail, waits to be first and for the lock to be free, and takes it.
    fn line_up<P: Platform>(&self, claim: &Claim) {
        let before = self.become_tail(claim.number);
        if before != 0 {
            node(before).next.store(claim.number, Ordering::Release);
            while !claim.node().first.load(Ordering::Acquire) {
                P::relax();
            }
        }
        let mine = claim.number << TAIL_SHIFT;
        loop {
            let word = self.word.load(Ordering::Relaxed);
            if word & TAKEN != 0 {
                P::relax();
            } else if word == mine {
                // Nobody is behind: the line ends here.
                if self.replace(word, LOCKED) {
                    return;
                }
            } else if self.replace(word, word | LOCKED) {
                break;
            }
        }
        // Somebody has become the tail, but may not have linked itself yet.
        let behind = loop {
            match claim.node().next.load(Ordering::Acquire) {
                0 => P::relax(),
                number => break number,
            }
        };
        node(behind).first.store(true, Ordering::Release);
    }

    /// Puts a node at the end of the line; gives the number of the one before it, or 0.
    fn become_tail(&self, number: u32) -> u32 {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let new = word & TAKEN | number << TAIL_SHIFT;
            // Release: the node is as its claim made it. Acquire: so is the one before it.
            match self.word.compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return word >> TAIL_SHIFT,
                Err(changed) => word = changed,
            }
        }
    }
}

// SAFETY: `LOCKED` goes from clear to set by one compare-exchange from a word in which neither it nor `PENDING` is
// set, or by the one waiter that owns `PENDING`, after it saw `LOCKED` clear; only the holder clears it. So one
// thread holds at a time. Release subtracts with Release; every way in reads the word with Acquire, and all that
// changes the word in between are read-modify-writes, which continue the release sequence.
unsafe impl<K: Kind> RawLock for Queue<K> {
    type Kind = K;
    const INIT: Self = Self { word: AtomicU32::new(0), kind: PhantomData };

    #[inline]
    fn acquire<P: Platform>(&self) {
        if !self.try_acquire() {
            self.wait::<P>();
        }
    }

    #[inline]
    fn try_acquire(&self) -> bool {
        self.replace(0, LOCKED)
    }

    #[inline]
    unsafe fn release(&self) {
        self.word.fetch_sub(LOCKED, Ordering::Release);
    }

    fn is_held(&self) -> bool {
        self.word.load(Ordering::Relaxed) & LOCKED != 0
    }
}

static_assertions::assert_eq_size!(Queue<crate::context::Spinning>, u32);
