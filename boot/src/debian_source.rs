//! Debian's source packages of programs whose tests are run here: where their files are, and what unpacks them.
//!
//! A folder that [`OVERRIDE`] names is used, else what has been fetched. The decompressor is busybox, which every guest needs anyway.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::{busybox, private_tools, report, tar_stream};

/// Names a folder with the files of source packages.
pub(crate) const OVERRIDE: &str = "LOCKORDER_SOURCES";
/// The commands of busybox that decompress, by the ends of names.
const DECOMPRESSORS: [(&str, &str); 3] = [(".bz2", "bzcat"), (".gz", "zcat"), (".xz", "xzcat")];

/// The files of a source package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DebianSource {
    /// The version, as those who wrote the program count.
    pub(crate) version: String,
    /// The archive of the program's source.
    pub(crate) original: PathBuf,
    /// The archive of what Debian adds.
    pub(crate) packaging: PathBuf,
}

impl DebianSource {
    /// The source package of a name; `None` where it is missing.
    pub(crate) fn find(package: &str) -> Option<Self> {
        let named = env::var_os(OVERRIDE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let folder = named.or_else(|| private_tools::source(package))?;
        Self::among(package, fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()))
    }

    /// The newest of a name among files.
    fn among(package: &str, files: impl Iterator<Item = PathBuf>) -> Option<Self> {
        let files: Vec<_> = files.collect();
        let versions = |part: &str| {
            let found = files.iter().filter_map(|path| {
                let name = path.file_name()?.to_str()?.strip_prefix(package)?.strip_prefix('_')?;
                let (version, end) = name.split_once(part)?;
                DECOMPRESSORS
                    .iter()
                    .any(|(known, _)| *known == end)
                    .then(|| (version.to_owned(), path.clone()))
            });
            found.max()
        };
        let (version, original) = versions(".orig.tar")?;
        Some(Self { version, original, packaging: versions(".debian.tar")?.1 })
    }
}

/// Unpacks of an archive what is in `parts`, below `folder` and without the archive's own folder, where it is not there yet.
/// `program` is what people know the decompressor by, and `command` runs it.
///
/// # Errors
///
/// As [`tar_stream::each_entry`], and [`Failure::File`] where a file cannot be written.
pub(crate) fn unpack(
    program: &'static str,
    command: &mut Command,
    archive: &Path,
    parts: &[&str],
    folder: &Path,
) -> Result<(), Failure> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let there = folder.join(format!("there-{name}"));
    if there.is_file() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| Failure::File(folder.into(), error))?;
    report::progress(&format!("unpacking {name}"));
    tar_stream::each_entry(program, command, archive, |mut file| {
        unpack_part(&mut file, parts, folder).map_err(|error| Failure::File(archive.to_path_buf(), error))
    })?;
    File::create(&there).map(drop).map_err(|error| Failure::File(there, error))
}

/// The same of a source package's archive, by busybox.
///
/// # Errors
///
/// As [`unpack`].
pub(crate) fn unpack_by_busybox(archive: &Path, parts: &[&str], folder: &Path) -> Result<(), Failure> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let applet =
        DECOMPRESSORS.iter().find(|(end, _)| name.ends_with(end)).map_or("cat", |(_, applet)| applet);
    let busybox = busybox::path().ok_or(Failure::Step("looking for a busybox"))?;
    let mut command = Command::new(busybox);
    unpack("busybox", command.arg(applet).arg(archive), archive, parts, folder)
}

/// Unpacks a file of an archive if it is in one of `parts`.
fn unpack_part<R: Read>(file: &mut tar::Entry<'_, R>, parts: &[&str], folder: &Path) -> io::Result<()> {
    let inside: PathBuf = file.path()?.iter().skip(1).collect();
    let is_link = file.header().entry_type().is_symlink() || file.header().entry_type().is_hard_link();
    if is_link || !parts.iter().any(|part| inside.starts_with(part)) {
        return Ok(());
    }
    let place = folder.join(&inside);
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    file.unpack(&place).map(drop)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{DebianSource, unpack_part};

    #[test]
    fn the_files_of_a_package_are_known_by_their_names() {
        let files = [
            "x_1.2-3.dsc",
            "x_1.2.orig.tar.bz2",
            "x_1.2-3.debian.tar.xz",
            "x_1.2.orig-www.tar.xz",
            "xy_2.orig.tar.xz",
        ];
        let among = |package| DebianSource::among(package, files.iter().map(PathBuf::from));
        let found = among("x").unwrap();
        assert_eq!((found.version.as_str(), found.original.to_str()), ("1.2", Some("x_1.2.orig.tar.bz2")));
        assert_eq!(found.packaging.to_str(), Some("x_1.2-3.debian.tar.xz"));
        assert_eq!(among("xy"), None, "half of it");
    }

    #[test]
    fn only_what_is_needed_is_unpacked() {
        let mut archive = tar::Builder::new(Vec::new());
        for path in ["linux-1/tools/testing/selftests/a/b.c", "linux-1/kernel/fork.c"] {
            let mut header = tar::Header::new_gnu();
            header.set_size(4);
            header.set_mode(0o644);
            header.set_cksum();
            archive.append_data(&mut header, path, &b"text"[..]).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let bytes = archive.into_inner().unwrap();
        for file in tar::Archive::new(&bytes[..]).entries().unwrap() {
            unpack_part(&mut file.unwrap(), &["tools/testing/selftests"], folder.path()).unwrap();
        }
        assert!(folder.path().join("tools/testing/selftests/a/b.c").is_file());
        assert!(!folder.path().join("kernel").exists());
    }
}
