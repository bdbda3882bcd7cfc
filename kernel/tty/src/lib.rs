//! Terminals.
//!
//! | module | what | tested on the host |
//! |---|---|---|
//! | [`termios`], [`window`] | settings and sizes, as programs see them | yes |
//! | [`discipline`] | what a terminal does to bytes: lines, editing, echo, signals, output | yes |
//! | [`terminal`] | a terminal as programs have it: reads, writes, controls, whose it is | numbers and times |
//! | [`console`] | the terminal on the first serial port | no |
//! | [`pty`] | pseudo-terminals | numbers |
//! | [`signal`] | what terminals send, and who delivers it | no |
//! | [`buffers`] | user memory, or the kernel's, for reads and writes | no |
//! | [`readiness`] | what can be done at once | no |
//!
//! **Where locks stand.** A line is the innermost of what a user's handles need (level 80), processes are the outermost (10). So
//! nothing that a byte causes is done where the byte is seen: the discipline answers with the signal, the chunk with bytes to be
//! sent, and both are dealt with when the line has been released (`terminal`).

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod buffers;
pub mod console;
pub mod discipline;
pub mod pty;
pub mod readiness;
pub mod signal;
pub mod terminal;
pub mod termios;
pub mod window;

pub use buffers::{Destination, Origin};
pub use pty::{Master, Ptys};
pub use readiness::Readiness;
pub use signal::{Signal, Signaller};
pub use terminal::{Access, Job, Outcome, Tty};
