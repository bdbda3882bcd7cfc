//! The lock cores, and what the kernel's threads wait for, under a model checker.
//!
//! A stress tries the orders of steps that happen to happen, on the one kind of CPU at hand. Here `loom` tries
//! all that the memory model of the language allows, up to a bound on preemptions, on a few threads.
//!
//! The text that is checked is the library's own: the build script copies it onto [`atomic`], which the
//! checker watches. It makes broken copies as well ([`mutants`]): a model that does not notice them is no check.
//! `tests/cores.rs` has the models.

pub mod atomic;
pub mod kernel;
pub mod machine;
pub mod mutants;
mod watched;

pub use watched::Watched;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

// What the cores name by `crate::`.
use lockorder::context;

/// What the cores name by `crate::platform`: fewer CPUs, since the checker makes every CPU's nodes anew each time.
mod platform {
    pub(crate) use lockorder::Platform;

    /// How many CPUs there are.
    pub(crate) const MAXIMUM_CPUS: usize = 4;
}

/// The cores, and the broken ones.
#[allow(
    warnings,
    clippy::all,
    clippy::pedantic,
    reason = "the library's text, linted there, and broken on purpose"
)]
pub mod cores {
    use lockorder::{RawLock, RawReadWriteLock};

    include!(concat!(env!("OUT_DIR"), "/cores.rs"));
}

/// What a model begins with: its atomics, made before its threads.
pub trait Introduce {
    /// Makes them.
    fn introduce(&self);
}

/// A reader-writer core that tells whether readers wait.
pub trait Registers: Introduce {
    /// Whether a reader has registered, and was not let in yet.
    fn readers_wait(&self) -> bool;
}

/// What threads of the kernel wait for.
pub trait Awaited: Introduce {
    /// Nobody waits.
    const NEW: Self;

    /// Has a thread enter, look, and leave.
    fn enter_and_look(&self, thread: &Arc<kernel::Thread>, look: impl FnOnce());

    /// Wakes those who have entered.
    fn wake(&self);
}

/// Checks a model over all executions up to `preemptions`, and gives their number.
///
/// `LOOM_MAX_PREEMPTIONS` in the environment overrides the bound: one more takes about ten times as long.
pub fn check(preemptions: usize, model: impl Fn() + Send + Sync + 'static) -> u64 {
    let executions = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.max_branches = 20_000;
    builder.check(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        atomic::begin_execution();
        model();
    });
    executions.load(std::sync::atomic::Ordering::Relaxed)
}

/// Whether checking a model fails: what a broken core must do.
pub fn notices(preemptions: usize, model: impl Fn() + Send + Sync + 'static) -> bool {
    catch_unwind(AssertUnwindSafe(|| check(preemptions, model))).is_err()
}
