//! The queued core: four bytes, first come first served, each waiter spinning on a line of its own.
//!
//! After Linux's qspinlock. One half says whether somebody *holds* the lock. The other half is the *line*: whether one waiter
//! stands right behind the holder (*pending*), and who came last (*tail*). The first waiter spins on the lock. Those behind
//! it line up in [MCS] fashion: each publishes a node as the new tail, links itself to the node before, and spins on its own
//! node until it is told that it is first. So a release disturbs one waiter and not all.
//!
//! [MCS]: https://doi.org/10.1145/103727.103729
//!
//! - **Two halves, and no access to both.** Linux has one word, and stores its low byte to release. In Rust an access that
//!   overlaps another of a different size is undefined; a release by a subtraction on the whole word costs as much again as
//!   the acquisition. So the halves are two atomics: exclusion is by one compare-exchange on the first alone, the second
//!   says in which order waiters try. Who comes by looks at the line first, and gets in line if there is one; a line that
//!   forms in that very moment may be passed by those who have looked already.
//! - **Nodes are claimed, not counted.** There are four for each CPU: a thread, a soft interrupt, an interrupt and an exception may
//!   each be waiting. Linux finds the free one by a counter, which is right only while the waiter stays on its CPU. A
//!   [`RawLock`] promises exclusion on any [`Platform`], so here a waiter *swaps* a flag in the node: the CPU's number says
//!   where to look first, and exclusion does not depend on it. On hosts, where all threads share the first CPU's
//!   nodes, this is what keeps them apart. The price is one uncontended read-modify-write before a long wait.
//! - **Without a free node** a waiter barges: it takes the lock in a moment when nobody holds it and nobody is pending,
//!   however long the line.
//! - **Where CPUs are virtual** everybody barges and backs off: the next in line may not be running (see
//!   [`ticket`](super::Ticket)). Who has been patient for long becomes the pending one, whom nobody passes.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use super::RawLock;
use super::backoff::Backoff;
use crate::context::StopsPreemption;
use crate::platform::{MAXIMUM_CPUS, Platform};

/// Nobody holds the lock.
const FREE: u16 = 0;
/// Somebody holds the lock.
const HELD: u16 = 1;
/// One waiter stands right behind the holder, outside of the line.
const PENDING: u16 = 1;
/// Where the tail begins: the number of the last node in line, counted from 1, or 0 when nobody is in line.
const TAIL_SHIFT: u32 = 1;
/// How deep waits nest on one CPU: a thread, a soft interrupt, an interrupt, an exception.
const NESTING: usize = 4;

/// One waiter's place in a line.
struct Node {
    /// Whether a waiter uses it.
    claimed: AtomicBool,
    /// The number of the node behind it, or 0 while there is none.
    next: AtomicU16,
    /// Whether the waiter is first in line.
    first: AtomicBool,
}

/// The nodes of one CPU, on one cache line.
#[repr(align(64))]
struct Nodes([Node; NESTING]);

static NODES: [Nodes; MAXIMUM_CPUS] = [const {
    Nodes(
        [const { Node { claimed: AtomicBool::new(false), next: AtomicU16::new(0), first: AtomicBool::new(false) } };
            NESTING],
    )
}; MAXIMUM_CPUS];

/// A node that this waiter has claimed; free again when it drops.
struct Claim {
    /// Its number, counted from 1, as a tail shows it.
    number: u16,
}

