//! What can go wrong on the host: one clear line, what to do about it, a status other than 0.
//!
//! The program itself is run, with stand-ins for QEMU where QEMU's part matters. Nothing is installed here.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The program, with nothing to be installed.
fn boot(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_boot"));
    command.args(arguments).env("LOCKORDER_PROVISION", "never").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Asserts a failure of `status` whose only line says all of `parts`.
fn fails(output: &Output, status: i32, parts: &[&str]) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{errors}");
    for part in parts {
        assert!(errors.contains(part), "does not say `{part}`: {errors}");
    }
    let lines: Vec<_> = errors.lines().filter(|line| !line.contains("building the kernel")).collect();
    assert_eq!(lines.len(), 1, "one line says what failed: {errors}");
}

/// A program that stands in for another: a shell script.
fn script(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn without_qemu() {
    let output = boot(&["run"]).env("LOCKORDER_QEMU", "/nonexistent/qemu").output().unwrap();
    fails(&output, 1, &["QEMU", "is missing", "install it with: "]);
}

#[test]
fn without_a_usable_compiler() {
    let directory = tempfile::tempdir().unwrap();
    let qemu = script(directory.path(), "qemu", "exit 0");
    for rustc in ["/nonexistent/rustc", "old/rustc"] {
        fs::create_dir_all(directory.path().join("old")).unwrap();
        script(directory.path(), "old/rustc", "echo rustc 1.63.0");
        let output = boot(&["run"])
            .env("LOCKORDER_QEMU", &qemu)
            .env("LOCKORDER_KERNEL_RUSTC", directory.path().join(rustc))
            .output()
            .unwrap();
        fails(&output, 1, &["compiler", "1.95 or newer", "install it with: "]);
    }
}

#[test]
fn doctor_lists_everything_and_fails_when_something_is_missing() {
    let output = boot(&["doctor"])
        .env("LOCKORDER_QEMU", "/nonexistent/qemu")
        .env("LOCKORDER_KERNEL_RUSTC", "/nonexistent/rustc")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    let begin = |word| text.lines().filter(move |line| line.starts_with(word)).count();
    // A linker may be there without a compiler that needs it.
    assert!([2, 3].contains(&begin("missing")), "{text}");
    assert_eq!(text.matches("install it with: ").count(), begin("missing") + begin("optional"), "{text}");
    assert!(text.contains("install what is missing with: "), "{text}");
}

#[test]
fn wrong_options() {
    for (arguments, said) in [
        (&["run", "--smp", "0"][..], "--smp"),
        (&["run", "--smp", "65"], "--smp"),
        (&["run", "--mem", "lots"], "such as 256M"),
        (&["run", "--boot", "floppy"], "--boot"),
        (&["run", "--timeout", "0"], "--timeout"),
        (&["run", "--add", ":x"], "HOST or HOST:GUEST"),
        (&["run", "--add", "x:../y"], "out of its root"),
        (&["hierarchy", "--format", "oil"], "text, mermaid, dot, svg"),
        (&["jump"], "jump"),
    ] {
        fails(&boot(arguments).output().unwrap(), 2, &[said]);
    }
}

#[test]
fn a_missing_file() {
    let output = boot(&["run", "--add", "/nonexistent/program"]).output().unwrap();
    fails(&output, 1, &["/nonexistent/program", "No such file"]);
    let output = boot(&["run", "--log", "/nonexistent/log"]).output().unwrap();
    fails(&output, 1, &["/nonexistent/log", "No such file"]);
}

#[test]
fn the_hierarchy_needs_nothing_installed() {
    let output = boot(&["hierarchy"]).env("PATH", "/nonexistent").output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    for level in ["Scheduler", "Memory", "Ipc", "Filesystem", "Device", "Net", "Crypto", "User"] {
        assert!(text.contains(level), "{text}");
    }
}

/// The program with a stand-in for QEMU, and for the compiler: one that builds nothing but says that it has,
/// since a stand-in does not look at the image.
fn with_stand_in_at(directory: &Path, text: &str, arguments: &[&str]) -> Command {
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

/// What the program says with a stand-in for QEMU, and how long it takes.
fn with_stand_in(text: &str, arguments: &[&str]) -> (Output, Duration) {
    let directory = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let output = with_stand_in_at(directory.path(), text, arguments).output().unwrap();
    (output, started.elapsed())
}

#[test]
fn a_guest_that_never_answers() {
    let (output, took) = with_stand_in("echo starting; exec sleep 600", &["run", "--timeout", "1"]);
    fails(&output, 124, &["no answer after 1 s", "`starting`"]);
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[test]
fn a_guest_that_ends_without_a_status() {
    let (output, _) = with_stand_in("echo half way", &["run"]);
    fails(&output, 125, &["without a status", "`half way`"]);
    let (output, _) = with_stand_in("echo qemu: no such machine >&2; exit 1", &["run"]);
    fails(&output, 125, &["`qemu: no such machine`"]);
}

#[test]
fn the_guests_status_and_output_are_passed_on() {
    // The records go to the file that the second `-serial` names.
    let stand_in = "for word in \"$@\"; do case $word in file:*) echo '@status 42' > \"${word#file:}\" ;; esac; done; echo hello";
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let (output, _) = with_stand_in(stand_in, &["run", "--log", log.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(42), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n");
    let log = fs::read_to_string(log).unwrap();
    let mut lines: Vec<_> = log.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["@status 42", "hello"]);
}

/// Waits until `condition`, for 20 seconds at most.
fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Ends the program by `signal` while a guest runs; gives its status. QEMU must be gone then.
#[cfg(target_os = "linux")]
fn ended_by(signal: &str, scratch: &Path) -> std::process::ExitStatus {
    let directory = tempfile::tempdir().unwrap();
    let id_file = directory.path().join("id");
    let stand_in = format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 600", id_file.display());
    let mut program = with_stand_in_at(directory.path(), &stand_in, &["run"])
        .env("TMPDIR", scratch)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("QEMU starts", || id_file.is_file());
    let qemu = fs::read_to_string(&id_file).unwrap();
    let told = Command::new("sh").args(["-c", "kill -s $0 $1", signal, &program.id().to_string()]).status();
    assert!(told.unwrap().success());
    let status = program.wait().unwrap();
    // Gone, or dead and not yet asked after by whoever inherited it.
    let stat = format!("/proc/{}/stat", qemu.trim());
    eventually("QEMU ends", || fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z ")));
    status
}

#[cfg(target_os = "linux")]
#[test]
fn no_guest_outlives_this_program() {
    let scratch = tempfile::tempdir().unwrap();
    assert_eq!(ended_by("TERM", scratch.path()).code(), Some(130));
    assert_eq!(ended_by("INT", scratch.path()).code(), Some(130));
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "a run's files are removed");
    assert_eq!(ended_by("KILL", scratch.path()).code(), None);
}
