//! Waiting for many files again and again: `epoll`. Files are said once, with what is wanted of each; a wait gives those that are
//! ready.
//!
//! | file | what |
//! |---|---|
//! | `instance` | an epoll as a file, and the waits at it |
//! | `table` | which files it watches: entries, by description and descriptor |
//! | `tree` | epolls that watch epolls: no circles, and not too deep |
//!
//! **A wait costs what is ready.** Each entry is a member of a [`Gathering`](base::sched::waiting::Gathering): it stands at its file's
//! sources in place of a thread, and a wake-up there links it to the gathering's list. A wait looks at what is in the list, and at nothing
//! else. Why no wake-up is lost is argued there; what is added here is which entries stay in the list after a look:
//!
//! | entry | its file is ready | it is not |
//! |---|---|---|
//! | level-triggered | told, and stays: it is looked at again by the next wait | leaves |
//! | edge-triggered (`EPOLLET`) | told, and leaves: the next wake-up of its file brings it back, whatever was read meanwhile | leaves |
//! | once (`EPOLLONESHOT`) | told, leaves, and is disarmed until it is changed | leaves |
//!
//! An edge is a wake-up. Since a file that has several sources does not say which of them it was, a reader that makes room may be an edge
//! for who waits for data, if there is data left: a program sees an event more, never one less.
//!
//! **An entry belongs to a description.** It has a weak reference to that: when its last descriptor has gone, nothing is told of it any
//! more, and it is taken out when it is come across, at the latest when as many entries again were added. So the close of a file knows
//! nothing of epolls. The entry keeps the file's memory until then, not its use: that is ended by the close.
//!
//! **Locks.** [`EpollTree`] is held to add an epoll to an epoll, and outside of [`Epoll`], which is held to change the entries and to
//! collect what is ready. Neither is held where user memory is touched, or where anybody waits. An epoll is a file that can be polled:
//! its readiness is what any entry in its list is ready for, looked at without either.

mod instance;
mod table;
mod tree;

pub use instance::{Event, Instance};
pub use table::Epoll;
pub use tree::EpollTree;
