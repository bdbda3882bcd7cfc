//! Signals: what is pending, and what is done about it.
//!
//! | module | what |
//! |---|---|
//! | `number` | signals by number, sets of them |
//! | [`action`], [`info`], `queue` | what is done about one; what it comes with; those that wait |
//! | `shared`, [`dispositions`] | what the threads of a process share: words that are read without a lock, and what one lock protects |
//! | [`posting`] | sending, taking, waiting; stopping and going on |
//! | [`frame`], `file` | what a handler finds on its stack; signals that are read |
//!
//! Other crates name what is exported here. Modules of this crate name each other's files, since this one stands above all of its own.

pub mod action;
pub mod dispositions;
mod file;
pub mod frame;
pub mod info;
pub(crate) mod number;
pub mod posting;
pub(crate) mod queue;
pub(crate) mod shared;

pub use action::{Action, Default};
pub use dispositions::{Dispositions, Signals};
pub use file::SignalFile;
pub use info::{Fate, Info};
pub use number::{Signal, UNSTOPPABLE};
pub use posting::post_to_group;
