//! The kernel's waits at several sources, and its futexes, under a checker of schedules.
//!
//! The build script copies the kernel's text; broken copies ([`mutants`]) must be noticed. How schedules are tried is package
//! `schedules`'s. Atomics are sequentially consistent here: what the fence of a wake-up is for, package `models` sees.

pub mod mutants;
pub mod world;

/// The kernel's text, and the broken ones.
#[allow(
    warnings,
    clippy::all,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    reason = "the kernel's text, linted there, and broken on purpose"
)]
mod copies {
    include!(concat!(env!("OUT_DIR"), "/copies.rs"));
}

include!(concat!(env!("OUT_DIR"), "/broken.rs"));

/// The models of the kernel's own text, by their names.
pub const MODELS: &[(&str, fn())] = copies::original::models::ALL;
