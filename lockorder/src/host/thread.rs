//! Threads that start with a root and are joined with nothing held.

use std::any::Any;
use std::boxed::Box;
use std::fmt;
use std::thread;

use super::{Host, with_root};
use crate::blocking::{Patience, Waiting, without_tokens};
use crate::context::{Context, MaySleep, Task};
use crate::held::{Held, Root};
use crate::level::NothingHeld;

/// A thread that was started with [`spawn`] and may be joined.
pub struct JoinHandle<T> {
    thread: thread::JoinHandle<T>,
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.thread.fmt(formatter)
    }
}

/// Starts a thread that runs `body` with a root of its own.
pub fn spawn<T: Send + 'static>(
    body: impl for<'r> FnOnce(Root<'r, Task>) -> T + Send + 'static,
) -> JoinHandle<T> {
    JoinHandle { thread: thread::spawn(|| with_root(body)) }
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
    /// What the thread panicked with.
    #[track_caller]
    pub fn join<H: NothingHeld, C: Context + MaySleep>(
        self,
        held: &mut Held<'_, H, C>,
    ) -> Result<T, Box<dyn Any + Send>> {
        let _ = held;
        without_tokens::<Host, _>(&Waiting::here(Patience::UntilItHolds), || self.thread.join())
    }
}
