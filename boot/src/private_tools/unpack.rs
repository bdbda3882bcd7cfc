//! Unpacking archives into a folder, without what no run needs: documentation, manuals, translations, modules of Linux.

use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io};

use crate::failure::Failure;
use crate::tar_stream::{self, TarEntry};
use crate::{interrupt, report};

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

/// Calls `take` with each file of a package and its path, which has no `./` before it; not with what is left out.
pub(crate) fn each(
    package: &Path,
    mut take: impl FnMut(&str, TarEntry<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut command = Command::new("dpkg-deb");
    command.arg("--fsys-tarfile").arg(package).env_remove("LD_LIBRARY_PATH");
    tar_stream::each_entry("dpkg-deb", &mut command, package, |file| {
        let path = file.path().map_err(|error| Failure::File(package.into(), error))?;
        let path = path.to_string_lossy().trim_start_matches("./").to_owned();
        if LEFT_OUT.iter().any(|left_out| path.starts_with(left_out)) { Ok(()) } else { take(&path, file) }
    })
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
