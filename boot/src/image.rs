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

/// The profiles of the root manifest that the image is built with.
const PROFILE: &str = "kernel";
const WITHOUT_ASSERTIONS: &str = "kernel-release";

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

/// Whether the kernel checks itself: its assertions for debugging, and that sums do not overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Assertions {
    /// It does, and panics where something is wrong
    #[default]
    On,
    /// It does not: the fastest image
    Off,
}

/// Which kernel is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variant {
    /// Whether acquisitions are checked at run time.
    pub checking: Checking,
    /// Whether the kernel checks itself.
    pub assertions: Assertions,
}

impl Variant {
    /// The usual kernel, with acquisitions checked at run time.
    pub const CHECKED: Self = Self { checking: Checking::On, assertions: Assertions::On };

    /// Builds it if needed, installing what is missing first, and gives the image's path.
    ///
    /// # Errors
    ///
    /// [`Failure`]: something is missing, or the kernel does not compile.
    pub fn build(self) -> Result<PathBuf, Failure> {
        let root = workspace::root()?;
        let target = workspace::kernel_target(&root);
        match self.checking {
            Checking::On => build_in(&root, &target.join("checked"), self),
            Checking::Off => build_in(&root, &target, self),
        }
    }
}

/// Builds a kernel of the workspace at `root`, with its own `target` directory.
///
/// # Errors
///
/// As [`Variant::build`].
pub fn build_in(root: &Path, target: &Path, variant: Variant) -> Result<PathBuf, Failure> {
    provision::provide()?;
    let toolchain = Toolchain::find().map_err(|lacking| {
        let need = match lacking {
            Lacking::Compiler => provision::Need::Compiler,
            Lacking::Linker => provision::Need::Linker,
        };
        need.missing("it was there a moment ago")
    })?;
    let profile = match variant.assertions {
        Assertions::On => PROFILE,
        Assertions::Off => WITHOUT_ASSERTIONS,
    };
    let image = target.join(TARGET).join(profile).join("kernel");
    let mut command = toolchain.command();
    command.current_dir(root);
    command.args(["build", "--locked", "--package", "kernel", "--bin", "kernel", "--profile", profile]);
    command.args(["--target", TARGET, "--target-dir"]).arg(target);
    command.args(toolchain.standard_arguments());
    if variant.checking == Checking::On {
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
