//! What the kernel needs of this machine, and installing what is missing.
//!
//! As root on Debian, `run` and the tests install it by themselves with `apt-get`. Elsewhere they stop with the
//! command to type. When everything is there, nothing is run to find that out but a look
//! at the search path and the compilers' own words.

mod distribution;

use std::env;
use std::io::{self, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use distribution::Distribution;

use crate::failure::Failure;
use crate::process::{Supervised, Waited};
use crate::toolchain::{Lacking, Toolchain, on_path};
use crate::{interrupt, process, report};

/// Set to `never`, nothing is installed.
pub const POLICY: &str = "LOCKORDER_PROVISION";
/// Names the UEFI firmware to boot with.
pub const FIRMWARE_OVERRIDE: &str = "LOCKORDER_OVMF";
/// Names the QEMU to run.
pub const QEMU_OVERRIDE: &str = "LOCKORDER_QEMU";

/// How long one run of `apt-get` may take.
const LIMIT: Duration = Duration::from_mins(30);

/// Something the machine must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The emulator.
    Qemu,
    /// A compiler with `core` and `alloc` for the bare machine, or their source.
    Compiler,
    /// A linker for ELF images.
    Linker,
    /// UEFI firmware for the emulator; only for booting by UEFI.
    Firmware,
    /// The source of `core`, to build the UEFI loader; only for disk images.
    Source,
}

