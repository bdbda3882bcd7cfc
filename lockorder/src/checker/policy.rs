//! What to do about a violation: ready-made sinks for [`Checker::set_sink`](super::Checker::set_sink).
//!
//! An embedder with a console of its own writes one more: a function that is given the [`Violation`], which is displayed as
//! the whole report. Whatever a sink acquires is not checked meanwhile, so that a report cannot make another one.

use super::Violation;

/// Counts it, and no more: what happens as long as no sink was chosen.
pub fn count(_: &Violation<'_>) {}

/// Panics with the report: for tests, and for kernels that would rather stop.
///
/// # Panics
///
/// Always.
pub fn panic(violation: &Violation<'_>) {
    panic!("{violation}");
}

/// Prints the report to standard error, and goes on.
#[cfg(feature = "std")]
pub fn log(violation: &Violation<'_>) {
    std::eprintln!("{violation}");
}
