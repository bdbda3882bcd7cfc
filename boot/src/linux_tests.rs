//! The source of Linux with its own tests, as Debian packages it: where its archive is, and what unpacks that.
//!
//! What the system has is used, else what has been fetched.

use std::fs;
use std::path::{Path, PathBuf};

use crate::private_tools;
use crate::toolchain::on_path;

/// Debian's packages: the source, and what its archive is unpacked with.
pub(crate) const PACKAGES: [&str; 2] = ["linux-source", "xz-utils"];
/// Where packages have the source.
const FOLDER: &str = "usr/src";

/// The archive of the source; `None` where it is missing.
pub(crate) fn archive() -> Option<PathBuf> {
    let folders = [Some(Path::new("/").join(FOLDER)), private_tools::folder_of(FOLDER, &PACKAGES)];
    folders.into_iter().flatten().find_map(|folder| {
        let files = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
        files.filter(|path| version(path).is_some()).max()
    })
}

/// The version of Linux that an archive is named after.
pub(crate) fn version(archive: &Path) -> Option<&str> {
    archive.file_name()?.to_str()?.strip_prefix("linux-source-")?.strip_suffix(".tar.xz")
}

/// The program that unpacks it; `None` where it is missing.
pub(crate) fn xz() -> Option<PathBuf> {
    on_path(&["xz"]).or_else(|| private_tools::program("xz", &PACKAGES))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::version;

    #[test]
    fn an_archive_is_named_after_its_version() {
        assert_eq!(version(Path::new("/usr/src/linux-source-6.1.tar.xz")), Some("6.1"));
        assert_eq!(version(Path::new("/usr/src/linux-patch-6.1-rt.patch.xz")), None);
    }
}
