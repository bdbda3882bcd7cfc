//! The guest's own programs: crates below `tests/guest`, built for Linux and linked statically, for the guest has no libraries.
//!
//! Cargo decides whether anything has to be built. They have a target directory of their own, as the kernel does, and are built
//! by the same compiler as this program: it is one for Linux on x86-64, or there are none.

use std::env;
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use crate::failure::Failure;
use crate::process::{Supervised, Waited};
use crate::provision::{self, Need};
use crate::toolchain::{self, on_path};
use crate::{interrupt, report, workspace};

/// Where the guest has its first program.
pub const INIT: &str = "/sbin/init";

/// What they are built for.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// The profile of the root manifest that they are built with.
const PROFILE: &str = "guest";
/// How long building one may take.
const LIMIT: Duration = Duration::from_mins(30);

/// Builds `init` if needed, and gives its path.
///
/// # Errors
///
/// [`Failure::Missing`] where programs cannot be linked statically, [`Failure::Step`] where it does not build.
pub fn build_init() -> Result<PathBuf, Failure> {
    // Cargo is asked once, not for every boot.
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    if let Some(built) = BUILT.get() {
        return Ok(built.clone());
    }
    let built = build("guest-init", "building the guest's init")?;
    Ok(BUILT.get_or_init(|| built).clone())
}

/// Builds the program of a package if needed, and gives its path. `what` is what people are told of it.
///
/// # Errors
///
/// As [`build_init`].
pub fn build(package: &str, what: &'static str) -> Result<PathBuf, Failure> {
    provision::provide_all(&[Need::StaticLibrary])?;
    let root = workspace::root()?;
    let target = workspace::guest_target(&root);
    let program = target.join(TARGET).join(PROFILE).join(package);
    let cargo = env::var_os("CARGO").map(PathBuf::from).or_else(|| on_path(&["cargo"]));
    let cargo = cargo.unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    toolchain::without_outer_build(&mut command);
    command.current_dir(&root);
    command.args(["build", "--locked", "--package", package, "--profile", PROFILE]);
    command.args(["--target", TARGET, "--target-dir"]).arg(&target);
    command.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "-Ctarget-feature=+crt-static");
    if !stderr().is_terminal() {
        command.arg("--quiet");
    }
    if !program.is_file() {
        report::progress(what);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let failed = |error| Failure::Program(cargo.clone(), error);
    match Supervised::start(&mut command)?.wait(LIMIT).map_err(failed)? {
        _ if interrupt::requested() => Err(Failure::Interrupted),
        Waited::Ended(status) if status.success() => Ok(program),
        Waited::Ended(_) => Err(Failure::Step(what)),
        Waited::TimeUp | Waited::Interrupted => Err(Failure::TooLong(what, LIMIT)),
    }
}
