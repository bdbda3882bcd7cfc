//! Events: waiting for something that another thread does, while holding locks.
//!
//! A thread that waits for another one, which needs a lock that the first one holds, waits for ever, and no lock order
//! shows it. So waiting has a rank too. An [`Event`] is treated as if it were a lock of its class: whoever has
//! *promised* it holds it until it is done, and whoever *waits* for it acquires it. Promising takes a token at the
//! class: what the promiser acquires until it is done lies further in. Waiting takes a token outside of the class, in a
//! context that may sleep. Then a cycle through an event would have to descend in rank somewhere, as one through locks
//! would.
//!
//! The argument needs that somebody has promised before anybody waits: a thread that is still on its way to its promise
//! may need anything. Waiting for an event that nobody has promised is therefore refused with an error value, not
//! waited out; and what nobody can promise, such as the next request for a server, is waited for with nothing held
//! ([`WaitQueue`](super::WaitQueue)).

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU8, Ordering};

use super::{Blocking, RawWaitQueue, Waiting, wait};
use crate::context::{Context, MaySleep};
use crate::held::Held;
use crate::level::{Before, Class, UpTo};

/// Nobody has promised it.
const IDLE: u8 = 0;
/// Somebody is doing it.
const PROMISED: u8 = 1;
/// It is done.
const DONE: u8 = 2;

/// Something that one thread does and others wait for, of class `L`.
pub struct Event<L: Class<Platform: Blocking>> {
    state: AtomicU8,
    waiters: <L::Platform as Blocking>::WaitQueue,
    class: PhantomData<fn(L) -> L>,
}

impl<L: Class<Platform: Blocking>> fmt::Debug for Event<L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state.load(Ordering::Relaxed) {
            IDLE => "idle",
            PROMISED => "promised",
            _ => "done",
        };
        write!(formatter, "Event({}, {state})", L::NAME)
    }
}

impl<L: Class<Platform: Blocking>> Default for Event<L> {
    fn default() -> Self {
        Self::new()
    }
}

/// Nobody has promised the event: wait for that with nothing held, or do it yourself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPromised;

impl fmt::Display for NotPromised {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nobody has promised this event; release what is held, and wait for a promise")
    }
}

impl core::error::Error for NotPromised {}

/// Somebody else has promised the event, or it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyPromised;

impl fmt::Display for AlreadyPromised {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("this event has been promised before; wait for it")
    }
}

impl core::error::Error for AlreadyPromised {}

impl<L: Class<Platform: Blocking>> Event<L> {
    /// Nobody has promised it.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: AtomicU8::new(IDLE), waiters: RawWaitQueue::INIT, class: PhantomData }
    }

    /// Promises the event, does it, and wakes who waits. While `work` runs only what lies inside of the event's
    /// class can be acquired.
    ///
    /// # Errors
    ///
    /// [`AlreadyPromised`]: then `work` is not run.
    pub fn promise<H: Before<L> + UpTo<L>, C: Context, O>(
        &self,
        held: &mut Held<'_, H, C>,
        work: impl for<'i> FnOnce(Held<'i, L, C>) -> O,
    ) -> Result<O, AlreadyPromised> {
        self.state
            .compare_exchange(IDLE, PROMISED, Ordering::AcqRel, Ordering::Relaxed)
            .map_err(|_| AlreadyPromised)?;
        let result = work(held.at());
        self.state.store(DONE, Ordering::SeqCst);
        self.waiters.wake_all();
        Ok(result)
    }

    /// Waits until the event is done.
    ///
    /// # Errors
    ///
    /// [`NotPromised`]: waiting for who may need what is held could last for ever.
    #[track_caller]
    pub fn wait<H: Before<L>, C: MaySleep>(&self, _held: &mut Held<'_, H, C>) -> Result<(), NotPromised> {
        if self.state.load(Ordering::Acquire) == IDLE {
            return Err(NotPromised);
        }
        wait::<L::Platform>(&self.waiters, &Waiting::up_to(None), &mut || {
            self.state.load(Ordering::SeqCst) == DONE
        });
        Ok(())
    }

    /// Whether it has been promised, so that it can be waited for.
    pub fn is_promised(&self) -> bool {
        self.state.load(Ordering::Acquire) != IDLE
    }

    /// Whether it is done.
    pub fn is_done(&self) -> bool {
        self.state.load(Ordering::Acquire) == DONE
    }

    /// Makes it an event that nobody has promised: to be used again, by its only owner.
    pub fn reset(&mut self) {
        *self.state.get_mut() = IDLE;
    }
}
