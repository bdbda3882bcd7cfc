//! Locks whose waiters sleep.
//!
//! What sleeps, and how, is the platform's: it implements [`Blocking`], and with it a queue of waiting threads
//! ([`RawWaitQueue`]). Everything else is made of that here, once, for kernels and hosts: the same text runs in the kernel,
//! in ordinary programs, and under a model checker that tries its schedules.
//!
//! | for | see |
//! |---|---|
//! | short sections, mostly; the owner is known | [`Adaptive`] |
//! | long ones, over input and output | [`Sleep`] |
//! | many readers | [`SleepReadWrite`] |
//! | so many at once | [`Semaphore`] |
//! | what a lock protects to change | [`Condvar`] |
//! | the same, with outer locks held | [`RankedCondvar`] |
//! | anything, with nothing held | [`WaitQueue`], [`SignallingSemaphore`] |
//! | something that somebody has promised, with locks held | [`Event`] |
//! | an interrupt, with locks held, for a time | [`Completion`] |
//! | data that is held only while its thread runs | [`SerialToken`] |
//!
//! **Three kinds of waits.** A wait for a lock, a permit, a promised event or a served condition has a rank, and is legal
//! where everything held ranks outside of it. So has a wait for an interrupt handler, which no sleeping thread can hold up. A
//! wait for anything else another thread does needs nothing held. Nothing here
//! that is safe to call waits without a token that shows the one or the other; what platforms and cores are made of is
//! `unsafe`, with the same demand as its contract.
//!
//! **The rule of waiting.** A thread enters the queue first, and looks at its condition then; whoever makes the condition
//! true does so first, and wakes then. So one of the two sees the other, and no wake-up is lost.
//!
//! Waiting on an asynchronous executor is out of scope: a future that is suspended has no thread to hold a token, and holding
//! one over an `await` does not compile.

mod completion;
mod condvar;
mod event;
mod notifications;
mod owned;
mod ranked_condvar;
mod read_write;
mod semaphore;
pub mod serial;
mod signalling_semaphore;
mod wait_queue;

pub use crate::raw::HasOwner;
pub use completion::{Completion, TimedOut};
pub use condvar::Condvar;
pub use event::{AlreadyPromised, Event, EventError};
pub use owned::{Adaptive, Owned, Sleep};
pub use ranked_condvar::{NotServed, RankedCondvar};
pub use read_write::SleepReadWrite;
pub use semaphore::{Permit, Semaphore};
pub use serial::{SerialToken, SerialTokenPool};
pub use signalling_semaphore::SignallingSemaphore;
pub use wait_queue::WaitQueue;

use core::num::NonZeroU64;
use core::panic::Location;
use core::time::Duration;

use crate::platform::Platform;
use crate::raw::RawLock;
use serial::HeldSerialTokens;

/// A platform whose threads can sleep.
///
/// # Safety
///
/// `thread` gives every thread a number that no other thread has while it lives, and `with_serial_tokens` gives every thread a
/// list of its own, the same one each time: owners are known by them. What the platform blocks with by itself asks for a token
/// whose context may sleep, and goes through [`without_serial_tokens`].
pub unsafe trait Blocking: Platform + Sized {
    /// Threads that wait.
    type WaitQueue: RawWaitQueue;

    /// The number of the thread that runs here.
    fn thread() -> NonZeroU64;

    /// Whether a thread runs on another CPU now, as far as is known: waiting for it by spinning is worth a try.
    fn runs(thread: NonZeroU64) -> bool;

    /// Calls `look` with the serialising tokens that this thread holds.
    fn with_serial_tokens<O>(look: impl FnOnce(&HeldSerialTokens<Self>) -> O) -> O;

    /// This thread begins to wait for a lock with an owner, which stays where it is until `waits_no_more`.
    ///
    /// Where threads have priorities, the owner inherits.
    fn waits_for(lock: &Owned<Self>) {
        let _ = lock;
    }

