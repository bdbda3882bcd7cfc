//! The program with stand-ins for QEMU and the compiler.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// The program, with nothing to be installed.
pub(crate) fn boot(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_boot"));
    command.args(arguments).env("LOCKORDER_PROVISION", "never").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// A program that stands in for another: a shell script.
pub(crate) fn script(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The least that passes for a statically linked program.
pub(crate) fn static_program() -> Vec<u8> {
    let mut bytes = vec![0; 64 + 56];
    bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
    (bytes[16], bytes[18], bytes[32], bytes[54], bytes[56], bytes[64]) = (2, 62, 64, 56, 1, 1);
    bytes
}

/// The program with a stand-in for QEMU, and for the compiler: one that builds nothing but says that it has,
/// since a stand-in does not look at the image.
pub(crate) fn with_stand_in_at(directory: &Path, text: &str, arguments: &[&str]) -> Command {
    let qemu = script(directory, "qemu", text);
    let compiler = directory.join("toolchain");
    let library = directory.join("lib");
    fs::create_dir_all(&compiler).unwrap();
    fs::create_dir_all(&library).unwrap();
    fs::write(library.join("libcore-0.rlib"), "").unwrap();
    let rustc =
        format!("case \"$*\" in *target-libdir*) echo {} ;; *) echo rustc 1.96.0 ;; esac", library.display());
    let rustc = script(&compiler, "rustc", &rustc);
    script(&compiler, "cargo", "exit 0");
    let mut command = boot(arguments);
    command.env("LOCKORDER_QEMU", &qemu).env("LOCKORDER_KERNEL_RUSTC", &rustc);
    command
}

/// Waits until `condition`, for 20 seconds at most.
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
