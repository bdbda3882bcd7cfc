//! What the kernel needs of this machine, and fetching what is missing.
//!
//! What the system has and suffices is used. On Debian, `run` and the tests fetch the rest into a folder of their own
//! ([`crate::private_tools`]), as root or not. Elsewhere they stop with the commands to type. When everything is there,
//! nothing is run to find that out but a look at the search path and the compilers' own words.

mod distribution;

use std::env;
use std::path::{Path, PathBuf};

use distribution::{Distribution, Who};

use crate::busybox;
use crate::debian_source::DebianSource;
use crate::disk_tools;
use crate::failure::{ANOTHER_BUSYBOX, Failure};
use crate::linux_image;
use crate::linux_tests;
use crate::private_tools;
use crate::process;
use crate::prover;
use crate::toolchain::{self, Lacking, Toolchain, on_path};

/// Set to `never`, nothing is fetched.
pub const POLICY: &str = "LOCKORDER_PROVISION";
/// Names the UEFI firmware to boot with.
pub const FIRMWARE_OVERRIDE: &str = "LOCKORDER_OVMF";
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
    /// UEFI firmware for the emulator; only for booting by UEFI.
    Firmware,
    /// The source of `core`, to build the UEFI loader; only for disk images.
    Source,
    /// The guest's shell and commands, in one program.
    Busybox,
    /// The C library as an archive, to link the guest's `init` with.
    StaticLibrary,
    /// What checks proofs; only for `proof`.
    Prover,
    /// The kernel of Linux that ours is compared with; only for `bench linux`.
    Linux,
    /// What makes filesystems; only for `disk`.
    DiskTools,
    /// The source of Linux with its own tests; only for `suites`.
    LinuxTests,
    /// The source of busybox with its own tests; only for `suites`.
    BusyboxSource,
    /// The source of `SQLite` with its own tests; only for `suites`.
    SqliteSource,
    /// `SQLite` as an archive, to link its tests with; only for `suites`.
    SqliteLibrary,
    /// Programs that measure how soon threads run; only for `suites`.
    RealTimeTests,
}

