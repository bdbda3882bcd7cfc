//! What the kernel needs of this machine, and installing what is missing.
//!
//! On a Debian-like machine as root, `run` and the tests install it by themselves with `apt-get`. Elsewhere
//! they stop with the command to type. When everything is there, nothing is run to find that out but a look
//! at the search path and the compilers' own words.

use std::env;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::report;
use crate::toolchain::{Lacking, Toolchain, on_path};

/// Set to `never`, nothing is installed.
pub const POLICY: &str = "LOCKORDER_PROVISION";
/// Names the QEMU to run.
pub const QEMU_OVERRIDE: &str = "LOCKORDER_QEMU";

/// Something the machine must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The emulator.
    Qemu,
    /// A compiler with `core` and `alloc` for the bare machine, or their source.
    Compiler,
    /// A linker for ELF images.
    Linker,
}

impl Need {
    /// Everything.
    pub const ALL: [Self; 3] = [Self::Qemu, Self::Compiler, Self::Linker];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Qemu => "QEMU (qemu-system-x86_64)",
            Self::Compiler => "a Rust compiler for the bare machine (1.95 or newer)",
            Self::Linker => "a linker (lld)",
        }
    }

    /// The Debian packages that have it.
    #[must_use]
    pub const fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Qemu => &["qemu-system-x86"],
            Self::Compiler => &["rustc-web", "cargo-web", "rust-web-src"],
            Self::Linker => &["lld"],
        }
    }

    /// The command that installs it.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::Qemu => "apt-get install qemu-system-x86",
            Self::Compiler => {
                "rustup target add x86_64-unknown-none, or on Debian: apt-get install rustc-web cargo-web rust-web-src"
            }
            Self::Linker => "apt-get install lld",
        }
    }

    /// What was found of it, or `None`.
    #[must_use]
    pub fn found(self) -> Option<String> {
        match self {
            Self::Qemu => {
                let qemu = qemu()?;
                let output = Command::new(&qemu).arg("--version").stdin(Stdio::null()).output().ok()?;
                let version = String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned();
                Some(format!("{version}, {}", qemu.display()))
            }
            Self::Compiler => match Toolchain::find() {
                Ok(toolchain) => Some(format!("{}, {}", toolchain.version, toolchain.rustc.display())),
                Err(Lacking::Linker) => Some("there, but without a linker".to_owned()),
                Err(Lacking::Compiler) => None,
            },
            Self::Linker => match Toolchain::find() {
                Ok(Toolchain { linker: Some(linker), .. }) => Some(linker.display().to_string()),
                Ok(Toolchain { linker: None, .. }) => Some("the compiler brings its own".to_owned()),
                Err(_) => None,
            },
        }
    }
}

/// The emulator's path.
#[must_use]
pub fn qemu() -> Option<PathBuf> {
    match env::var_os(QEMU_OVERRIDE) {
        Some(only) => Some(PathBuf::from(only)).filter(|file| file.is_file()),
        None => on_path(&["qemu-system-x86_64"]),
    }
}

/// What is missing.
fn missing() -> Vec<Need> {
    let mut missing = Vec::new();
    if qemu().is_none() {
        missing.push(Need::Qemu);
    }
    match Toolchain::find() {
        Ok(_) => {}
        Err(Lacking::Compiler) => missing.push(Need::Compiler),
        Err(Lacking::Linker) => missing.push(Need::Linker),
    }
    missing
}

/// Why nothing can be installed here, if so.
fn obstacle() -> Option<&'static str> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if env::var(POLICY).as_deref() == Ok("never") {
        Some("installing is switched off")
    } else if on_path(&["apt-get"]).is_none() {
        Some("this is not a Debian machine")
    } else if !is_root {
        Some("only root can install it")
    } else {
        None
    }
}

/// Makes sure that everything is there, installing what is missing where that is possible.
///
/// # Errors
///
/// [`Failure::Missing`] with the command to type, or [`Failure::Installation`].
pub fn provide() -> Result<(), Failure> {
    // What is missing can change once something is installed: a compiler may then lack a linker.
    for _ in 0..Need::ALL.len() {
        let missing = missing();
        let Some(&first) = missing.first() else { return Ok(()) };
        if let Some(why) = obstacle() {
            return Err(Failure::Missing(first, why));
        }
        install(&missing.iter().flat_map(|need| need.packages()).copied().collect::<Vec<_>>())?;
    }
    match missing().first() {
        None => Ok(()),
        Some(&need) => Err(Failure::Missing(need, "installing its packages did not help")),
    }
}

/// Runs `apt-get`, quietly; its last words if it fails.
fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env_remove("LD_LIBRARY_PATH")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(words.lines().last().unwrap_or("no message").to_owned())
}

/// Installs packages, with fresh lists if the old ones do not know them.
fn install(packages: &[&'static str]) -> Result<(), Failure> {
    report::progress(&format!("installing {} (once)", packages.join(" ")));
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(packages);
    if apt_get(&arguments).is_ok() {
        return Ok(());
    }
    let failed = |line| Failure::Installation(packages.to_vec(), line);
    apt_get(&["update"]).map_err(failed)?;
    apt_get(&arguments).map_err(failed)
}