impl Need {
    /// Everything that a usual run needs.
    pub const ALL: [Self; 3] = [Self::Qemu, Self::Compiler, Self::Linker];
    /// What only UEFI needs.
    pub const UEFI: [Self; 2] = [Self::Firmware, Self::Source];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Qemu => "QEMU (qemu-system-x86_64)",
            Self::Compiler => "a Rust compiler for the bare machine (1.95 or newer)",
            Self::Linker => "a linker (lld)",
            Self::Firmware => "UEFI firmware for QEMU (OVMF)",
            Self::Source => "the source of Rust's core library (for the UEFI loader)",
        }
    }

    /// The command that installs it on this machine.
    #[must_use]
    pub fn command(self) -> String {
        Distribution::of_this_machine().commands(&[self], is_root()).join(" && ")
    }

    /// What was found of it, or `None`.
    #[must_use]
    pub fn found(self) -> Option<String> {
        match self {
            Self::Qemu => {
                let qemu = qemu()?;
                let said = process::inquire(Command::new(&qemu).arg("--version"))?;
                let version = said.lines().next()?;
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
            Self::Firmware => firmware().map(|file| file.display().to_string()),
            Self::Source => {
                let toolchain = Toolchain::find_with_source()?;
                toolchain.uefi_linker().map(|_| format!("with {}", toolchain.rustc.display()))
            }
        }
    }

    /// Whether it is there.
    fn is_there(self) -> bool {
        match self {
            Self::Qemu => qemu().is_some(),
            Self::Compiler => !matches!(Toolchain::find(), Err(Lacking::Compiler)),
            Self::Linker => !matches!(Toolchain::find(), Err(Lacking::Linker)),
            Self::Firmware => firmware().is_some(),
            Self::Source => {
                Toolchain::find_with_source().is_some_and(|toolchain| toolchain.uefi_linker().is_some())
            }
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

/// Files that have UEFI firmware, code and variables in one, by distribution.
const FIRMWARE: [&str; 6] = [
    "/usr/share/ovmf/OVMF.fd",
    "/usr/share/OVMF/OVMF.fd",
    "/usr/share/edk2/ovmf/OVMF.fd",
    "/usr/share/edk2/x64/OVMF.4m.fd",
    "/usr/share/qemu/ovmf-x86_64.bin",
    "/usr/share/edk2-ovmf/x64/OVMF.fd",
];

/// The firmware's path.
#[must_use]
pub fn firmware() -> Option<PathBuf> {
    match env::var_os(FIRMWARE_OVERRIDE) {
        Some(only) => Some(PathBuf::from(only)).filter(|file| file.is_file()),
        None => FIRMWARE.iter().map(PathBuf::from).find(|file| file.is_file()),
    }
}

/// What of `needs` is missing.
fn missing(needs: &[Need]) -> Vec<Need> {
    needs.iter().copied().filter(|need| !need.is_there()).collect()
}

/// Whether this process may install packages.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The packages to install for all of `missing`, or why nothing can be installed here.
fn packages(missing: &[Need]) -> Result<Vec<&'static str>, &'static str> {
    if env::var(POLICY).as_deref() == Ok("never") {
        return Err("installing is switched off");
    }
    let packages =
        Distribution::of_this_machine().apt_packages(missing).ok_or("this program cannot install it here")?;
    if is_root() { Ok(packages) } else { Err("only root can install it") }
}

/// Makes sure that everything is there, installing what is missing where that is possible.
///
/// # Errors
///
/// [`Failure::Missing`] with the command to type, or [`Failure::Installation`].
pub fn provide() -> Result<(), Failure> {
    provide_all(&Need::ALL)
}

/// The same for building a disk image.
///
/// # Errors
///
/// As [`provide`].
pub fn provide_for_image() -> Result<(), Failure> {
    provide_all(&[Need::Source])
}

/// The same for booting by UEFI.
///
/// # Errors
///
/// As [`provide`].
pub fn provide_for_uefi() -> Result<(), Failure> {
    provide_all(&Need::UEFI)
}

fn provide_all(needs: &[Need]) -> Result<(), Failure> {
    // What is missing can change once something is installed: a compiler may then lack a linker.
    for _ in 0..Need::ALL.len() {
        let missing = missing(needs);
        let Some(&first) = missing.first() else { return Ok(()) };
        install(&packages(&missing).map_err(|why| Failure::Missing(first, why))?)?;
    }
    match missing(needs).first() {
        None => Ok(()),
        Some(&need) => Err(Failure::Missing(need, "installing its packages did not help")),
    }
}

/// Installs packages, with fresh lists if the old ones do not know them. Takes nothing away: a package that
/// stands in the way is for its owner to judge.
fn install(packages: &[&'static str]) -> Result<(), Failure> {
    report::progress(&format!("installing {} (once)", packages.join(" ")));
    let failed = |line| Failure::Installation(packages.to_vec(), line);
    let mut arguments = vec!["install", "--yes", "--no-install-recommends", "--no-remove"];
    arguments.extend(packages);
    if apt_get(&arguments)?.is_ok() {
        return Ok(());
    }
    apt_get(&["update"])?.map_err(failed)?;
    apt_get(&arguments)?.map_err(failed)
}

/// Runs `apt-get`, quietly; its last words if it fails.
fn apt_get(arguments: &[&str]) -> Result<Result<(), String>, Failure> {
    let failed = |error| Failure::Program("apt-get".into(), error);
    // A file and not a pipe: nobody reads while it runs.
    let mut said = tempfile::tempfile().map_err(failed)?;
    let mut command = Command::new("apt-get");
    command.args(["--quiet", "--option", "DPkg::Lock::Timeout=300"]).args(arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive").env_remove("LD_LIBRARY_PATH").stdin(Stdio::null());
    command.stdout(said.try_clone().map_err(failed)?).stderr(said.try_clone().map_err(failed)?);
    // Not ended half-way by our own doing: of a keyboard's interrupt it hears itself.
    let waited = Supervised::start(&mut command)?.wait_regardless(LIMIT).map_err(failed)?;
    if interrupt::requested() {
        return Err(Failure::Interrupted);
    }
    match waited {
        Waited::Ended(status) if status.success() => Ok(Ok(())),
        Waited::Ended(_) => {
            said.rewind().map_err(failed)?;
            let said = io::read_to_string(said).unwrap_or_default();
            Ok(Err(said.lines().last().unwrap_or("no message").to_owned()))
        }
        Waited::TimeUp | Waited::Interrupted => Err(Failure::TooLong("apt-get", LIMIT)),
    }
}
