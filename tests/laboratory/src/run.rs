//! Raw programs: what they are written with, and how they run.
//!
//! A program is a function that makes objects and threads in a [`Lab`]. Every thread is one of the operating system's, and runs the
//! program's own code; before each step it waits until [`Running::move_on`] says that it is its turn. So exactly one runs at a time, and which one is
//! the caller's choice. A run that is dropped ends its threads, frozen or not.

mod here;
mod lab;
mod running;

pub use here::{Guard, Here, Lock, Queue, Word, Worker};
pub use lab::Lab;
pub use running::Running;
