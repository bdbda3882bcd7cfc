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

use std::process::{Command, Stdio};
use std::time::Duration;

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

/// Names the broken copy that a child is to try.
const BROKEN_COPY: &str = "BROKEN_COPY";
/// The status of a child whose broken copy has failed; tests end with others.
const NOTICED: i32 = 77;
/// The most schedules that are tried with a broken copy.
const MOST: usize = 40_000;
/// How long a child may take.
const LIMIT: Duration = Duration::from_mins(10);

/// Whether a model fails under some schedules.
fn notices(model: fn()) -> bool {
    // That it panics is what is wanted: nobody needs to read how.
    std::panic::set_hook(Box::new(|_| ()));
    // On a thread of its own: an execution may end while one of its tasks unwinds, and its thread counts as panicking then.
    std::thread::spawn(move || check(model, MOST)).join().is_err()
}

/// Tries the broken copy that the environment names and exits with the verdict; returns at once where none is named. `broken` are the
/// models of all copies.
pub fn try_if_asked(broken: &[(&str, fn())]) {
    let Ok(name) = std::env::var(BROKEN_COPY) else { return };
    let asked = broken.iter().find(|(known, _)| *known == name);
    let noticed = asked.is_some_and(|(_, model)| notices(*model));
    std::process::exit(if noticed { NOTICED } else { 0 });
}

/// Whether the broken copy with a name is noticed. A process of its own tries it, through the caller's test: a copy may use memory after
/// it is freed, and must not take the test down with it. A signal that kills the process counts as noticed.
///
/// # Panics
///
/// When the child does not end in time, or as a test does.
#[must_use]
pub fn is_noticed(test: &str, name: &str) -> bool {
    let program = std::env::current_exe().expect("this program is there");
    let mut command = Command::new(program);
    command.args([test, "--exact", "--nocapture"]).env(BROKEN_COPY, name);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    match mutation::ended(&mut command, LIMIT).map(|status| status.code()) {
        Some(Some(NOTICED) | None) => true,
        Some(Some(0)) => false,
        Some(Some(status)) => panic!("the child for `{name}` ended with status {status}"),
        None => panic!("the broken copy `{name}` did not end within {LIMIT:?}"),
    }
}