impl Need {
    /// Everything that building and booting the kernel needs.
    pub const KERNEL: [Self; 3] = [Self::Qemu, Self::Compiler, Self::Linker];
    /// What only a guest with programs needs, which is the usual one.
    pub const GUEST: [Self; 2] = [Self::Busybox, Self::StaticLibrary];
    /// What only UEFI needs.
    pub const UEFI: [Self; 2] = [Self::Firmware, Self::Source];
    /// What only checking the proof needs.
    pub const PROOF: [Self; 1] = [Self::Prover];
    /// What only the comparison with Linux needs.
    pub const COMPARISON: [Self; 1] = [Self::Linux];
    /// What only the tests that others wrote need, besides Linux.
    pub const SUITES: [Self; 5] =
        [Self::LinuxTests, Self::BusyboxSource, Self::SqliteSource, Self::SqliteLibrary, Self::RealTimeTests];
    /// What only making disks needs.
    pub const DISK: [Self; 1] = [Self::DiskTools];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Qemu => "QEMU (qemu-system-x86_64)",
            Self::Compiler => "a Rust compiler for the bare machine (1.95 or newer)",
            Self::Linker => "a linker (lld)",
            Self::Firmware => "UEFI firmware for QEMU (OVMF)",
            Self::Source => "the source of Rust's core library (for the UEFI loader)",
            Self::Busybox => "a statically linked busybox",
            Self::StaticLibrary => "the C library for static programs (libc.a)",
            Self::Prover => "Rocq, or Coq 8.16 or newer (coqc)",
            Self::Linux => "Debian's kernel for virtual machines",
            Self::DiskTools => "e2fsprogs (mke2fs)",
            Self::LinuxTests => "Debian's source of Linux, with its tests",
            Self::BusyboxSource => "Debian's source of busybox, with its tests",
            Self::SqliteSource => "Debian's source of SQLite, with its tests",
            Self::SqliteLibrary => "SQLite for static programs (libsqlite3.a)",
            Self::RealTimeTests => "rt-tests (cyclictest, hackbench)",
        }
    }

    /// The name by which other programs know it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Qemu => "qemu",
            Self::Compiler => "compiler",
            Self::Linker => "linker",
            Self::Firmware => "firmware",
            Self::Source => "source",
            Self::Busybox => "busybox",
            Self::StaticLibrary => "libc",
            Self::Prover => "prover",
            Self::Linux => "linux",
            Self::DiskTools => "disk-tools",
            Self::LinuxTests => "linux-tests",
            Self::BusyboxSource => "busybox-source",
            Self::SqliteSource => "sqlite-source",
            Self::SqliteLibrary => "sqlite-library",
            Self::RealTimeTests => "rt-tests",
        }
    }

    /// The source package of Debian's that it is, where it is one.
    pub(crate) const fn source_package(self) -> Option<&'static str> {
        match self {
            Self::BusyboxSource => Some("busybox"),
            Self::SqliteSource => Some("sqlite3"),
            _ => None,
        }
    }

    /// The same, where it is there.
    pub(crate) fn source(self) -> Option<DebianSource> {
        DebianSource::find(self.source_package()?)
    }

    /// The failure that it is missing.
    pub(crate) fn missing(self, why: &str) -> Failure {
        Self::all_missing(&[self], why)
    }

    /// The failure that all of these are missing.
    fn all_missing(needs: &[Self], why: &str) -> Failure {
        Failure::Missing {
            what: needs.iter().map(|need| need.name()).collect::<Vec<_>>().join(", "),
            why: why.to_owned(),
            command: instructions(needs) + if needs.contains(&Self::Busybox) { ANOTHER_BUSYBOX } else { "" },
        }
    }

    /// What was found of it, or `None`.
    #[must_use]
    pub fn found(self) -> Option<String> {
        match self {
            Self::Qemu => {
                let qemu = qemu()?;
                let said = process::inquire(private_tools::command(&qemu).arg("--version"))?;
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
                Err(_) => toolchain::linker().map(|linker| linker.display().to_string()),
            },
            Self::Firmware => firmware().map(|file| file.display().to_string()),
            Self::Busybox => busybox::path().map(|path| busybox::describe(&path)),
            Self::StaticLibrary => toolchain::static_library().map(|path| path.display().to_string()),
            Self::Prover => prover::version(&prover::path()?),
            Self::Linux => {
                let path = linux_image::path()?;
                Some(format!("{}, {}", linux_image::version(&path)?, path.display()))
            }
            Self::DiskTools => disk_tools::version(&disk_tools::mke2fs()?),
            Self::LinuxTests => {
                let archive = linux_tests::archive()?;
                Some(format!("Linux {}, {}", linux_tests::version(&archive)?, archive.display()))
            }
            Self::BusyboxSource | Self::SqliteSource => {
                let source = self.source()?;
                Some(format!("{}, {}", source.version, source.original.display()))
            }
            Self::SqliteLibrary => sqlite_library().map(|file| file.display().to_string()),
            Self::RealTimeTests => real_time_test("hackbench").map(|file| file.display().to_string()),
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
            Self::Busybox => busybox::path().is_some(),
            Self::StaticLibrary => toolchain::static_library().is_some(),
            Self::Prover => prover::path().is_some(),
            Self::Linux => linux_image::path().is_some(),
            Self::DiskTools => disk_tools::mke2fs().is_some(),
            Self::LinuxTests => linux_tests::archive().is_some() && linux_tests::xz().is_some(),
            Self::BusyboxSource | Self::SqliteSource => self.source().is_some(),
            Self::SqliteLibrary => sqlite_library().is_some(),
            Self::RealTimeTests => {
                ["cyclictest", "hackbench"].iter().all(|name| real_time_test(name).is_some())
            }
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
        None => on_path(&["qemu-system-x86_64"])
            .or_else(|| private_tools::program("qemu-system-x86_64", &["qemu-system-x86"])),
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
        None => FIRMWARE
            .iter()
            .map(PathBuf::from)
            .find(|file| file.is_file())
            .or_else(|| private_tools::file("usr/share/ovmf/OVMF.fd", &["ovmf"])),
    }
}

