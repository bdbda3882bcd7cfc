//! Timers of processes: what sends a signal when its time has come, or is a file (`timerfd`), which is read.
//!
//! A process's timers stand among its dispositions, under the lock of class [`Signals`](crate::signal::dispositions::Signals). When the first of them
//! is due is noted in one table for all processes, class [`Deadlines`], inside of it; a thread of the kernel's waits for the earliest of
//! those, has that process's timers run out, and notes its next one. A process has one place in the table, so no timer needs memory
//! when it runs out.

mod alarm;
mod beat;
mod file;
mod of_process;
mod service;
mod table;
pub(crate) mod timer;

pub use file::TimerFile;
pub use of_process::OWN;
pub(crate) use of_process::{forget_process, inherit};
pub(crate) use service::start;
pub use table::Deadlines;
pub use timer::{Clock, Setting, Tells};
