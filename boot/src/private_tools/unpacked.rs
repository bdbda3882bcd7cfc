//! Which packages have been unpacked here, as `dpkg` would have written it down.
//!
//! `apt-get` is told of them as installed: what one tool has brought is not fetched again with the next, and not replaced
//! while the first may be running. They are added all at once, after the last is unpacked, by renaming a file: after an
//! interruption either all are there or none.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::base;
use crate::failure::Failure;
use crate::process;

/// The file's name.
const NAME: &str = "unpacked";

/// The paragraphs; none where nothing has been unpacked yet.
pub(super) fn read(folder: &Path) -> Result<String, Failure> {
    let path = folder.join(NAME);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(|error| Failure::Tools(path, error)),
    }
}

/// Writes down that archives have been unpacked.
pub(super) fn add(folder: &Path, archives: &[PathBuf]) -> Result<(), Failure> {
    let mut added = String::new();
    for archive in archives {
        added += &paragraph(archive)?;
    }
    let text = base::without(&read(folder)?, &added) + &added;
    let (path, new) = (folder.join(NAME), folder.join(format!("{NAME}.new")));
    fs::write(&new, text).and_then(|()| fs::rename(&new, &path)).map_err(|error| Failure::Tools(path, error))
}

/// A package's paragraph, as of one that is installed.
///
/// # Errors
///
/// [`Failure::File`] for what is no package.
pub(crate) fn paragraph(package: &Path) -> Result<String, Failure> {
    let mut command = Command::new("dpkg-deb");
    command.arg("--field").arg(package).env_remove("LD_LIBRARY_PATH");
    let fields = process::inquire(&mut command)
        .ok_or_else(|| Failure::File(package.into(), std::io::Error::other("no package")))?;
    Ok(installed(&fields))
}

/// A package's fields as a paragraph of one that is installed.
fn installed(fields: &str) -> String {
    format!("{}\nStatus: install ok installed\n\n", fields.trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::{add, installed, read};

    #[test]
    fn fields_become_a_paragraph() {
        assert_eq!(
            installed("Package: x\nVersion: 1\n"),
            "Package: x\nVersion: 1\nStatus: install ok installed\n\n"
        );
    }

    #[test]
    fn nothing_is_there_at_first() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), "");
        add(folder.path(), &[]).unwrap();
        assert_eq!(read(folder.path()).unwrap(), "");
        assert!(add(folder.path(), &["/no/such/package".into()]).is_err());
    }
}
