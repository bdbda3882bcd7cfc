//! What can go wrong apart from what is measured: each with one line that says what to do.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A failure.
#[derive(Debug)]
pub enum Failure {
    /// Something is missing on this machine.
    Host(boot::failure::Failure),
    /// A file cannot be read or written.
    File(PathBuf, io::Error),
    /// A source file cannot be read as Rust.
    Syntax(PathBuf, syn::Error),
    /// Cargo cannot be run, or ends without an answer.
    Cargo(String),
    /// Source that nobody has broken does not compile; what the compiler says.
    NotWhole(String, String),
    /// Another run of this program works in the same copy.
    Busy(PathBuf),
    /// A crate of the kernel is not where it should be.
    NoCrate(PathBuf),
    /// No breakage has this name.
    NoSuchBreakage(String),
}

impl Failure {
    /// A failure of a file.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File(path, error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(failure) => failure.fmt(formatter),
            Self::File(path, error) => write!(formatter, "{}: {error}", path.display()),
            Self::Syntax(path, error) => {
                let place = error.span().start();
                write!(formatter, "{}:{}: {error}; the source must compile first", path.display(), place.line)
            }
            Self::Cargo(said) => write!(formatter, "cargo gives no answer; it said last: {said}"),
            Self::NotWhole(package, said) => {
                write!(formatter, "{package} does not compile before anything is broken in it: {said}")
            }
            Self::Busy(place) => write!(
                formatter,
                "another run works in {}; wait for it to end, or set CARGO_TARGET_DIR to another folder",
                place.display()
            ),
            Self::NoCrate(path) => {
                write!(
                    formatter,
                    "{}: no crate with a library is here; run this in the repository",
                    path.display()
                )
            }
            Self::NoSuchBreakage(asked) => {
                write!(formatter, "nothing to break has `{asked}` in its name; `--list` shows all")
            }
        }
    }
}

impl std::error::Error for Failure {}

impl From<boot::failure::Failure> for Failure {
    fn from(failure: boot::failure::Failure) -> Self {
        Self::Host(failure)
    }
}
