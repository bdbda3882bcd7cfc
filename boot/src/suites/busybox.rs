//! Busybox's own tests, which Debian's source package has, run by the guest's busybox: its script `runtest`, for one command at a time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::program::{Asked, FOLDER, Program, Ready, Suite};
use crate::failure::Failure;
use crate::initramfs::Addition;
use crate::provision::Need;
use crate::{busybox, debian_source};

/// How the paths of its programs begin.
pub(super) const BEGIN: &str = "busybox/";
/// Where the tests are in the source.
const TESTS: &str = "testsuite";
/// What Debian's busybox is built with, in Debian's part.
const CONFIGURATION: &str = "config/pkg/static";
/// Text is of more than ASCII.
const LANGUAGE: &str = "LANG=C.UTF-8";
/// How long the tests of one command may take, in seconds.
const LIMIT: u32 = 120;
/// Tests of no command, and those that ask the internet for pages.
const LEFT_OUT: [&str; 2] = ["all_sourcecode", "wget"];

/// The suite.
pub(super) const SUITE: Suite =
    Suite { needs: &[Need::BusyboxSource], is_asked: |asked| asked.may_begin(BEGIN), make };

/// Unpacks the tests.
fn make(asked: Asked<'_>, target: &Path) -> Result<Ready, Failure> {
    let missing = |need: Need| need.missing("it was there a moment ago");
    let source = Need::BusyboxSource.source().ok_or_else(|| missing(Need::BusyboxSource))?;
    let binary = busybox::path().ok_or_else(|| missing(Need::Busybox))?;
    let folder = target.join(format!("busybox-{}", source.version));
    debian_source::unpack_by_busybox(&source.original, &[TESTS], &folder)?;
    debian_source::unpack_by_busybox(&source.packaging, &[CONFIGURATION], &folder)?;
    let tests = folder.join(TESTS);
    let files = files_below(&tests)?;
    let guest = |inside: &str| format!("{FOLDER}/{BEGIN}{inside}");
    let mut ready = Ready { version: format!("busybox {}", source.version), ..Ready::default() };
    ready.additions.push(Addition { host: binary, guest: guest("busybox") });
    ready.additions.push(Addition { host: folder.join(CONFIGURATION), guest: guest(".config") });
    let commands: BTreeSet<_> = files.iter().filter_map(|file| command(file)).collect();
    for file in &files {
        ready.additions.push(Addition { host: tests.join(file), guest: guest(&format!("{TESTS}/{file}")) });
    }
    let asked_for = commands.iter().filter(|name| asked.is(&format!("{BEGIN}{name}")));
    ready.programs = asked_for
        .map(|name| Program {
            path: format!("{BEGIN}{name}"),
            before: format!("cd /{FOLDER}/{BEGIN}{TESTS}"),
            command: format!("env {LANGUAGE} sh ./runtest {name}"),
            limit: LIMIT,
        })
        .collect();
    Ok(ready)
}

/// The command that a file of the tests is about: `NAME.tests`, or one of a folder of its name.
fn command(file: &str) -> Option<&str> {
    let name = file.strip_suffix(".tests").or_else(|| file.split_once('/').map(|(name, _)| name))?;
    (!LEFT_OUT.contains(&name)).then_some(name)
}

/// The files of a folder and of those in it, by their paths below it, in order.
fn files_below(folder: &Path) -> Result<Vec<String>, Failure> {
    let (mut files, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(inside) = folders.pop() {
        let place = folder.join(&inside);
        let failed = |error| Failure::File(place.clone(), error);
        for entry in fs::read_dir(&place).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = inside.join(entry.file_name());
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(path);
            } else {
                files.extend(path.to_str().map(str::to_owned));
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{command, files_below};

    #[test]
    fn commands_are_known_by_their_tests() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("cp")).unwrap();
        for file in ["runtest", "awk.tests", "cp/cp-a", "all_sourcecode.tests"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let files = files_below(folder.path()).unwrap();
        assert_eq!(files, ["all_sourcecode.tests", "awk.tests", "cp/cp-a", "runtest"]);
        assert_eq!(files.iter().filter_map(|file| command(file)).collect::<Vec<_>>(), ["awk", "cp"]);
    }
}