impl Claim {
    /// Claims a free node of CPU `cpu`, if there is one.
    fn take(cpu: usize) -> Option<Self> {
        // Two bits for the nesting, and the CPU above: CPU 0 begins at 1, so no node looks like "nobody".
        let first = u16::try_from(cpu * NESTING).ok()?;
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
fn node(number: u16) -> &'static Node {
    let index = usize::from(number) - 1;
    &NODES[index / NESTING].0[index % NESTING]
}

const _: () = assert!(MAXIMUM_CPUS * NESTING < 1 << (u16::BITS - TAIL_SHIFT), "every node has a number");

/// A queued spin lock of kind `K`, 4 bytes.
pub struct Queue<K> {
    /// Whether somebody holds it.
    held: AtomicU16,
    /// Who waits.
    line: AtomicU16,
    kind: PhantomData<fn(K) -> K>,
}

impl<K> fmt::Debug for Queue<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.load(Ordering::Relaxed);
        formatter
            .debug_struct("Queue")
            .field("held", &(self.held.load(Ordering::Relaxed) != FREE))
            .field("pending", &(line & PENDING != 0))
            .field("tail", &(line >> TAIL_SHIFT))
            .finish()
    }
}

impl<K: StopsPreemption> Queue<K> {
    /// Takes the lock if nobody holds it, whoever waits; on success everything the last holder did is visible.
    #[inline]
    fn take(&self) -> bool {
        self.held.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// The same, looking before it tries: for those who wait.
    fn take_if_free(&self) -> bool {
        self.held.load(Ordering::Relaxed) == FREE && self.take()
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
            let line = self.line.load(Ordering::Relaxed);
            if line & PENDING == 0 && self.take_if_free() {
                return;
            }
            if backoff.is_over() && line & PENDING == 0 && self.change_line(line, line | PENDING) {
                while !self.take_if_free() {
                    backoff.wait::<P>();
                }
                self.step_in();
                return;
            }
            backoff.wait::<P>();
        }
    }

    /// Changes the line from `current` to `new`, if it is so still.
    fn change_line(&self, current: u16, new: u16) -> bool {
        self.line.compare_exchange(current, new, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// The pending one has taken the lock: nobody stands right behind the holder any more.
    fn step_in(&self) {
        self.line.fetch_sub(PENDING, Ordering::Relaxed);
    }

    /// Waits right behind the holder, if nobody else does, and takes the lock. `false` when a line has formed.
    fn stand_behind<P: Platform>(&self) -> bool {
        loop {
            if self.line.load(Ordering::Relaxed) != 0 {
                return false;
            }
            if self.take_if_free() {
                return true;
            }
            if self.change_line(0, PENDING) {
                break;
            }
        }
        while !self.take_if_free() {
            P::relax();
        }
        self.step_in();
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
        while self.line.load(Ordering::Relaxed) & PENDING != 0 || !self.take_if_free() {
            P::relax();
        }
        loop {
            let line = self.line.load(Ordering::Relaxed);
            if line >> TAIL_SHIFT != claim.number {
                break;
            }
            // Nobody is behind: the line ends here.
            if self.change_line(line, line & PENDING) {
                return;
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
    fn become_tail(&self, number: u16) -> u16 {
        let mut line = self.line.load(Ordering::Relaxed);
        loop {
            let new = line & PENDING | number << TAIL_SHIFT;
            // Release: the node is as its claim made it. Acquire: so is the one before it.
            match self.line.compare_exchange_weak(line, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return line >> TAIL_SHIFT,
                Err(changed) => line = changed,
            }
        }
    }
}

// SAFETY: `held` goes from free to held by one compare-exchange, which one thread wins, and back by the holder's store
// only. The store is a Release, and the compare-exchange an Acquire that reads it. The line says who tries when, and no more.
unsafe impl<K: StopsPreemption> RawLock for Queue<K> {
    type Kind = K;
    const INIT: Self = Self { held: AtomicU16::new(FREE), line: AtomicU16::new(0), kind: PhantomData };

    #[inline]
    unsafe fn acquire<P: Platform>(&self) {
        if !self.try_acquire() {
            self.wait::<P>();
        }
    }

    #[inline]
    fn try_acquire(&self) -> bool {
        self.line.load(Ordering::Relaxed) == 0 && self.take()
    }

    #[inline]
    unsafe fn release(&self) {
        self.held.store(FREE, Ordering::Release);
    }

    fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed) != FREE
    }
}
