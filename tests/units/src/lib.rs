//! The unit tests that ExoV6 planned by group, written against the library as it is.
//!
//! `tests/` has one program for each family of locks, and one file for each group in it. `tests/counts.rs` counts the
//! tests from their text, and fails where there are fewer than planned; `docs/unit-tests.md` lists them all.
//!
//! What the tests stand on is here:
//!
//! | module | what |
//! |---|---|
//! | [`machine`] | a platform whose CPU numbers, interrupts and scheduling a test decides |
//! | [`crew`] | threads with names, CPUs and counters, all joined within a time limit |
//! | [`deadline`] | waiting for something that must come soon |
//! | [`line`](mod@line) | the queued lock's word, taken apart |
//! | [`classes`] | the classes of the tests' locks |
//! | [`watch`] | the run-time checker, driven by hand |
//! | [`measure`] | comparing costs |
//!
//! **Rules.** A test waits for nothing without a limit, and says what it waited for. It measures ratios, never times. It
//! makes threads meet by what they have been seen doing, and not by sleeping and hoping.

pub mod classes;
pub mod crew;
pub mod deadline;
pub mod line;
pub mod machine;
pub mod measure;
pub mod watch;
