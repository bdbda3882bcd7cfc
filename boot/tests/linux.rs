//! `bench linux`: with a stand-in for QEMU, and, where that is asked for, with both kernels:
//! `cargo test -p boot --test linux -- --ignored`.

#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "other tests use the rest")]
mod stand_in;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use stand_in::{boot, script, static_program, with_stand_in_at};

/// Prints what the guest's program prints, Linux taking twice as long; says that it has ended well.
const QEMU: &str = "value=100; for word; do case $word in file:*) records=${word#file:} ;; -append) value=200 ;; esac; done\n\
    echo 'kernel: begin'; echo 'bench: the first line'; echo \"fork-wait $value ns\"; echo 'total 1000 ns'\n\
    echo '@status 0' > $records";

/// The beginning of a file that says that it is Linux.
fn linux() -> Vec<u8> {
    let mut bytes = vec![0; 0x400];
    bytes[0x202..0x206].copy_from_slice(b"HdrS");
    bytes[0x20f] = 1;
    bytes[0x300..0x30f].copy_from_slice(b"6.1.0-test (me)");
    bytes
}

/// The command with stand-ins for everything: QEMU, compilers, the guest's shell and Linux.
fn command(folder: &Path, qemu: &str, more: &[&str]) -> Command {
    let mut command = with_stand_in_at(folder, qemu, &[&["bench", "linux", "--smp", "2"], more].concat());
    let cargo = script(
        folder,
        "cargo",
        "while [ $# -gt 0 ]; do case $1 in --package) name=$2 ;; --target-dir) target=$2 ;; esac; shift; done\n\
         mkdir -p $target/x86_64-unknown-linux-gnu/guest && echo program > $target/x86_64-unknown-linux-gnu/guest/$name",
    );
    fs::write(folder.join("busybox"), static_program()).unwrap();
    fs::write(folder.join("linux"), linux()).unwrap();
    command.env("CARGO", cargo).env("CARGO_TARGET_DIR", folder.join("target"));
    command.env("LOCKORDER_BUSYBOX", folder.join("busybox")).env("LOCKORDER_LINUX", folder.join("linux"));
    command
}

/// What was said on either stream.
fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Whether this machine has what the guest's programs are linked with; says so where it has not.
fn links() -> bool {
    let (found, _) = said(&boot(&["doctor"]).output().unwrap());
    let links = !found.lines().any(|line| line.starts_with("missing") && line.contains("libc.a"));
    if !links {
        eprintln!("passed over: no C library for static programs here");
    }
    links
}

#[test]
fn without_linux_the_command_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path(), QEMU, &[]);
    let output = command.env("LOCKORDER_LINUX", "/nonexistent/linux").output().unwrap();
    let (_, errors) = said(&output);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains("Debian's kernel for virtual machines"), "{errors}");
    assert!(errors.contains("install it with: "), "{errors}");
}

#[test]
fn both_kernels_run_in_turn_and_are_compared() {
    if !links() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), QEMU, &["--rounds", "2"]).output().unwrap();
    let (text, errors) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(text.contains("| fork-wait | 100 ns | 200 ns | 2.00 |\n"), "{text}");
    assert!(text.starts_with("Linux 6.1.0-test, "), "{text}");
    assert!(text.contains("**Every ratio is one of emulated machines.**"), "{text}");
    let turns: Vec<_> = errors.lines().filter_map(|line| line.split_once("2 CPUs: ")).collect();
    let turns = turns.iter().map(|(_, turn)| *turn).filter(|turn| !turn.starts_with("round"));
    // More where the machine is busy: rounds are repeated then.
    assert!(text.contains("| fork-wait | 100 | 200 | 2.00 |\n"), "{text}");
    let turns: Vec<_> = turns.take(4).collect();
    let expected = ["ours", "Linux", "Linux", "ours"];
    assert_eq!(turns, expected, "{errors}");
}

#[test]
fn what_is_missing_or_fails_is_told() {
    if !links() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (change, status, reason) in [
        (("echo 'total 1000 ns'", "true"), 1, "ours on 2 CPUs: the guest ended without the line `total`"),
        (("value=200", "exit 0"), 125, "the guest ended without a status"),
        (("@status 0", "@status 9"), 9, "the guest ended with status 9"),
    ] {
        let qemu = QEMU.replace(change.0, change.1);
        let output = command(folder.path(), &qemu, &["--rounds", "1"]).output().unwrap();
        let (_, errors) = said(&output);
        assert_eq!(output.status.code(), Some(status), "{errors}");
        assert!(errors.contains(reason), "does not say `{reason}`: {errors}");
    }
}

/// Both kernels, once. It is not among the usual tests: it fetches Linux, and measures for nobody.
#[test]
#[ignore = "fetches and boots Linux"]
fn linux_boots_and_runs_the_same_program() {
    let output = Command::new(env!("CARGO_BIN_EXE_boot"))
        .args(["bench", "linux", "--smp", "2", "--rounds", "1", "--time", "10"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let (text, errors) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    for row in ["null-call", "futex-hand-over", "shell-commands", "boot"] {
        assert!(text.contains(&format!("| {row} | ")), "{text}");
    }
}
