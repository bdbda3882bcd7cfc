//! The lockdep self-test matrix as programs: what its rows reject must not compile.
//!
//! The table is the checker's (`tests/checker/data`). Every pair of a case and a kind of lock that lockdep must reject
//! becomes a program, in the group `selftest`, with its twin; or it is listed, by name, with the reason why only the
//! run-time checker can see it. And every pair that lockdep allows and our types refuse is listed with its reason, so that
//! nobody is surprised.
//!
//! The mapping of words: `spin` is a `SpinLock`, `raw_spin` an `IrqSpinLock`; `rlock` and `wlock` read and write a
//! `SpinRwLock`; `mutex` is a `Mutex`, `rsem` and `wsem` read and write a `RwLock`. An interrupt handler has a token of
//! context `HardIrq`. Soft work has one of context `Atomic`. RCU sections are sections without preemption.
//!
//! | module | what |
//! |---|---|
//! | [`row`] | the pairs of the table, and the acquisitions in their words |
//! | [`sketch`] | a program: classes, locks, and who acquires what in which order |
//! | [`mapping`] | what becomes of each pair |
//! | [`page`] | the score |

#[allow(clippy::format_push_string, clippy::format_collect, reason = "small texts: plain code before speed")]
pub mod mapping;
pub mod page;
pub mod row;
#[allow(clippy::format_push_string, clippy::format_collect, reason = "small texts: plain code before speed")]
pub mod sketch;

pub use mapping::{Outcome, outcome};
pub use row::{Pair, pairs};
