//! The models: a few threads that use a lock, and what must hold whatever the schedule is.
//!
//! A thread that waits for ever ends in a deadlock, which the scheduler reports.

mod completions;
mod locks;
mod pairs;
mod panics;
mod ranked;
mod tokens;
mod waits;

pub use completions::*;
pub use locks::*;
pub use pairs::*;
pub use panics::*;
pub use ranked::*;
pub use tokens::*;
pub use waits::*;

use std::sync::Arc;

use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::thread;

use super::machine::{Machine, number_thread};
use crate::copy::blocking::{Patience, Waiting, wait};
use crate::copy::wait_queue::WaitQueue;

/// All of them, by name.
pub const ALL: &[(&str, fn())] = &[
    ("adaptive", adaptive),
    ("sleep", sleep),
    ("time_limit", time_limit),
    ("heirs", heirs),
    ("read_write", read_write),
    ("upgrade", upgrade),
    ("wait_queue", wait_queue),
    ("spent_wake_up", spent_wake_up),
    ("condition", condition),
    ("requeue", requeue),
    ("two_locks", two_locks),
    ("locks_in_turn", locks_in_turn),
    ("moved_with_a_time_limit", moved_with_a_time_limit),
    ("own_conditions", own_conditions),
    ("wake_up_for_nobody", wake_up_for_nobody),
    ("own_condition_beside_time_limits", own_condition_beside_time_limits),
    ("time_limits", time_limits),
    ("condition_that_sleeps", condition_that_sleeps),
    ("condition_that_sleeps_panics", condition_that_sleeps_panics),
    ("token", token),
    ("two_tokens", two_tokens),
    ("token_over_a_wait", token_over_a_wait),
    ("shared_token", shared_token),
    ("share_acquired_exclusively", share_acquired_exclusively),
    ("share_comes_back", share_comes_back),
    ("share_acquired_exclusively_over_a_wait", share_acquired_exclusively_over_a_wait),
    ("condition_panics", condition_panics),
    ("condition_panics_with_tokens", condition_panics_with_tokens),
    ("critical_section_panics", critical_section_panics),
    ("event", event),
    ("broken_event", broken_event),
    ("completion", completion),
    ("completion_over_a_token", completion_over_a_token),
    ("late_completion", late_completion),
    ("pair", pair),
    ("semaphore", semaphore),
    ("signals", signals),
    ("served", served),
    ("served_no_more", served_no_more),
];

/// A wait that ends when its condition holds.
const FOR_EVER: Waiting = Waiting::here(Patience::ForEver);

/// Waits in a queue.
fn wait_in(queue: &WaitQueue, waiting: &Waiting, mut condition: impl FnMut() -> bool) -> bool {
    // SAFETY: the models may block anywhere, and know what they hold.
    unsafe { wait::<Machine>(queue, waiting, &mut condition) }
}

/// Takes one of so many permits, if there is one.
fn take_permit(permits: &AtomicU64) -> bool {
    permits.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |permits| permits.checked_sub(1)).is_ok()
}

/// Runs `body` on as many threads as `count` says, this one among them, and waits for all.
fn on_threads(count: u64, body: impl Fn(u64) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let threads: Vec<_> = (1..count)
        .map(|number| {
            let body = Arc::clone(&body);
            thread::spawn(move || {
                number_thread(number);
                body(number);
            })
        })
        .collect();
    number_thread(0);
    body(0);
    for thread in threads {
        thread.join().expect("no thread panics");
    }
}