    /// This thread, which waits for `lock`, has seen that somebody owns it still.
    fn sees_owner(lock: &Owned<Self>) {
        let _ = lock;
    }

    /// This thread has got the lock, or has given up.
    fn waits_no_more(lock: &Owned<Self>) {
        let _ = lock;
    }

    /// This thread has taken a lock that others wait for.
    fn takes_awaited(lock: &Owned<Self>) {
        let _ = lock;
    }

    /// This thread owns a lock no more; nobody has been woken for it yet.
    fn releases(lock: &Owned<Self>) {
        let _ = lock;
    }
}

/// How long a wait may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Until the condition holds. One that takes too long is a bug, and a watchdog may say so.
    UntilItHolds,
    /// However long that takes: a server waits for work.
    ForEver,
    /// At most so long.
    For(Duration),
}

/// One wait.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Where in the source, for reports.
    pub place: &'static Location<'static>,
    /// How long at most.
    pub patience: Patience,
    /// The address of the core of the lock, or of the serialising token, that the thread waits with, which it borrows until it
    /// has stopped waiting; 0 where there is none.
    pub with: usize,
    /// Whether other threads in the queue wait for other conditions. A wake-up that finds this thread's condition false is
    /// passed on then; where all wait for the same, whoever made it false again wakes the next one.
    pub own_condition: bool,
    /// Whether the thread is woken where others are moved to the queue of a lock: it takes serialising tokens again before it
    /// takes the lock, and would keep a wake-up of the lock's meanwhile, with the lock free.
    pub stays: bool,
    /// Whether the thread enters in front of the others, so that the next wake-up is its own.
    pub ahead: bool,
}

impl Waiting {
    /// A wait at the caller's place.
    #[track_caller]
    #[must_use]
    pub const fn here(patience: Patience) -> Self {
        Self {
            place: Location::caller(),
            patience,
            with: 0,
            own_condition: false,
            stays: false,
            ahead: false,
        }
    }

    /// Until the condition holds, or for a time at most.
    #[track_caller]
    #[must_use]
    pub(crate) const fn up_to(time: Option<Duration>) -> Self {
        match time {
            Some(time) => Self::here(Patience::For(time)),
            None => Self::here(Patience::UntilItHolds),
        }
    }

    /// With the core that lies at this address.
    #[must_use]
    pub(crate) const fn with(self, address: usize) -> Self {
        Self { with: address, ..self }
    }

    /// In front of the others.
    #[must_use]
    pub(crate) const fn ahead(self) -> Self {
        Self { ahead: true, ..self }
    }

    /// For a condition that others in the queue do not share.
    #[must_use]
    pub(crate) const fn for_own_condition(self) -> Self {
        Self { own_condition: true, ..self }
    }
}

/// Threads that wait for something, in the order in which they came, but for those that enter ahead of the others.
///
/// # Safety
///
/// Locks rest on what a queue says. `wait` calls `condition` on the thread that waits, and gives what its last call gave: a lock
/// is taken by the condition, so whoever is told `true` is its holder. Where the patience is not [`Patience::For`], `wait` does not
/// return before the condition has held. When `wait` has returned or unwound, no queue refers to the thread's condition or stack
/// any more. `others_wait_with` and `requeue` tell waiters by the address that their [`Waiting`] has and by nothing else: `requeue`
/// moves no others, and the thread leaves the queue in which it stands, whichever that is.
pub unsafe trait RawWaitQueue: Send + Sync {
    /// Nobody waits.
    const INIT: Self;

    /// Waits until `condition` holds, which is looked at after the thread has entered the queue, and after each wake-up;
    /// says whether it holds, which it need not when the time is up.
    ///
    /// A wake-up that was not needed, since the condition held already, or the time was up, or the condition panics, is passed on
    /// to the thread that has waited longest. Where the waiting says [`own_condition`](Waiting::own_condition), one that finds the
    /// condition false is passed on as well, to threads that had entered before the newest wake-up was given: so a thread looks
    /// again once at most for each wake-up that is given.
    ///
    /// # Safety
    ///
    /// The thread may block here: it is in a context that may sleep, what it holds ranks outside of what it waits for (or it
    /// holds nothing), and it has given its serialising tokens back.
    unsafe fn wait(&self, waiting: &Waiting, condition: &mut dyn FnMut() -> bool) -> bool;