/// Debian's package with `SQLite` as an archive, and where it has that.
pub(crate) const SQLITE_PACKAGE: &str = "libsqlite3-dev";
const SQLITE_LIBRARY: &str = "usr/lib/x86_64-linux-gnu/libsqlite3.a";

/// The archive of `SQLite`.
pub(crate) fn sqlite_library() -> Option<PathBuf> {
    let system = Some(Path::new("/").join(SQLITE_LIBRARY)).filter(|file| file.is_file());
    system.or_else(|| private_tools::file(SQLITE_LIBRARY, &[SQLITE_PACKAGE]))
}

/// Debian's package of programs that measure how soon threads run.
pub(crate) const REAL_TIME_PACKAGE: &str = "rt-tests";

/// One of those programs.
pub(crate) fn real_time_test(name: &str) -> Option<PathBuf> {
    on_path(&[name]).or_else(|| private_tools::program(name, &[REAL_TIME_PACKAGE]))
}

/// What of `needs` is missing.
fn missing(needs: &[Need]) -> Vec<Need> {
    needs.iter().copied().filter(|need| !need.is_there()).collect()
}

/// What to type on this machine to install all of `needs`.
#[must_use]
pub fn instructions(needs: &[Need]) -> String {
    Distribution::of_this_machine().instructions(needs, Who::of_this_process())
}

/// Whether this program can fetch all of `needs` by itself here.
#[must_use]
pub fn fetches(needs: &[Need]) -> bool {
    packages(needs).is_ok()
}

/// Whether anything may be fetched; otherwise why not.
pub(crate) fn may_fetch() -> Result<(), &'static str> {
    if env::var(POLICY).as_deref() == Ok("never") { Err("fetching is switched off") } else { Ok(()) }
}

/// The packages to fetch for all of `missing`, or why nothing can be fetched here.
fn packages(missing: &[Need]) -> Result<Vec<&'static str>, &'static str> {
    may_fetch()?;
    Distribution::of_this_machine().apt_packages(missing).ok_or("this program cannot fetch it here")
}

/// Makes sure that everything is there for building and booting the kernel, fetching what is missing where that is possible.
///
/// # Errors
///
/// [`Failure::Missing`] with the command to type, or [`Failure::Installation`].
pub fn provide() -> Result<(), Failure> {
    provide_all(&Need::KERNEL)
}

/// The same for building the UEFI loader.
///
/// # Errors
///
/// As [`provide`].
pub fn provide_for_image() -> Result<(), Failure> {
    provide_all(&[Need::Source])
}

/// The same for booting a kernel that is there by UEFI.
///
/// # Errors
///
/// As [`provide`].
pub fn provide_for_uefi() -> Result<(), Failure> {
    provide_all(&Need::UEFI)
}

/// The same for checking the proof.
///
/// # Errors
///
/// As [`provide`].
pub fn provide_for_proof() -> Result<(), Failure> {
    provide_all(&Need::PROOF)
}

/// The same for all of `needs` at once, so that nothing is found missing half way.
///
/// # Errors
///
/// As [`provide`].
pub fn provide_all(needs: &[Need]) -> Result<(), Failure> {
    // What is missing can change once something is there: a compiler may then lack a linker.
    for _ in 0..=needs.len() {
        let missing = missing(needs);
        if missing.is_empty() {
            return Ok(());
        }
        let sources: Vec<_> = missing.iter().filter_map(|need| need.source_package()).collect();
        let others: Vec<_> = missing.iter().copied().filter(|need| need.source_package().is_none()).collect();
        let packages = packages(&others).map_err(|why| Need::all_missing(&missing, why))?;
        if !sources.is_empty() {
            private_tools::provide_sources(&sources)?;
        }
        if !packages.is_empty() {
            private_tools::provide(&packages)?;
        }
    }
    match missing(needs) {
        missing if missing.is_empty() => Ok(()),
        missing => Err(Need::all_missing(&missing, "its packages, which are there now, do not suffice")),
    }
}
