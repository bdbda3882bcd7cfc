//! Objects of System V: sets of semaphores, queues of messages, and segments of memory that processes share.
//!
//! They are found by a number, which a key may stand for, and stay until they are removed, whoever has made them (POSIX, "XSI
//! Interprocess Communication").
//!
//! | module | what |
//! |---|---|
//! | [`table`] | which objects there are, by number and by key, and who may do what with them |
//! | [`kind`] | what the kinds of objects have in common |
//! | [`semaphores`], [`operations`] | sets of semaphores; what an operation on several at once does |
//! | [`messages`] | queues of messages |
//! | [`segments`] | memory that processes share |
//!
//! **Locks.** None is held while anybody waits, copies from or to user memory, or maps. That of a queue is acquired under its
//! table's where all are counted, else no two are held together.
//!
//! | class | protects |
//! |---|---|
//! | [`table::ObjectTable`] | which objects of one kind there are, and their permissions; of segments also what is known of each |
//! | [`semaphores::SemaphoreSet`] | the values of one set, and what is undone when processes end |
//! | [`messages::MessageQueue`] | the messages of one queue |
//!
//! Who waits notes how often the object has changed, under its lock, and looks again when that is another number: an atomic, so that
//! looking acquires nothing.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod kind;
pub mod messages;
pub mod operations;
pub mod segments;
pub mod semaphores;
pub mod table;
mod waiting;

pub use kind::Kind;
pub use messages::Messages;
pub use segments::Segments;
pub use semaphores::Semaphores;
pub use table::{Permissions, Wish};
pub use waiting::Waits;

/// All objects of System V.
#[derive(Debug)]
pub struct Objects {
    /// Sets of semaphores.
    pub semaphores: Semaphores,
    /// Queues of messages.
    pub messages: Messages,
    /// Memory that processes share.
    pub segments: alloc::sync::Arc<Segments>,
}

impl Objects {
    /// None. Segments have so many pages together at most.
    #[must_use]
    pub fn new(pages: u64) -> Self {
        Self { semaphores: Semaphores::new(), messages: Messages::new(), segments: Segments::new(pages) }
    }
}
