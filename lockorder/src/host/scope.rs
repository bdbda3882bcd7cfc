//! Threads that may borrow from the thread that starts them, and that end before it goes on.
//!
//! The typed counterpart of [`std::thread::scope`]: the scope ends by joining its threads, so it asks for a token under which
//! nothing is held. Inside, the starting thread has its token and may acquire as always.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use core::num::NonZeroU64;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::thread::{JoinError, JoinOrder, adopt_number, number_of_child, wait_for_end};
use super::{Host, RawWaitQueue, with_root};
use crate::blocking::{Patience, RawWaitQueue as _, Waiting, without_serial_tokens};
use crate::context::{MaySleep, Task};
use crate::held::{Held, Root};
use crate::level::NothingHeld;
use crate::observe;

/// Threads of one scope that have not ended.
struct Running {
    count: AtomicUsize,
    ended: RawWaitQueue,
    /// Whether one that nobody has joined has panicked.
    panicked: AtomicBool,
}

impl Running {
    /// Waits until all have ended.
    ///
    /// # Safety
    ///
    /// Nothing is held, in a context that may sleep.
    #[track_caller]
    unsafe fn wait(&self) {
        /// Waits when it drops, also where a report of the wait panics: the operating system's join comes next in any case, and it
        /// keeps the tokens.
        struct AtLast<'a>(&'a Running, Waiting);
        impl Drop for AtLast<'_> {
            fn drop(&mut self) {
                let Self(running, waiting) = self;
                // SAFETY: `wait` is called with nothing held, in a context that may sleep; the condition reads a count and no data of
                // a token.
                unsafe {
                    without_serial_tokens::<Host, _>(waiting, || {
                        running.ended.wait(waiting, &mut || running.count.load(Ordering::SeqCst) == 0)
                    })
                };
            }
        }
        let waits = AtLast(self, Waiting::here(Patience::UntilItHolds));
        observe::waits_for_a_thread::<Host>(None, waits.1.place);
    }
}

/// One thread of a scope; counts itself out when it drops.
struct Counted(Arc<Running>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
        self.0.ended.wake_all();
    }
}

/// What a thread of a scope has come to. The thread counts itself out when its result, or what it panicked with, has been
/// dropped, since that may wait for anything; fields drop in this order.
struct Ended<T> {
    result: Option<thread::Result<T>>,
    counted: Counted,
}

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        // Whoever joins the thread takes the result out.
        if matches!(self.result, Some(Err(_))) {
            self.counted.0.panicked.store(true, Ordering::SeqCst);
        }
    }
}

/// Where threads are started that end before the scope does.
pub struct Scope<'scope, 'env: 'scope> {
    threads: &'scope thread::Scope<'scope, 'env>,
    running: Arc<Running>,
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Scope").field("running", &self.running.count).finish_non_exhaustive()
    }
}

/// A thread of a scope, which may be joined before the scope ends.
pub struct ScopedJoinHandle<'scope, T> {
    thread: thread::ScopedJoinHandle<'scope, Ended<T>>,
    number: NonZeroU64,
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.thread.fmt(formatter)
    }
}

/// Calls `body` with a scope in which threads can be started, and waits until all of them have ended.
///
/// # Panics
///
/// When a thread of the scope that was not joined has panicked, as [`std::thread::scope`] does.
#[track_caller]
pub fn scope<'env, H: NothingHeld, C: MaySleep, O>(
    held: &mut Held<'_, H, C>,
    body: impl for<'scope> FnOnce(Scope<'scope, 'env>, &mut Held<'_, H, C>) -> O,
) -> O {
    /// Waits for the threads when it drops, also where the body panics.
    struct Wait<'a>(&'a Running);
    impl Drop for Wait<'_> {
        fn drop(&mut self) {
            // SAFETY: made where a token shows that nothing is held, in a context that may sleep; what the body acquired it has
            // released, since it only borrowed the token.
            unsafe { self.0.wait() }
        }
    }
    let running = Arc::new(Running {
        count: AtomicUsize::new(0),
        ended: RawWaitQueue::INIT,
        panicked: AtomicBool::new(false),
    });
    // The operating system's join at the end of the inner scope finds threads whose bodies have ended and whose results are
    // dropped: what is waited for is waited for before, without the serialising tokens of this thread.
    let result = thread::scope(|threads| {
        let _wait = Wait(&running);
        body(Scope { threads, running: Arc::clone(&running) }, held)
    });
    assert!(!running.panicked.load(Ordering::SeqCst), "a scoped thread panicked");
    result
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread that runs `body` with a root of its own.
    pub fn spawn<T: Send + 'scope>(
        &self,
        body: impl for<'r> FnOnce(Root<'r, Task>) -> T + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, T> {
        let number = number_of_child();
        self.running.count.fetch_add(1, Ordering::SeqCst);
        let counted = Counted(Arc::clone(&self.running));
        let thread = self.threads.spawn(move || {
            adopt_number(number);
            // The panic goes on where the thread is joined, or where the scope ends.
            let result = catch_unwind(AssertUnwindSafe(|| with_root(body)));
            Ended { result: Some(result), counted }
        });
        ScopedJoinHandle { thread, number }
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Whether the thread has ended, without waiting.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits until the thread ends; see [`JoinHandle::join`](super::JoinHandle::join).
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
        let ended = unsafe { wait_for_end(|| self.thread.join()) };
        let result = ended.and_then(|mut ended| match ended.result.take() {
            Some(result) => result,
            None => unreachable!("a thread is joined once"),
        });
        result.map_err(JoinError::Panicked)
    }
}
