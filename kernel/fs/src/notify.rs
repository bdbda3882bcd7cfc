//! Telling programs what becomes of files: `inotify`.
//!
//! | module | what |
//! |---|---|
//! | [`event`] | one thing that has happened, and how it is read |
//! | `queue` | what an instance has not been read of |
//! | [`instance`] | an instance, as a file, and its watches |
//!
//! An instance **watches** inodes, each by its identity, and is told what happens to them; who watches a directory is told of what is in
//! it, too, by name. Whoever does something to a file says so by [`tell`], with nothing held, after it was done. While nobody watches
//! anything that costs one look at a number.
//!
//! **Locks.** Watches and queues are behind one lock, class [`Notify`], held for a step.

pub mod event;
pub mod instance;
mod queue;

pub use instance::{Instance, Notify, tell};
pub(crate) use instance::{forget, is_any, next_cookie, tell_itself, tell_name};
