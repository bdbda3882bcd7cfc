//! What can go wrong on the host: each with one line that says what to do, and an exit status.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::provision::Need;

/// Exit status of a failure on the host.
pub const HOST: u8 = 1;
/// Exit status of a wrong command line.
pub const USAGE: u8 = 2;
/// Exit status when the guest does not end in time, as `timeout` has it.
pub const TIMED_OUT: u8 = 124;
/// Exit status when the guest ends without saying how.
pub const NO_STATUS: u8 = 125;

/// Exit status when this program is told to stop, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// A failure on the host.
#[derive(Debug)]
pub enum Failure {
    /// Something this machine does not have, and why it was not installed.
    Missing(Need, &'static str),
    /// Installing failed; the installer's last line.
    Installation(Vec<&'static str>, String),
    /// The kernel does not build.
    Build,
    /// A step on the way does not work.
    Step(&'static str),
    /// A file cannot be read or written.
    File(PathBuf, io::Error),
    /// A program cannot be run.
    Program(PathBuf, io::Error),
    /// This program was moved away from its sources.
    NoWorkspace,
    /// The guest did not end in time; what it said last.
    TimedOut(Duration, String),
    /// The guest ended without a status; what it, or QEMU, said last.
    NoStatus(String),
    /// The guest ended with this status where only 0 will do.
    Guest(u8),
    /// Something else did not end in time.
    TooLong(&'static str, Duration),
    /// This program was told to stop.
    Interrupted,
}

impl Failure {
    /// The exit status.
    #[must_use]
    pub const fn status(&self) -> u8 {
        match self {
            Self::TimedOut(..) => TIMED_OUT,
            Self::NoStatus(_) => NO_STATUS,
            Self::Guest(status) => *status,
            Self::Interrupted => INTERRUPTED,
            _ => HOST,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(need, why) => {
                write!(formatter, "{} is missing and {why}; install it with: {}", need.name(), need.command())
            }
            Self::Installation(packages, line) => write!(
                formatter,
                "installing {} failed ({line}); try: apt-get update && apt-get install {}",
                packages.join(" "),
                packages.join(" ")
            ),
            Self::Build => {
                formatter.write_str("the kernel does not build; the compiler's messages are above")
            }
            Self::Step(what) => write!(formatter, "{what} failed; the messages are above"),
            Self::File(path, error) => write!(formatter, "{}: {error}", path.display()),
            Self::Program(path, error) => write!(formatter, "cannot run {}: {error}", path.display()),
            Self::NoWorkspace => formatter.write_str(
                "the sources of the kernel are not here; run this in the repository, with `cargo run`",
            ),
            Self::TimedOut(deadline, last) => write!(
                formatter,
                "no answer after {} s, stopped; the guest said last: {last}",
                deadline.as_secs_f32()
            ),
            Self::NoStatus(last) => {
                write!(formatter, "the guest ended without a status; the last that was heard: {last}")
            }
            Self::Guest(status) => {
                write!(formatter, "the guest ended with status {status}; its output is above")
            }
            Self::TooLong(what, limit) => {
                write!(formatter, "{what} did not end within {} s, stopped", limit.as_secs())
            }
            Self::Interrupted => formatter.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Failure {}
