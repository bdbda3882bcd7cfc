//! Messages between processes of one machine: pipes, named pipes, event counters, and waiting for many files at once.
//!
//! | module | what |
//! |---|---|
//! | [`pipe`] | bytes from writers to readers |
//! | [`fifo`] | pipes that have a name |
//! | [`event`] | a counter that is waited for: `eventfd` |
//! | [`unix`] | sockets between processes |
//! | [`poll`](mod@poll) | which of many files are ready |
//!
//! **Locks.** Those of pipes are two classes, both spinning, never held together, and never held while anybody waits or a fault is
//! resolved; those of sockets stand in [`unix`].
//!
//! | class | protects |
//! |---|---|
//! | [`pipe::Pipe`] | the bytes of one pipe |
//! | [`fifo::Fifos`] | which named pipes are open |
//!
//! What can be read or written is published in atomics whenever it changes, so that readiness needs no lock. Who ends a use of
//! something does it in `close`; what was never used ends when it is dropped, which acquires no lock either.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod event;
pub mod fifo;
pub mod pipe;
pub mod poll;
pub mod unix;

pub use poll::poll;
