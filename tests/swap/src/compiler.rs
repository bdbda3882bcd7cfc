//! A copy of a workspace, and what the compiler says of it.
//!
//! Only checked, never built further: with the kernel's compiler, target and flags, and incrementally. The copy has a lock
//! that one run holds at a time.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use boot::provision::{self, Need};
use boot::toolchain::{TARGET, Toolchain};

use crate::failure::Failure;
use crate::messages::Diagnostic;

/// A workspace in which things are broken.
#[derive(Debug)]
pub struct Workshop {
    place: PathBuf,
    /// The kernel's compiler; `None` for programs of the host.
    toolchain: Option<Toolchain>,
    /// Locked while this lives.
    _lock: File,
}

/// The members of the kernel's copy. The tests of one of its crates break it on purpose, by the last one.
const MEMBERS: [&str; 4] = ["lockorder", "lockorder-macros", "kernel", "tests/mutation"];

/// Makes a folder, and locks it.
fn occupy(place: &Path) -> Result<File, Failure> {
    fs::create_dir_all(place).map_err(Failure::file(place))?;
    let path = place.join("swap.lock");
    let lock = File::create(&path).map_err(Failure::file(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Failure::Busy(place.to_path_buf())),
        Err(TryLockError::Error(error)) => Err(Failure::File(path, error)),
    }
}

impl Workshop {
    /// A copy of the kernel and its library at `place`, with the kernel's compiler, which is provided first.
    ///
    /// # Errors
    ///
    /// There is no compiler for the kernel, or another run has the copy.
    pub fn of_kernel(place: &Path) -> Result<Self, Failure> {
        provision::provide_all(&[Need::Compiler, Need::Linker])?;
        let missing = |_| boot::failure::Failure::Step("finding the kernel's compiler");
        let toolchain = Toolchain::find().map_err(missing)?;
        let lock = occupy(place)?;
        mutation::copy_workspace(place, &MEMBERS);
        Ok(Self { place: place.to_path_buf(), toolchain: Some(toolchain), _lock: lock })
    }

    /// The workspace at `place` itself, of programs for the host.
    ///
    /// # Errors
    ///
    /// Another run has it.
    pub fn of_host(place: &Path) -> Result<Self, Failure> {
        Ok(Self { place: place.to_path_buf(), toolchain: None, _lock: occupy(place)? })
    }

    /// Its root.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Writes a file.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, path: &Path, text: &str) -> Result<(), Failure> {
        let path = self.place.join(path);
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            return Ok(());
        }
        fs::write(&path, text).map_err(Failure::file(&path))
    }

    /// Cargo, with the compiler's settings.
    fn cargo(&self) -> Command {
        let mut command = if let Some(toolchain) = &self.toolchain {
            let mut command = toolchain.command();
            command.args(["check", "--target", TARGET]).args(toolchain.standard_arguments());
            command
        } else {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut command = Command::new(cargo);
            command.arg("check");
            command
        };
        command.current_dir(&self.place).arg("--target-dir").arg(self.place.join("target"));
        command.args(["--quiet", "--lib", "--message-format=json"]).stdin(Stdio::null());
        command
    }

    /// Checks the library of a package; gives the errors, none where it compiles.
    ///
    /// # Errors
    ///
    /// Cargo cannot be run, or fails without an error of the compiler.
    pub fn check(&self, package: &str) -> Result<Vec<Diagnostic>, Failure> {
        let output = self.cargo().args(["--package", package]).output();
        let output = output.map_err(|error| Failure::Cargo(error.to_string()))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let errors: Vec<Diagnostic> = said.lines().filter_map(Diagnostic::read).collect();
        if output.status.success() || !errors.is_empty() {
            return Ok(errors);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::Cargo(said.trim().lines().last().unwrap_or("nothing").to_owned()))
    }
}
