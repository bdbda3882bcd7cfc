//! An archive that a program writes while it is read: what `dpkg-deb` and decompressors do. The program does not outlive the reading,
//! and has a deadline.

use std::io;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::failure::Failure;
use crate::interrupt;
use crate::process::{Supervised, Waited};

/// How long the program may take to end once all is read.
const LIMIT: Duration = Duration::from_mins(10);

/// A file of the archive.
pub(crate) type TarEntry<'a> = tar::Entry<'a, ChildStdout>;

/// Calls `take` with each file of the archive that `command` makes of the file `archive`. `program` is what people know it by.
///
/// # Errors
///
/// What `take` says; [`Failure::File`] for an archive that is damaged, [`Failure::Program`], [`Failure::TooLong`],
/// [`Failure::Interrupted`].
pub(crate) fn each_entry(
    program: &'static str,
    command: &mut Command,
    archive: &Path,
    mut take: impl FnMut(TarEntry<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let damaged = |error| Failure::File(archive.into(), error);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = Supervised::start(command)?;
    let files = child.child().stdout.take().ok_or(Failure::Step("reading an archive"))?;
    let mut files = tar::Archive::new(files);
    files.set_preserve_mtime(false);
    for file in files.entries().map_err(damaged)? {
        if interrupt::requested() {
            return Err(Failure::Interrupted);
        }
        take(file.map_err(damaged)?)?;
    }
    // Whatever pads the end, so that the child does not fail to write it.
    io::copy(&mut files.into_inner(), &mut io::sink()).map_err(damaged)?;
    match child.wait(LIMIT).map_err(damaged)? {
        Waited::Ended(status) if status.success() => Ok(()),
        Waited::Interrupted => Err(Failure::Interrupted),
        Waited::TimeUp => Err(Failure::TooLong(program, LIMIT)),
        Waited::Ended(_) => Err(damaged(io::Error::other("the archive is damaged; remove it and try again"))),
    }
}
