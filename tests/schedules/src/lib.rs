//! The sleeping locks under a checker of schedules.
//!
//! What sleeps is too large for a search of all executions of the memory model (`tests/models` does that for the spinning
//! cores). Here `shuttle` runs the library's text under many schedules, by the *probabilistic concurrency testing* of
//! Burckhardt and others (2010), which finds a bug that needs few switches with a known probability, and by plain random
//! choice. Atomics are sequentially consistent here: what an ordering is for is not seen.
//!
//! The build script copies the library's text; broken copies ([`mutants`]) must be noticed.

pub mod mutants;
pub mod world;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

/// The locks, and the broken ones.
#[allow(
    warnings,
    clippy::all,
    clippy::pedantic,
    reason = "the library's text, linted there, and broken on purpose"
)]
mod copies {
    include!(concat!(env!("OUT_DIR"), "/copies.rs"));
}

include!(concat!(env!("OUT_DIR"), "/broken.rs"));

/// The models of the library's own text, by their names.
pub const MODELS: &[(&str, fn())] = copies::original::models::ALL;

/// How many switches at odd moments a schedule has, in addition to those where a thread waits.
const DEPTH: usize = 3;

/// Runs a model under so many schedules of either kind.
///
/// # Panics
///
/// When one of them fails: with the schedule, by which it can be run again.
pub fn check(model: fn(), schedules: usize) {
    let mut config = Config::new();
    // What an ordering is for is the other models' to see.
    config.silence_warnings = true;
    Runner::new(RandomScheduler::new(schedules), config.clone()).run(model);
    Runner::new(PctScheduler::new(DEPTH, schedules), config).run(model);
}

/// Whether a model fails under some of so many schedules: what a broken copy must do.
#[must_use]
pub fn notices(model: fn(), schedules: usize) -> bool {
    let hook = std::panic::take_hook();
    // That it panics is what is wanted: nobody needs to read how.
    std::panic::set_hook(Box::new(|_| ()));
    // On a thread of its own: an execution may end while one of its tasks unwinds, and its thread counts as panicking then.
    let noticed = std::thread::spawn(move || check(model, schedules)).join().is_err();
    std::panic::set_hook(hook);
    noticed
}
