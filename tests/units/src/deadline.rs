//! Waiting for something that must come soon.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take. What takes longer hangs.
pub const LIMIT: Duration = Duration::from_secs(20);

/// Waits until `condition` holds.
///
/// # Panics
///
/// When it does not hold within [`LIMIT`]; the message says what was waited for.
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < LIMIT, "waited {LIMIT:?} for this: {what}");
        thread::yield_now();
    }
}
