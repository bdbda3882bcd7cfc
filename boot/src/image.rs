//! Building the kernel's image.
//!
//! Cargo decides whether anything has to be built; asking it takes a fraction of a second.

use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::failure::Failure;
use crate::interrupt;
use crate::process::{Supervised, Waited};
use crate::provision;
use crate::report;
use crate::toolchain::{Lacking, TARGET, Toolchain};
use crate::workspace;

/// The profile of the root manifest that the image is built with.
const PROFILE: &str = "kernel";

/// How long building may take: minutes on a slow machine, and as long again for another build to end first.
const LIMIT: Duration = Duration::from_mins(30);

/// Whether acquisitions are checked at run time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Checking {
    /// They are; and control-T shows what every thread holds
    On,
    /// The types alone decide
    #[default]
    Off,
}

impl Checking {
    /// Builds the kernel that checks, or the one that does not.
    ///
    /// # Errors
    ///
    /// As [`build`].
    pub fn build(self) -> Result<PathBuf, Failure> {
        match self {
            Self::On => build_checked(),
            Self::Off => build(),
        }
    }
}

/// Builds the kernel if needed, installing what is missing first, and gives the image's path.
///
/// # Errors
///
/// [`Failure`]: something is missing, or the kernel does not compile.
pub fn build() -> Result<PathBuf, Failure> {
    let root = workspace::root()?;
    let target = workspace::kernel_target(&root);
    build_in(&root, &target, false)
}

/// Builds the kernel that has every acquisition checked at run time.
///
/// # Errors
///
/// As [`build`].
pub fn build_checked() -> Result<PathBuf, Failure> {
    let root = workspace::root()?;
    let target = workspace::kernel_target(&root).join("checked");
    build_in(&root, &target, true)
}

/// Builds the kernel of the workspace at `root`, with its own `target` directory, checked at run time or not.
///
/// # Errors
///
/// As [`build`].
pub fn build_in(root: &Path, target: &Path, checked: bool) -> Result<PathBuf, Failure> {
    provision::provide()?;
    let toolchain = Toolchain::find().map_err(|lacking| {
        let need = match lacking {
            Lacking::Compiler => provision::Need::Compiler,
            Lacking::Linker => provision::Need::Linker,
        };
        need.missing("it was there a moment ago")
    })?;
    let image = target.join(TARGET).join(PROFILE).join("kernel");
    let mut command = toolchain.command();
    command.current_dir(root);
    command.args(["build", "--locked", "--package", "kernel", "--bin", "kernel", "--profile", PROFILE]);
    command.args(["--target", TARGET, "--target-dir"]).arg(target);
    command.args(toolchain.standard_arguments());
    if checked {
        command.args(["--features", "checker"]);
    }
    // On a terminal cargo shows its own progress; elsewhere one line says what takes long.
    if !stderr().is_terminal() {
        command.arg("--quiet");
    }
    if !image.is_file() {
        report::progress("building the kernel (the first time takes about half a minute)");
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let failed = |error| Failure::Program(toolchain.cargo.clone(), error);
    match Supervised::start(&mut command)?.wait(LIMIT).map_err(failed)? {
        // Cargo hears of an interrupt from the keyboard too, and may be the first to end.
        _ if interrupt::requested() => Err(Failure::Interrupted),
        Waited::Ended(status) if status.success() => Ok(image),
        Waited::Ended(_) => Err(Failure::Build),
        Waited::TimeUp | Waited::Interrupted => Err(Failure::TooLong("building the kernel", LIMIT)),
    }
}
