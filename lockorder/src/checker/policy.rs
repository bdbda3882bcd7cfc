//! What to do about a violation: ready-made sinks for [`Checker::set_sink`](super::Checker::set_sink).
//!
//! An embedder with a console of its own writes one more: a function that is given the [`Violation`], which is displayed as
//! the whole report. Whatever a sink acquires is not checked meanwhile, so that a report cannot make another one.

use super::Violation;

/// What happens as long as no sink was chosen.
#[cfg(feature = "std")]
pub(super) const DEFAULT: super::Sink = log;
/// What happens as long as no sink was chosen.
#[cfg(not(feature = "std"))]
pub(super) const DEFAULT: super::Sink = count;

/// Counts it, and no more.
pub fn count(_: &Violation<'_>) {}

/// Panics with the report: for tests, and for kernels that would rather stop. What was being acquired is not held afterwards,
/// and what was being released is free.
///
/// # Panics
///
/// Always, unless the thread is unwinding already: then it prints the report.
pub fn panic(violation: &Violation<'_>) {
    #[cfg(feature = "std")]
    if std::thread::panicking() {
        log(violation);
        return;
    }
    panic!("{violation}");
}

/// Prints the report to standard error, and goes on.
#[cfg(feature = "std")]
pub fn log(violation: &Violation<'_>) {
    std::eprintln!("{violation}");
}
