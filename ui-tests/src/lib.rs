//! The corpus of rejected programs: reading it, and judging what the compiler says of it.
//!
//! `rejected/GROUP/NAME.rs` must not compile; `accepted/GROUP/NAME.rs`, its twin, is one change away and must.
//! A rejected program begins with what the bug is and its real source, then the error that it must give, then
//! the fix:
//!
//! ```text
//! //! A lock whose waiters sleep is acquired while preemption is off. Source: asterinas #351.
//! //!
//! //! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `Atomic` context
//! //! fix: acquire the sleeping lock outside
//! ```
//!
//! The text after `error` is a part of the compiler's message: ours where the library words it, the
//! compiler's own where the borrow checker or privacy does the work.

mod compile;
mod compiler;
mod mistakes;
mod program;
pub mod selftest;
mod twins;

pub use compile::{Diagnostic, Verdict, compile_all, judge_accepted, judge_rejected};
pub use compiler::{PINNED, ask, pinned_compiler};
pub use mistakes::{MISTAKES, Mistake, page as page_of_mistakes};
pub use program::{Expectation, Program, corpus, root};
pub use twins::{LARGEST_CHANGE, difference};
