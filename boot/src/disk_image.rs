//! The UEFI disk image: loader, kernel and ramdisk, for a real machine or for QEMU with UEFI firmware.
//!
//! It is written by a program of its own, `boot/image-maker`, since the loader's crate needs unstable flags and two
//! minutes to build. That happens when the first image is asked for, with the compiler that builds the kernel and a
//! target directory of its own.

use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::failure::Failure;
use crate::interrupt;
use crate::process::{Supervised, Waited};
use crate::provision::{self, Need};
use crate::report;
use crate::toolchain::Toolchain;
use crate::workspace;

/// How long building the maker may take.
const BUILD_LIMIT: Duration = Duration::from_mins(30);
/// How long writing an image may take.
const WRITE_LIMIT: Duration = Duration::from_mins(2);

/// Builds the maker if needed, and gives its path.
fn maker() -> Result<PathBuf, Failure> {
    provision::provide_for_image()?;
    let toolchain =
        Toolchain::find_with_source().ok_or_else(|| Need::Source.missing("it was there a moment ago"))?;
    let root = workspace::root()?;
    let target = workspace::kernel_target(&root).join("image-maker");
    let maker = target.join("release/image-maker");
    let mut command = toolchain.command();
    command.current_dir(root.join("boot/image-maker"));
    command.args(["build", "--locked", "--release", "--target-dir"]).arg(&target);
    // The loader's build script builds `core` for its own target, whatever the kernel's needs.
    command.env("RUSTC_BOOTSTRAP", "1");
    if let Some(linker) = toolchain.uefi_linker() {
        command.env("CARGO_TARGET_X86_64_UNKNOWN_UEFI_LINKER", linker);
    }
    if !stderr().is_terminal() {
        command.arg("--quiet");
    }
    if !maker.is_file() {
        report::progress("building the UEFI loader (once, about two minutes)");
    }
    run(command, BUILD_LIMIT, "building the UEFI loader")?;
    Ok(maker)
}

/// Runs a program to its end.
fn run(mut command: Command, limit: Duration, what: &'static str) -> Result<(), Failure> {
    let program = PathBuf::from(command.get_program());
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let waited =
        Supervised::start(&mut command)?.wait(limit).map_err(|error| Failure::Program(program, error))?;
    match waited {
        _ if interrupt::requested() => Err(Failure::Interrupted),
        Waited::Ended(status) if status.success() => Ok(()),
        Waited::Ended(_) => Err(Failure::Step(what)),
        Waited::TimeUp | Waited::Interrupted => Err(Failure::TooLong(what, limit)),
    }
}

/// Writes an image with `kernel` and `ramdisk` to `out`.
///
/// # Errors
///
/// [`Failure`]: something is missing, the loader does not build, or the file cannot be written.
pub fn write(kernel: &Path, ramdisk: &Path, out: &Path) -> Result<(), Failure> {
    let mut command = Command::new(maker()?);
    command.arg(kernel).arg(ramdisk).arg(out);
    run(command, WRITE_LIMIT, "writing the disk image")
}