    /// Wakes the thread that has waited longest; says whether there was one. Legal in any context.
    fn wake_one(&self) -> bool;

    /// Wakes all that wait now.
    fn wake_all(&self);

    /// Whether somebody stands here who waits with another core than the one at this address. A thread that has been woken, and
    /// looks at its condition again, counts when it has found it false: if it holds the thread waits no more.
    fn others_wait_with(&self, address: usize) -> bool;

    /// Has all that stand here, wait *with* the core at this address and do not [stay](Waiting::stays) wait in `other` instead, behind those that wait there.
    /// With what a thread waits is looked at in the moment in which it is taken out.
    ///
    /// # Safety
    ///
    /// `other` stays where it is for as long as anybody borrows the core at that address.
    unsafe fn requeue(&self, other: &Self, with: usize);

    /// Whether anybody waits, at this moment: a plain look.
    ///
    /// Whoever makes a condition true by a sequentially consistent write, and then finds nobody here, need not wake: a
    /// waiter that looks at it as consistently sees the change. Waking itself asks for no particular ordering.
    fn is_empty(&self) -> bool;
}

/// A lock core whose waiters stand in a queue that others can be moved to.
///
/// # Safety
///
/// `waiters` gives the core's own queue, the same one each time, which is in the core or lives longer: each release wakes one of it,
/// at least. A thread that is moved there has no other way to be woken.
#[diagnostic::on_unimplemented(
    message = "nobody is moved to the waiters of a `{Self}`",
    label = "a release of this lock wakes nobody who sleeps",
    note = "`notify_all_behind` is for locks whose waiters stand in the queue of their core (`SleepLock`, and those with the core \
            `Adaptive`); elsewhere use `notify_all`"
)]
pub unsafe trait Requeues<P: Blocking>: RawLock {
    /// That queue.
    fn waiters(&self) -> &P::WaitQueue;
}

/// Waits in a queue. Blocking gives the serialising tokens of the thread back; it has them again when this returns.
///
/// # Safety
///
/// The thread may block here: it is in a context that may sleep, and what it holds ranks outside of what it waits for, or it
/// holds nothing but serialising tokens.
pub(crate) unsafe fn wait<P: Blocking>(
    queue: &P::WaitQueue,
    waiting: &Waiting,
    condition: &mut dyn FnMut() -> bool,
) -> bool {
    // SAFETY: the thread may block here, as this function asks, and has no token while `block` runs.
    unsafe { without_serial_tokens::<P, _>(waiting, || queue.wait(waiting, condition)) }
}

/// Runs `block`, which may block, without the serialising tokens of this thread; it has all of them again afterwards.
///
/// What a platform blocks with by itself goes through this; everything of this module does.
///
/// # Safety
///
/// The thread may block here, as for [`RawWaitQueue::wait`], and `block` reaches no data of a serialising token.
pub unsafe fn without_serial_tokens<P: Blocking, O>(waiting: &Waiting, block: impl FnOnce() -> O) -> O {
    /// Takes the tokens again when it drops: a thread that catches a panic of `block` runs on in their scopes.
    struct Again<'a, P: Blocking>(&'a HeldSerialTokens<P>, &'a Waiting);
    impl<P: Blocking> Drop for Again<'_, P> {
        fn drop(&mut self) {
            // SAFETY: made where the tokens have been given back, by a thread that may block there.
            unsafe { self.0.take_again(self.1) }
        }
    }
    P::with_serial_tokens(|tokens| {
        if tokens.is_empty() {
            return block();
        }
        tokens.give_back();
        let _again = Again(tokens, waiting);
        block()
    })
}
