//! Futexes: threads that wait at a word of user memory, found by its key.
//!
//! A program waits at a word while that has a value, and wakes who waits there (Franke, Russell and Kirkwood, "Fuss, Futexes and
//! Furwocks", 2002). The kernel keeps nothing of a word at which nobody waits. Who does stands in the bucket of the word's
//! [`Key`], behind a spinning lock of class [`Futex`]; the user's word is looked at under that lock, so that a wake-up after the
//! look finds the thread.
//!
//! | to | see |
//! |---|---|
//! | wait while a word has a value | [`FutexTable::wait`] |
//! | wake some of those who wait | [`FutexTable::wake`] |
//! | wake some, and have others wait elsewhere | [`FutexTable::requeue`] |
//!
//! What a word is, how it is read and what interrupts a wait is the caller's: it gives closures. A closure that reads user memory
//! under a bucket must not fault a page in: it fails, and the caller faults it in and calls again.
//!
//! **Moved while it waits.** A waiter notes in which bucket it stands; that changes with both buckets' locks held. Who gives up
//! acquires the bucket that is noted, and looks whether it still is: then it stands there.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod bucket;
mod key;
mod line;
mod table;
mod waiter;

pub use key::Key;
pub use table::{Futex, FutexTable, RequeueError, Requeued, WaitError};
