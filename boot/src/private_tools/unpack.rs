//! Unpacking archives into a folder, without what no run needs: documentation, manuals, translations, modules of Linux.

use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use crate::failure::Failure;
use crate::process::{Supervised, Waited};
use crate::{interrupt, report};

/// How long unpacking one archive may take.
const LIMIT: Duration = Duration::from_mins(10);

/// How often progress is said where nobody sees a line change.
const PROGRESS: Duration = Duration::from_secs(15);

/// What is left out.
const LEFT_OUT: [&str; 10] = [
    "usr/share/doc/",
    "usr/share/man/",
    "usr/share/locale/",
    "usr/share/info/",
    "usr/share/lintian/",
    "usr/share/icons/",
    "usr/share/bash-completion/",
    "usr/share/qemu/keymaps/",
    "lib/modules/",
    "usr/lib/modules/",
];

/// Unpacks archives into `prefix`. What an interrupted run has left there is replaced.
pub(super) fn all(archives: &[PathBuf], prefix: &Path) -> Result<(), Failure> {
    fs::create_dir_all(prefix).map_err(|error| Failure::Tools(prefix.into(), error))?;
    let sizes: Vec<u64> =
        archives.iter().map(|archive| fs::metadata(archive).map_or(0, |file| file.len())).collect();
    let total = sizes.iter().sum::<u64>();
    let (mut done, mut last) = (0, Instant::now());
    for (archive, size) in archives.iter().zip(sizes) {
        if interrupt::requested() {
            return Err(Failure::Interrupted);
        }
        if report::changes_lines() || last.elapsed() > PROGRESS {
            last = Instant::now();
            report::step(&format!("unpacked {} of {} MB", done / 1_000_000, total / 1_000_000));
        }
        one(archive, prefix)?;
        done += size;
    }
    Ok(())
}

/// Unpacks one archive.
fn one(archive: &Path, prefix: &Path) -> Result<(), Failure> {
    each(archive, |path, mut file| {
        let place = prefix.join(path);
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if inside && file.header().entry_type().is_hard_link() {
            // It would not be replaced. Usually there is none.
            let _ = fs::remove_file(&place);
        }
        file.unpack_in(prefix).map(drop).map_err(|error| Failure::Tools(place, reason(error)))
    })
}

/// A file of an archive.
pub(crate) type PackagedFile<'a> = tar::Entry<'a, ChildStdout>;

/// Calls `take` with each file of an archive and its path, which has no `./` before it; not with what is left out.
pub(crate) fn each(
    archive: &Path,
    mut take: impl FnMut(&str, PackagedFile<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let damaged = |error| Failure::File(archive.into(), error);
    let mut command = Command::new("dpkg-deb");
    command.arg("--fsys-tarfile").arg(archive).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(Stdio::null()).env_remove("LD_LIBRARY_PATH");
    let mut child = Supervised::start(&mut command)?;
    let files = child.child().stdout.take().ok_or(Failure::Step("reading a package"))?;
    let mut files = tar::Archive::new(files);
    files.set_preserve_mtime(false);
    for file in files.entries().map_err(damaged)? {
        let file = file.map_err(damaged)?;
        let path = file.path().map_err(damaged)?.to_string_lossy().trim_start_matches("./").to_owned();
        if LEFT_OUT.iter().any(|left_out| path.starts_with(left_out)) {
            continue;
        }
        take(&path, file)?;
    }
    // Whatever pads the end, so that the child does not fail to write it.
    io::copy(&mut files.into_inner().by_ref(), &mut io::sink()).map_err(damaged)?;
    match child.wait(LIMIT).map_err(damaged)? {
        Waited::Ended(status) if status.success() => Ok(()),
        Waited::Interrupted => Err(Failure::Interrupted),
        Waited::TimeUp => Err(Failure::TooLong("dpkg-deb", LIMIT)),
        Waited::Ended(_) => Err(damaged(io::Error::other("the archive is damaged; remove it and try again"))),
    }
}

/// What the system said, without the path that is told anyway.
fn reason(error: io::Error) -> io::Error {
    let mut source: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|error| error as _);
    while let Some(inner) = source {
        if let Some(code) = inner.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error) {
            return io::Error::from_raw_os_error(code);
        }
        source = inner.source();
    }
    error
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::all;

    /// A package with a file and a hard link to it.
    fn package(folder: &Path) -> std::path::PathBuf {
        let content = folder.join("content");
        fs::create_dir_all(content.join("DEBIAN")).unwrap();
        fs::create_dir_all(content.join("usr/bin")).unwrap();
        let control =
            "Package: linked\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: linked\n";
        fs::write(content.join("DEBIAN/control"), control).unwrap();
        fs::write(content.join("usr/bin/one"), "one").unwrap();
        fs::hard_link(content.join("usr/bin/one"), content.join("usr/bin/two")).unwrap();
        let archive = folder.join("linked.deb");
        let made = Command::new("dpkg-deb").arg("--build").arg(&content).arg(&archive).output().unwrap();
        assert!(made.status.success());
        archive
    }

    #[test]
    fn what_is_half_unpacked_is_unpacked_again() {
        if crate::toolchain::on_path(&["dpkg-deb"]).is_none() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (archive, prefix) = (package(folder.path()), folder.path().join("root"));
        for _ in 0..2 {
            all(std::slice::from_ref(&archive), &prefix).unwrap();
            assert_eq!(fs::read_to_string(prefix.join("usr/bin/two")).unwrap(), "one");
            fs::write(prefix.join("usr/bin/one"), "o").unwrap();
        }
    }

    #[test]
    fn a_damaged_archive_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("damaged.deb");
        fs::write(&archive, "no archive").unwrap();
        let failure = all(&[archive], &folder.path().join("root")).unwrap_err();
        assert!(failure.to_string().contains("damaged.deb"), "{failure}");
    }
}
