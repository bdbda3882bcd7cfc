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
//! ([`WaitQueue`](super::WaitQueue)). A promise whose work panics breaks the event: its waiters wake with an error.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU8, Ordering};

use super::{Blocking, RawWaitQueue, Waiting, wait};
use crate::context::{Context, MaySleep, Sleeping};
use crate::held::Held;
use crate::level::{After, Class, Level};
use crate::mode::Mode;
use crate::observe;
use crate::order::LockDiscipline;

/// Nobody has promised it.
const IDLE: u8 = 0;
/// Somebody is doing it.
const PROMISED: u8 = 1;
/// It is done.
const DONE: u8 = 2;
/// Whoever had promised it has panicked.
const BROKEN: u8 = 3;

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
            DONE => "done",
            _ => "broken",
        };
        write!(formatter, "Event({}, {state})", L::NAME)
    }
}

impl<L: Class<Order: LockDiscipline, Platform: Blocking>> Default for Event<L> {
    fn default() -> Self {
        Self::new()
    }
}

/// Why an event is not waited for, or not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventError {
    /// Nobody has promised the event: wait for that with nothing held, or do it yourself.
    NotPromised,
    /// Whoever had promised it has panicked; it will never be done.
    Broken,
}

impl fmt::Display for EventError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotPromised => {
                "nobody has promised this event; release what is held, and wait for a promise"
            }
            Self::Broken => "whoever promised this event has panicked; reset it before it is promised again",
        })
    }
}

impl core::error::Error for EventError {}

/// Somebody else has promised the event, or it is done or broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyPromised;

impl fmt::Display for AlreadyPromised {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("this event has been promised before; wait for it")
    }
}

impl core::error::Error for AlreadyPromised {}

impl<L: Class<Order: LockDiscipline, Platform: Blocking>> Event<L> {
    /// Nobody has promised it.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: AtomicU8::new(IDLE), waiters: RawWaitQueue::INIT, class: PhantomData }
    }
}

/// A promise that is being kept; settles the event when it drops.
struct Promise<'a, L: Class<Platform: Blocking>> {
    event: &'a Event<L>,
    /// What becomes of the event.
    end: u8,
}

impl<L: Class<Platform: Blocking>> Drop for Promise<'_, L> {
    fn drop(&mut self) {
        self.event.state.store(self.end, Ordering::SeqCst);
        self.event.waiters.wake_all();
        observe::released::<L, Sleeping>(self.event.address());
    }
}

impl<L: Class<Platform: Blocking>> Event<L> {
    /// Its address, for the run-time checker.
    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Promises the event, does it, and wakes who waits. While `work` runs only what lies inside of the event's
    /// class can be acquired. If `work` panics the event is broken, and who waits is told so.
    ///
    /// # Errors
    ///
    /// [`AlreadyPromised`]: then `work` is not run.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn promise<H: Level, C: Context, O>(
        &self,
        _held: &mut Held<'_, H, C>,
        work: impl for<'i> FnOnce(Held<'i, L, C>) -> O,
    ) -> Result<O, AlreadyPromised>
    where
        L: After<H>,
    {
        observe::got::<L, Sleeping>(self.address(), Mode::Exclusive, 0);
        if self.state.compare_exchange(IDLE, PROMISED, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            observe::released::<L, Sleeping>(self.address());
            return Err(AlreadyPromised);
        }
        let mut promise = Promise { event: self, end: BROKEN };
        let result = work(Held::mint());
        promise.end = DONE;
        Ok(result)
    }

    /// Waits until the event is done.
    ///
    /// # Errors
    ///
    /// [`EventError::NotPromised`]: waiting for who may need what is held could last for ever. [`EventError::Broken`] when whoever
    /// had promised it has panicked.
    #[track_caller]
    pub fn wait<H: Level, C: MaySleep>(&self, _held: &mut Held<'_, H, C>) -> Result<(), EventError>
    where
        L: After<H>,
    {
        observe::might_wait::<L, Sleeping>(self.address(), Mode::Shared);
        let mut state = self.state.load(Ordering::Acquire);
        if state == PROMISED {
            let waiting = Waiting::up_to(None);
            observe::waits_for_a_thread::<L::Platform>(Some(L::INFO), waiting.place);
            // SAFETY: everything held is outside of `L`, whose event is promised, in a context that may sleep.
            unsafe {
                wait::<L::Platform>(&self.waiters, &waiting, &mut || {
                    state = self.state.load(Ordering::SeqCst);
                    state != PROMISED
                })
            };
        }
        match state {
            DONE => Ok(()),
            IDLE => Err(EventError::NotPromised),
            _ => Err(EventError::Broken),
        }
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
