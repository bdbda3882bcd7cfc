//! The program that makes filesystems: where it is, and its version. The system's mke2fs is used where there is one, else the one
//! among [`private_tools`].

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::{private_tools, toolchain};

/// The program.
const NAME: &str = "mke2fs";
/// Debian's package that has it.
const PACKAGE: &str = "e2fsprogs";

/// Where mke2fs is. Systems keep it where users do not look.
pub(crate) fn mke2fs() -> Option<PathBuf> {
    let usual = ["/usr/sbin", "/sbin"].map(|folder| Path::new(folder).join(NAME));
    toolchain::on_path(&[NAME])
        .or_else(|| usual.into_iter().find(|file| file.is_file()))
        .or_else(|| private_tools::program(NAME, &[PACKAGE]))
}

/// What mke2fs says of itself.
pub(crate) fn version(mke2fs: &Path) -> Option<String> {
    // It says so where errors go.
    let output = private_tools::command(mke2fs).arg("-V").stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().next().map(|line| format!("{line}, {}", mke2fs.display()))
}
