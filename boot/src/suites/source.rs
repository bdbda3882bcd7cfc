//! The source of Linux's tests: what is unpacked of its archive, and compiling.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::list::Program;
use crate::failure::Failure;
use crate::linux_tests;
use crate::private_tools;
use crate::provision::Need;
use crate::toolchain::on_path;
use crate::{interrupt, report};

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
    let failed = |error| Failure::File(archive.to_path_buf(), error);
    let missing = || Need::LinuxTests.missing("it was there a moment ago");
    let xz = linux_tests::xz().ok_or_else(missing)?;
    let mut command = private_tools::command(&xz);
    command.arg("-dc").arg(archive).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| Failure::Program(xz.clone(), error))?;
    let bytes = child.stdout.take().ok_or(Failure::Step("unpacking the tests of Linux"))?;
    let unpacked = unpack_parts(bytes, folder);
    // Whoever reads no more ends it.
    let ended = child.wait().map_err(failed)?;
    unpacked.map_err(failed)?;
    if interrupt::requested() {
        return Err(Failure::Interrupted);
    }
    if !ended.success() {
        return Err(Failure::Step("unpacking the tests of Linux"));
    }
    File::create(&there).map_err(|error| Failure::File(there, error))?;
    Ok(tests)
}

/// Unpacks the parts that are needed of an archive, without its own folder.
fn unpack_parts(bytes: impl Read, folder: &Path) -> std::io::Result<()> {
    let mut archive = tar::Archive::new(bytes);
    for file in archive.entries()? {
        let mut file = file?;
        let path = file.path()?.into_owned();
        let inside: PathBuf = path.iter().skip(1).collect();
        let is_link = file.header().entry_type().is_symlink() || file.header().entry_type().is_hard_link();
        if is_link || !PARTS.iter().any(|part| inside.starts_with(part)) {
            continue;
        }
        let place = folder.join(&inside);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        file.unpack(&place)?;
    }
    Ok(())
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
    command.args(["-lpthread", "-lrt"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().map_err(|error| Failure::Program(cc, error))?;
    if interrupt::requested() {
        return Err(Failure::Interrupted);
    }
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::unpack_parts;

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
        unpack_parts(&archive.into_inner().unwrap()[..], folder.path()).unwrap();
        assert!(folder.path().join("tools/testing/selftests/a/b.c").is_file());
        assert!(!folder.path().join("kernel").exists());
    }
}
