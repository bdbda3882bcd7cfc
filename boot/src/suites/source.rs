//! The source of Linux's tests: what is unpacked of its archive, and compiling.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::list::Program;
use crate::failure::Failure;
use crate::linux_tests;
use crate::private_tools;
use crate::process::{self, Said};
use crate::provision::Need;
use crate::toolchain::on_path;
use crate::{report, tar_stream};

/// How long compiling one program may take.
const LIMIT: Duration = Duration::from_mins(2);
/// What of the source the tests are compiled of.
const PARTS: [&str; 3] = ["tools/testing/selftests/", "tools/include/", "include/uapi/"];
/// Where the tests are, below the source's folder.
const TESTS: &str = "tools/testing/selftests";
/// Where headers are besides, below the folder of tests.
const HEADERS: [&str; 4] = [".", "..", "futex/include", "futex/functional"];

/// Unpacks the tests below `folder`, where they are not there yet; gives their folder.
pub(super) fn unpack(archive: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let tests = folder.join(TESTS);
    let there = folder.join("there");
    if there.is_file() {
        return Ok(tests);
    }
    report::progress("unpacking the tests of Linux");
    let missing = || Need::LinuxTests.missing("it was there a moment ago");
    let mut command = private_tools::command(&linux_tests::xz().ok_or_else(missing)?);
    command.arg("-dc").arg(archive);
    tar_stream::each_entry("xz", &mut command, archive, |mut file| {
        unpack_part(&mut file, folder).map_err(|error| Failure::File(archive.to_path_buf(), error))
    })?;
    File::create(&there).map_err(|error| Failure::File(there, error))?;
    Ok(tests)
}

/// Unpacks a file of the archive if it is needed, without the archive's own folder.
fn unpack_part<R: Read>(file: &mut tar::Entry<'_, R>, folder: &Path) -> io::Result<()> {
    let inside: PathBuf = file.path()?.iter().skip(1).collect();
    let is_link = file.header().entry_type().is_symlink() || file.header().entry_type().is_hard_link();
    if is_link || !PARTS.iter().any(|part| inside.starts_with(part)) {
        return Ok(());
    }
    let place = folder.join(&inside);
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    file.unpack(&place).map(drop)
}

/// Compiles a program as `out`, where it is not there yet; says whether that worked.
pub(super) fn compile(program: &Program, tests: &Path, out: &Path) -> Result<bool, Failure> {
    if out.is_file() {
        return Ok(true);
    }
    let cc = on_path(&["cc"]).ok_or(Failure::Step("looking for a C compiler"))?;
    let source = tests.join(format!("{}.c", program.path));
    let mut command = Command::new(&cc);
    command.args(["-static", "-w", "-O2", "-D_GNU_SOURCE"]);
    command.args(HEADERS.iter().map(|folder| format!("-I{}", tests.join(folder).display())));
    command.arg("-o").arg(out).arg(&source).args(program.with.iter().map(|file| tests.join(file)));
    command.args(["-lpthread", "-lrt"]);
    Ok(matches!(process::run_and_read("cc", &mut command, LIMIT, || ())?, Said::Well(_)))
}

#[cfg(test)]
mod tests {
    use super::unpack_part;

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
            unpack_part(&mut file.unwrap(), folder.path()).unwrap();
        }
        assert!(folder.path().join("tools/testing/selftests/a/b.c").is_file());
        assert!(!folder.path().join("kernel").exists());
    }
}
