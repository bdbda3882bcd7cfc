//! Threads that start with a root and are joined with nothing held.
//!
//! **Joining has an order.** Threads that join each other in a circle wait for ever, each with nothing held. So every thread has
//! a number, drawn when it is created, its parent's first, and a thread joins only threads with larger numbers: those that it has
//! created, and others that were created after it. Anything else is refused when it is tried, with both threads in the error.
//!
//! A thread that was not created here, the main thread for example, has no handle by which one of these could join it. It counts as
//! older than all, however late its number is drawn.

use std::any::Any;
use std::boxed::Box;
use std::cell::Cell;
use std::fmt;
use std::io;
use std::string::String;
use std::thread::{self, Thread};

use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, Ordering};

use super::{Host, with_root};
use crate::blocking::{Patience, Waiting, without_serial_tokens};
use crate::context::{MaySleep, Task};
use crate::held::{Held, Root};
use crate::level::NothingHeld;
use crate::observe;

std::thread_local! {
    static NUMBER: Cell<Option<NonZeroU64>> = const { Cell::new(None) };
    /// Whether the thread was created here, so that others may wait for its end.
    static IS_CREATED_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Draws the next thread's number.
fn draw() -> NonZeroU64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    NonZeroU64::MIN.saturating_add(LAST.fetch_add(1, Ordering::Relaxed))
}

/// The number of the thread that runs here. One that was not created here draws it when it is first asked for.
#[inline]
pub(super) fn number() -> NonZeroU64 {
    NUMBER.get().unwrap_or_else(|| {
        let number = draw();
        NUMBER.set(Some(number));
        number
    })
}

/// The number of a thread that is about to be created by this one, whose own number is drawn first.
pub(super) fn number_of_child() -> NonZeroU64 {
    number();
    draw()
}

/// Gives the thread that runs here the number that its creator has drawn.
pub(super) fn adopt_number(number: NonZeroU64) {
    NUMBER.set(Some(number));
    IS_CREATED_HERE.set(true);
}

/// A thread that was started with [`spawn`] and may be joined.
pub struct JoinHandle<T> {
    thread: thread::JoinHandle<T>,
    number: NonZeroU64,
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.thread.fmt(formatter)
    }
}

/// Who joins whom, against the order of the threads' numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinOrder {
    /// The thread that joins.
    pub joining: String,
    /// The thread that it wants to join, which is older, or itself.
    pub joined: String,
}

impl JoinOrder {
    /// The refusal, if this thread must not join `joined`.
    pub(super) fn check(joined: NonZeroU64, thread: &Thread) -> Result<(), Self> {
        /// A thread's name and number.
        fn name(thread: &Thread, number: NonZeroU64) -> String {
            std::format!("`{}` (thread {number})", thread.name().unwrap_or("unnamed"))
        }
        let this = number();
        if joined > this || !IS_CREATED_HERE.get() {
            return Ok(());
        }
        Err(Self { joining: name(&thread::current(), this), joined: name(thread, joined) })
    }
}

impl fmt::Display for JoinOrder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} cannot join {}: a thread joins only threads that were created after it, so that none wait in a circle",
            self.joining, self.joined
        )
    }
}

impl core::error::Error for JoinOrder {}

/// Why a thread was not joined.
pub enum JoinError<H> {
    /// It has panicked, with this.
    Panicked(Box<dyn Any + Send>),
    /// The joining thread is not older; holds the handle.
    Order(JoinOrder, H),
}

impl<H> fmt::Debug for JoinError<H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(payload) => formatter.debug_tuple("Panicked").field(payload).finish(),
            Self::Order(order, _) => formatter.debug_tuple("Order").field(order).finish_non_exhaustive(),
        }
    }
}

impl<H> fmt::Display for JoinError<H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(_) => formatter.write_str("the thread has panicked"),
            Self::Order(order, _) => order.fmt(formatter),
        }
    }
}

impl<H> core::error::Error for JoinError<H> {}

/// Starts a thread that runs `body` with a root of its own.
///
/// # Panics
///
/// When the operating system cannot start one; see [`try_spawn`].
pub fn spawn<T: Send + 'static>(
    body: impl for<'r> FnOnce(Root<'r, Task>) -> T + Send + 'static,
) -> JoinHandle<T> {
    try_spawn("", body).expect("the operating system starts a thread")
}

/// Starts a thread with a name that runs `body` with a root of its own; an empty name is none.
///
/// # Errors
///
/// The operating system's, when it cannot start one; [`InvalidInput`](io::ErrorKind::InvalidInput) for a name with a zero byte.
pub fn try_spawn<T: Send + 'static>(
    name: &str,
    body: impl for<'r> FnOnce(Root<'r, Task>) -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    if name.contains('\0') {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a thread's name has a zero byte"));
    }
    let number = number_of_child();
    let mut builder = thread::Builder::new();
    if !name.is_empty() {
        builder = builder.name(name.into());
    }
    let thread = builder.spawn(move || {
        adopt_number(number);
        with_root(body)
    })?;
    Ok(JoinHandle { thread, number })
}

/// Runs `join` where the order of the threads' numbers has been checked and nothing is held.
///
/// # Safety
///
/// The caller's token shows that nothing is held, and that its context may sleep.
#[track_caller]
pub(super) unsafe fn wait_for_end<O>(join: impl FnOnce() -> O) -> O {
    let waiting = Waiting::here(Patience::UntilItHolds);
    observe::waits_for_a_thread::<Host>(None, waiting.place);
    // SAFETY: nothing is held and the context may sleep, by this function's contract.
    unsafe { without_serial_tokens::<Host, _>(&waiting, join) }
}

impl<T> JoinHandle<T> {
    /// Whether the thread has ended, without waiting: to wait with a deadline.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits until the thread ends.
    ///
    /// Asks for a token that may sleep and under which nothing is held: the thread may need what you hold. Serialising
    /// tokens may be held: they are given back while this waits.
    ///
    /// # Errors
    ///
    /// What the thread panicked with; or that this thread is not older, with the handle.
    #[track_caller]
    pub fn join<H: NothingHeld, C: MaySleep>(self, _held: &mut Held<'_, H, C>) -> Result<T, JoinError<Self>> {
        if let Err(order) = JoinOrder::check(self.number, self.thread.thread()) {
            return Err(JoinError::Order(order, self));
        }
        // SAFETY: the token shows that nothing is held, in a context that may sleep.
        unsafe { wait_for_end(|| self.thread.join()) }.map_err(JoinError::Panicked)
    }
}
