//! Work that needs a token, from where there is none: from `Drop`, above all.
//!
//! A `drop` has no token and runs with anything held, so it acquires nothing. [`defer`] hands a closure to the *reaper*, a thread
//! with a root of its own that runs what was deferred, one after the other. Deferring takes no typed lock; it waits for the
//! queue's own lock, which others hold for a moment, and the first time for the operating system, which starts the reaper.

use std::boxed::Box;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};

use core::num::NonZeroU64;

use super::thread::{JoinOrder, adopt_number, number_of_child, wait_for_end};
use super::with_root;
use crate::context::{MaySleep, Task};
use crate::held::{Held, Root};
use crate::level::NothingHeld;

/// What is deferred.
type Work = Box<dyn for<'r> FnOnce(Root<'r, Task>) + Send>;

/// What is to be run, and how far that has come.
struct Queue {
    work: VecDeque<Work>,
    deferred: u64,
    done: u64,
}

/// The queue. Its lock is held for a moment by whoever defers, and never while work runs: a leaf.
static QUEUE: Mutex<Queue> = Mutex::new(Queue { work: VecDeque::new(), deferred: 0, done: 0 });
/// The queue has changed.
static CHANGED: Condvar = Condvar::new();

/// Locks the queue; a panic elsewhere cannot leave it half changed.
fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The reaper, started when something is first deferred.
fn reaper() -> &'static (Thread, NonZeroU64) {
    static REAPER: OnceLock<(Thread, NonZeroU64)> = OnceLock::new();
    REAPER.get_or_init(|| {
        let number = number_of_child();
        let started = thread::Builder::new().name("reaper".into()).spawn(move || {
            adopt_number(number);
            run();
        });
        (started.expect("the operating system starts a thread").thread().clone(), number)
    })
}

/// Counts a piece of work as done when it drops, however the work ends.
struct Done;

impl Drop for Done {
    fn drop(&mut self) {
        queue().done += 1;
        CHANGED.notify_all();
    }
}

/// Runs what is deferred, for ever.
fn run() {
    loop {
        let mut queue = queue();
        let work = loop {
            match queue.work.pop_front() {
                Some(work) => break work,
                None => queue = CHANGED.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(queue);
        let _done = Done;
        // A panic is told by the panic hook, and ends this piece of work only. What it panicked with may panic in turn when it is
        // dropped; what that one panics with is not dropped at all.
        let dropped =
            catch_unwind(AssertUnwindSafe(|| drop(catch_unwind(AssertUnwindSafe(|| with_root(work))))));
        if let Err(payload) = dropped {
            core::mem::forget(payload);
        }
    }
}

/// Has `work` run by the reaper, with a root of its own, after everything that was deferred before.
///
/// # Panics
///
/// When the reaper cannot be started.
pub fn defer(work: impl for<'r> FnOnce(Root<'r, Task>) + Send + 'static) {
    reaper();
    let mut queue = queue();
    queue.work.push_back(Box::new(work));
    queue.deferred += 1;
    drop(queue);
    CHANGED.notify_all();
}

/// Waits until everything that has been deferred so far is done: at the end of a program, or of a test.
///
/// # Errors
///
/// [`JoinOrder`] when this thread is younger than the reaper, which may wait for it: as for joining.
#[track_caller]
pub fn drain_deferred<H: NothingHeld, C: MaySleep>(_held: &mut Held<'_, H, C>) -> Result<(), JoinOrder> {
    let until = queue().deferred;
    if until == 0 {
        return Ok(());
    }
    let (reaper, number) = reaper();
    JoinOrder::check(*number, reaper)?;
    // SAFETY: the token shows that nothing is held, in a context that may sleep.
    unsafe {
        wait_for_end(|| {
            let mut queue = queue();
            while queue.done < until {
                queue = CHANGED.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        });
    }
    Ok(())
}
