//! What can go wrong on the host: each with one line that says what to do, and an exit status.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

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
    /// What this machine does not have, why it was not fetched, and the commands that install it.
    Missing {
        /// What people call it.
        what: String,
        /// Why this program did not fetch it.
        why: String,
        /// What to type.
        command: String,
    },
    /// Fetching these packages failed, for this reason.
    Installation(Vec<String>, String),
    /// These packages could not be fetched, since no source answers.
    Unreachable(Vec<String>, String),
    /// These source packages could not be fetched, for this reason.
    Sources(Vec<String>, String),
    /// The packages of the guest's root cannot be had; why.
    Root(String),
    /// The private tools cannot be written to their folder.
    Tools(PathBuf, io::Error),
    /// There is no room for the private tools.
    NoSpace {
        /// Where they go.
        folder: PathBuf,
        /// How many bytes they need.
        needed: u64,
        /// How many bytes there are.
        free: u64,
    },
    /// The kernel does not build.
    Build,
    /// The proof, or the table that it prints, is not right; why.
    Proof(String),
    /// A picture of the hierarchy has no place for the orders that were taken.
    NoEdges,
    /// A guest did not tell which locks it has taken.
    Unobserved,
    /// A step on the way does not work.
    Step(&'static str),
    /// A file cannot be read or written.
    File(PathBuf, io::Error),
    /// A file has no place in the guest; why.
    Addition(PathBuf, String),
    /// What is named as busybox is none that the guest can run.
    Busybox(PathBuf),
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
    /// A comparison has nothing to compare; why.
    Comparison(String),
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

/// The package of busybox, the one tool of which any copy will do.
pub(crate) const BUSYBOX_PACKAGE: &str = "busybox-static";

/// What else can be done where it cannot be had, behind a line that says so.
pub(crate) const ANOTHER_BUSYBOX: &str = ", or name a statically linked busybox with --busybox FILE";

/// What else can be done where these packages cannot be had.
fn another_way(packages: &[String]) -> &'static str {
    if packages.iter().any(|package| package == BUSYBOX_PACKAGE) { ANOTHER_BUSYBOX } else { "" }
}

/// What to type to have source packages where this program looks for them.
#[must_use]
pub(crate) fn source_command(packages: &[&str]) -> String {
    format!("apt-get source --download-only {} && export LOCKORDER_SOURCES=$PWD", packages.join(" "))
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { what, why, command } => {
                write!(formatter, "{what} is missing and {why}; install it with: {command}")
            }
            Self::Installation(packages, line) => write!(
                formatter,
                "fetching {0} failed ({line}); run this again, or type as root: apt-get install {0}{1}",
                packages.join(" "),
                another_way(packages)
            ),
            Self::Unreachable(packages, line) => write!(
                formatter,
                "no package source can be reached ({line}) to fetch {0}; connect this machine to the network and run this \
                 again, or type as root: apt-get install {0}{1}",
                packages.join(" "),
                another_way(packages)
            ),
            Self::Sources(packages, line) => write!(
                formatter,
                "fetching the source of {0} failed ({line}); look at this machine's network and run this again, or type: {1}",
                packages.join(" and "),
                source_command(&packages.iter().map(String::as_str).collect::<Vec<_>>())
            ),
            Self::Root(why) => write!(
                formatter,
                "the packages of the guest's root could not be fetched ({why}); look at their names and at this machine's network, \
                 and run this again"
            ),
            Self::Tools(path, error) => write!(
                formatter,
                "the tools cannot be written, {}: {error}; {}name another folder with: export LOCKORDER_TOOLS=FOLDER",
                path.display(),
                if error.kind() == io::ErrorKind::StorageFull { "free some space, or " } else { "" }
            ),
            Self::NoSpace { folder, needed, free } => write!(
                formatter,
                "the tools need {} MB, and {} has room for {} MB; free some, or name another folder with: export \
                 LOCKORDER_TOOLS=FOLDER",
                needed.div_ceil(1_000_000),
                folder.display(),
                free / 1_000_000
            ),
            Self::Build => {
                formatter.write_str("the kernel does not build; the compiler's messages are above")
            }
            Self::Proof(why) | Self::Comparison(why) => formatter.write_str(why),
            Self::NoEdges => formatter.write_str(
                "a picture has no place for the orders that were taken; write --format dot, and have Graphviz draw that",
            ),
            Self::Unobserved => formatter.write_str(
                "the guest did not tell which locks it has taken; see what it says with: \
                 cargo run -- run --checker on --cmd 'cat /proc/lockorder/stat'",
            ),
            Self::Step(what) => write!(formatter, "{what} failed; the messages are above"),
            Self::File(path, error) => write!(formatter, "{}: {error}", path.display()),
            Self::Addition(path, why) => write!(formatter, "{} cannot be added: {why}", path.display()),
            Self::Busybox(path) => write!(
                formatter,
                "{} is no busybox for the guest: it must be a statically linked program for x86-64, such as that of Debian's \
                 package busybox-static",
                path.display()
            ),
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
