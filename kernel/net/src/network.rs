//! The stack of this kernel: its lock, its clock, and the thread that polls it where nobody else does.
//!
//! **The lock is a spinning one**, of class [`NetStack`], and the only one of this crate. Nothing blocks under it: the stack waits for
//! nobody, user memory is tried and faulted in after the release, memory comes from the heap's leaf, and waking is legal
//! anywhere. It is held for one operation and a few packets (`PIECE`), each of which is copied twice and is 64 KiB at most: tens
//! of microseconds. To sleep and be woken costs as much, and a sleeping lock would put two switches between each packet of
//! two threads that talk to each other. Who has more to move releases it in between.
//!
//! **Who polls.** Whoever has changed something moves packets until nothing moves: on this device that is the whole way, so that a
//! connection is made, and bytes are there, when the call returns. Who finds that others add faster than it moves leaves the rest to
//! the thread `network`. That waits for the earliest deadline of the stack otherwise: an idle network has none, and nothing ticks.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use abi::{Errno, Result};
use base::sched::waiting::{self, Source};
use base::sched::{self, Placement};
use base::time::Instant;
use lockorder::{Root, SpinLock, Task, hierarchy};

use crate::stack::Stack;

hierarchy! {
    /// All sockets of the network, its interface, and packets under way.
    pub class NetStack in base::levels::Net = 1;
}

/// Protects the stack; class `NetStack`. There is none until somebody makes a socket.
static STACK: SpinLock<NetStack, Option<Stack>> = SpinLock::new(None);

/// When the stack wants to be polled without being asked, in nanoseconds; the largest number for never. Written under the lock.
static EARLIEST: AtomicU64 = AtomicU64::new(u64::MAX);

/// Whether packets are left to the thread.
static LEFT: AtomicBool = AtomicBool::new(false);

/// Woken when either changes.
static CHANGED: Source = Source::new();

/// How many packets are moved under the lock, one time.
const PIECE: usize = 4;

/// How many times whoever has changed something does that, before it leaves the rest.
const PIECES: usize = 64;

/// Frames of memory for each socket with buffers: a quarter of it at most is in buffers.
const FRAMES_PER_SOCKET: u64 = 128;

/// So many sockets may have buffers, whatever memory there is.
const FEWEST: u64 = 64;
const MOST: u64 = 4096;

/// Now, by the stack's clock.
fn now() -> smoltcp::time::Instant {
    smoltcp::time::Instant::from_micros(i64::try_from(Instant::now().as_nanos() / 1000).unwrap_or(i64::MAX))
}

/// Publishes when the stack wants to be polled.
fn publish(stack: &Stack) {
    let micros = stack.deadline().map_or(u64::MAX, |at| u64::try_from(at.total_micros()).unwrap_or(0));
    let nanos = micros.saturating_mul(1000);
    if EARLIEST.swap(nanos, Ordering::AcqRel) > nanos {
        CHANGED.wake();
    }
}

/// Moves some packets; says whether there are more.
fn pump(held: &mut Root<'_, Task>) -> bool {
    held.with(&STACK, |stack, _| {
        let Some(stack) = stack else { return false };
        let more = stack.pump(now(), PIECE);
        publish(stack);
        more
    })
}

/// Whether the stack has its thread.
static SERVED: AtomicBool = AtomicBool::new(false);

/// Makes the stack, and its thread, if nobody has. Without memory for the thread the next caller tries again.
fn prepare(held: &mut Root<'_, Task>) -> Result<()> {
    let frames = base::mm::available_frames() / FRAMES_PER_SOCKET;
    let most = usize::try_from(frames.clamp(FEWEST, MOST)).unwrap_or(usize::MAX);
    let seed = crypto::pool::number(held);
    let mut new = Some(Stack::new(seed, now(), most)?);
    held.with(&STACK, |stack, _| {
        if stack.is_none() {
            *stack = new.take();
        }
    });
    if SERVED.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    let spawned = sched::try_spawn("network", Placement::default(), |held| {
        let mut held = held;
        loop {
            serve(&mut held);
        }
    });
    if spawned.is_err() {
        SERVED.store(false, Ordering::Release);
        return Err(Errno::ENOMEM);
    }
    Ok(())
}

/// Makes the stack if there is none.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub(crate) fn start(held: &mut Root<'_, Task>) -> Result<()> {
    if SERVED.load(Ordering::Acquire) { Ok(()) } else { prepare(held) }
}

/// Runs an operation on the stack, under the lock, and nothing else.
///
/// # Errors
///
/// Those of the operation; [`Errno::ENOBUFS`] where there is no stack, which is where there is no socket.
pub(crate) fn look<T>(
    held: &mut Root<'_, Task>,
    operation: impl FnOnce(&mut Stack) -> Result<T>,
) -> Result<T> {
    held.with(&STACK, |stack, _| operation(stack.as_mut().ok_or(Errno::ENOBUFS)?))
}

/// Runs an operation on the stack, under the lock, and moves what it has to send.
///
/// # Errors
///
/// As for [`look`].
pub(crate) fn with<T>(
    held: &mut Root<'_, Task>,
    operation: impl FnOnce(&mut Stack, smoltcp::time::Instant) -> Result<T>,
) -> Result<T> {
    let (result, mut more) = held.with(&STACK, |stack, _| {
        let Some(stack) = stack else { return (Err(Errno::ENOBUFS), false) };
        let now = now();
        let result = operation(stack, now);
        let more = stack.pump(now, PIECE);
        publish(stack);
        (result, more)
    });
    for _ in 0..PIECES {
        if !more {
            return result;
        }
        more = pump(held);
    }
    LEFT.store(true, Ordering::Release);
    CHANGED.wake();
    result
}

/// Waits until there is something to do, and does it.
fn serve(held: &mut Root<'_, Task>) {
    let earliest = EARLIEST.load(Ordering::Acquire);
    let deadline = (earliest != u64::MAX).then(|| Instant::from_nanos(earliest));
    let look = || {
        let is_left = LEFT.load(Ordering::Acquire);
        (is_left || EARLIEST.load(Ordering::Acquire) < earliest).then_some(())
    };
    // It ends at the deadline at the latest; one source needs no memory.
    let _ = waiting::wait(held, &[&CHANGED], deadline, |_| look());
    LEFT.store(false, Ordering::Release);
    // There is a stack as long as there is this thread.
    let _ = with(held, |stack, now| {
        if stack.deadline().is_some_and(|at| at <= now) {
            stack.run_deadlines(now);
        }
        Ok(())
    });
}
