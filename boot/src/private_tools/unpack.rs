//! Unpacking archives into a folder, without what no run needs: documentation, manuals, translations.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use crate::failure::Failure;
use crate::process::{Supervised, Waited};
use crate::{interrupt, report};

/// How long unpacking one archive may take.
const LIMIT: Duration = Duration::from_mins(10);

/// What is left out.
const LEFT_OUT: [&str; 8] = [
    "usr/share/doc/",
    "usr/share/man/",
    "usr/share/locale/",
    "usr/share/info/",
    "usr/share/lintian/",
    "usr/share/icons/",
    "usr/share/bash-completion/",
    "usr/share/qemu/keymaps/",
];

/// Unpacks archives into `prefix`.
pub(super) fn all(archives: &[PathBuf], prefix: &Path) -> Result<(), Failure> {
    fs::create_dir_all(prefix).map_err(|error| Failure::File(prefix.into(), error))?;
    let mut last = Instant::now();
    for (done, archive) in archives.iter().enumerate() {
        if interrupt::requested() {
            return Err(Failure::Interrupted);
        }
        if report::changes_lines() || last.elapsed() > Duration::from_secs(15) {
            last = Instant::now();
            report::step(&format!("unpacking {} of {} packages", done + 1, archives.len()));
        }
        one(archive, prefix)?;
    }
    Ok(())
}

/// Unpacks one archive.
fn one(archive: &Path, prefix: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::File(archive.into(), error);
    let mut command = Command::new("dpkg-deb");
    command.arg("--fsys-tarfile").arg(archive).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(Stdio::null()).env_remove("LD_LIBRARY_PATH");
    let mut child = Supervised::start(&mut command)?;
    let files = child.child().stdout.take().ok_or(Failure::Step("reading a package"))?;
    let mut files = tar::Archive::new(files);
    files.set_preserve_mtime(false);
    for file in files.entries().map_err(failed)? {
        let mut file = file.map_err(failed)?;
        let path = file.path().map_err(failed)?.to_string_lossy().trim_start_matches("./").to_owned();
        if !LEFT_OUT.iter().any(|left_out| path.starts_with(left_out)) {
            file.unpack_in(prefix).map_err(failed)?;
        }
    }
    // Whatever pads the end, so that the child does not fail to write it.
    io::copy(&mut files.into_inner().by_ref(), &mut io::sink()).map_err(failed)?;
    match child.wait(LIMIT).map_err(failed)? {
        Waited::Ended(status) if status.success() => Ok(()),
        Waited::Interrupted => Err(Failure::Interrupted),
        Waited::TimeUp => Err(Failure::TooLong("dpkg-deb", LIMIT)),
        Waited::Ended(_) => Err(failed(io::Error::other("the archive is damaged; remove it and try again"))),
    }
}
