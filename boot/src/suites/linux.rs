//! Linux's own tests: what is unpacked of its source, and compiled as static programs.

mod list;

use std::path::Path;

use list::{TESTS, Test};

use super::compiler;
use super::program::{Asked, FOLDER, LIMIT, Program, Ready, Suite};
use crate::failure::Failure;
use crate::initramfs::Addition;
use crate::provision::Need;
use crate::{debian_source, linux_tests, private_tools, report};

/// What of the source the tests are compiled of.
const PARTS: [&str; 3] = ["tools/testing/selftests/", "tools/include/", "include/uapi/"];
/// Where the tests are, below the source's folder.
const TESTS_FOLDER: &str = "tools/testing/selftests";
/// Where headers are besides, below the folder of tests.
const HEADERS: [&str; 4] = [".", "..", "futex/include", "futex/functional"];

/// The suite.
pub(super) const SUITE: Suite = Suite {
    needs: &[Need::LinuxTests],
    is_asked: |asked| TESTS.iter().any(|test| asked.is(test.path)),
    make,
};

/// Unpacks the tests and compiles those that are asked for.
fn make(asked: Asked<'_>, target: &Path) -> Result<Ready, Failure> {
    let missing = || Need::LinuxTests.missing("it was there a moment ago");
    let archive = linux_tests::archive().ok_or_else(missing)?;
    let version = linux_tests::version(&archive).unwrap_or("unknown");
    let folder = target.join(version);
    let mut command = private_tools::command(&linux_tests::xz().ok_or_else(missing)?);
    debian_source::unpack("xz", command.arg("-dc").arg(&archive), &archive, &PARTS, &folder)?;
    report::progress("compiling the tests of Linux");
    let mut ready = Ready { version: format!("Linux {version}"), ..Ready::default() };
    for test in TESTS.iter().filter(|test| asked.is(test.path)) {
        let Test { path, beside, .. } = test;
        let host = folder.join("programs").join(path);
        if !compile(test, &folder.join(TESTS_FOLDER), &host)? {
            ready.failed.push((*path).to_owned());
            continue;
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        ready.additions.push(Addition { host, guest: format!("{FOLDER}/{path}") });
        ready.programs.push(Program {
            path: (*path).to_owned(),
            before: format!("cp /{FOLDER}/{path} .\n{beside}"),
            command: format!("./{name}"),
            limit: LIMIT,
        });
    }
    Ok(ready)
}

/// Compiles a program as `out`, where it is not there yet; says whether that worked.
fn compile(test: &Test, tests: &Path, out: &Path) -> Result<bool, Failure> {
    let mut command = compiler::static_program(out)?;
    command.args(HEADERS.iter().map(|folder| format!("-I{}", tests.join(folder).display())));
    command.arg(tests.join(format!("{}.c", test.path))).args(test.with.iter().map(|file| tests.join(file)));
    compiler::run(&mut command, out)
}
