//! The unit tests that the predecessor planned and mostly never wrote: what they share.
//!
//! Its plan had groups with counts (`tests/counts.rs`); each group is a module here, or tests that are elsewhere already.
//! Everything waits with a deadline.
//!
//! | module | what |
//! |---|---|
//! | [`numbered`] | a machine whose threads say which CPU they are on |
//! | [`counted`] | a machine that counts how its threads wait |

#[allow(unsafe_code, reason = "machines are unsafe implementations; the arguments are beside them")]
pub mod counted;
#[allow(unsafe_code, reason = "machines are unsafe implementations; the arguments are beside them")]
pub mod numbered;

use std::thread;
use std::time::{Duration, Instant};

/// No test may wait longer.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until something holds.
///
/// # Panics
///
/// When it does not in time: with what it was.
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < DEADLINE, "waited for too long until {what}");
        thread::yield_now();
    }
}

/// Runs `body` on so many threads, each with its number, and waits for all.
///
/// # Panics
///
/// When one of them does, or does not end in time.
pub fn on_threads(count: usize, body: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| {
                let body = &body;
                scope.spawn(move || body(number))
            })
            .collect();
        wait_until("all threads have ended", || threads.iter().all(thread::ScopedJoinHandle::is_finished));
        for thread in threads {
            thread.join().expect("no thread panics");
        }
    });
}
