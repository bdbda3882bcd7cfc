//! What can go wrong on the host: one clear line, what to do about it, a status other than 0.
//!
//! The program itself is run, with stand-ins for QEMU where QEMU's part matters. Nothing is installed here.

mod stand_in;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use stand_in::{boot, eventually, script, static_program, with_stand_in_at};

/// A run that needs nothing but the kernel.
const DEMO: [&str; 3] = ["run", "--selftest", "demo"];

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

#[test]
fn without_qemu() {
    let output = boot(&DEMO).env("LOCKORDER_QEMU", "/nonexistent/qemu").output().unwrap();
    fails(&output, 1, &["QEMU", "is missing", "install it with: "]);
}

#[test]
fn without_a_usable_compiler() {
    let directory = tempfile::tempdir().unwrap();
    let qemu = script(directory.path(), "qemu", "exit 0");
    for rustc in ["/nonexistent/rustc", "old/rustc"] {
        fs::create_dir_all(directory.path().join("old")).unwrap();
        script(directory.path(), "old/rustc", "echo rustc 1.63.0");
        let output = boot(&DEMO)
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
        .env("LOCKORDER_BUSYBOX", "/nonexistent/busybox")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    let begin = |word| text.lines().filter(move |line| line.starts_with(word)).count();
    // A linker may be there without a compiler that needs it, and libraries are.
    assert!((3..=5).contains(&begin("missing")), "{text}");
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
        (&["run", "--selftest", "demo", "--cmd", "ls"], "--cmd"),
        (&["run", "--init", "sh"], "such as /bin/sh"),
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
    let output = boot(&["run", "--busybox", "/nonexistent/busybox"]).output().unwrap();
    fails(&output, 1, &["/nonexistent/busybox", "No such file"]);
    let output = boot(&["run", "--log", "/nonexistent/log"]).output().unwrap();
    fails(&output, 1, &["/nonexistent/log", "No such file"]);
}

#[test]
fn without_busybox() {
    let directory = tempfile::tempdir().unwrap();
    let qemu = script(directory.path(), "qemu", "exit 0");
    let mut command = with_stand_in_at(directory.path(), "exit 0", &["run"]);
    let output = command.env("LOCKORDER_BUSYBOX", "/nonexistent/busybox").output().unwrap();
    fails(
        &output,
        1,
        &[
            "busybox",
            "is missing",
            "install it with: ",
            ", or name a statically linked busybox with --busybox FILE",
        ],
    );
    // A script is no program for the guest.
    let output = boot(&["run", "--busybox", qemu.to_str().unwrap()]).output().unwrap();
    fails(&output, 1, &["is no busybox for the guest", "statically linked", "busybox-static"]);
}

/// What the guest is given: a root with the named busybox, options in a file, one's own files.
#[test]
fn a_guest_gets_its_root() {
    let directory = tempfile::tempdir().unwrap();
    let (busybox, kept) = (directory.path().join("busybox"), directory.path().join("kept"));
    fs::write(&busybox, static_program()).unwrap();
    let added = script(directory.path(), "job", "exit 3");
    let stand_in = format!(
        "while [ $# -gt 0 ]; do case $1 in -initrd) cp \"$2\" {} ;; file:*) echo '@status 7' > \"${{1#file:}}\" ;; esac; shift; done",
        kept.display()
    );
    let guest = ["--init", "/bin/sh", "--cmd", "echo 'a\\b'\nexit 7"];
    let files = ["--busybox", busybox.to_str().unwrap(), "--add", &format!("{}:bin/", added.display())];
    let arguments = [&["run"], &guest[..], &files].concat();
    let output =
        with_stand_in_at(directory.path(), &stand_in, &arguments).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    let archive = fs::read(kept).unwrap();
    let file =
        |name: &str| cpio::find(&archive, name.as_bytes()).map(|entry| (entry.mode, entry.data.to_vec()));
    let options = b"init=/bin/sh\ncmd=echo 'a\\\\b'\\nexit 7\n".to_vec();
    assert_eq!(file("boot/options"), Some((0o100_644, options)));
    assert_eq!(file("bin/busybox"), Some((0o100_755, static_program())));
    assert_eq!(file("bin/sh"), Some((0o120_777, b"/bin/busybox".to_vec())));
    assert_eq!(file("bin/job"), Some((0o100_755, b"#!/bin/sh\nexit 3\n".to_vec())));
    assert_eq!(file("sbin/init"), None, "another first program is named");
}

/// The end of standard input is typed as control-D, again and again.
#[test]
fn the_end_of_input_is_typed() {
    let directory = tempfile::tempdir().unwrap();
    let busybox = directory.path().join("busybox");
    fs::write(&busybox, static_program()).unwrap();
    let stand_in = "for word in \"$@\"; do case $word in file:*) records=${word#file:} ;; esac; done\n\
                    sleep 1; echo 'kernel: up'; head -c 8 | od -An -c; echo '@status 0' > $records";
    let arguments = ["run", "--init", "/bin/sh", "--busybox", busybox.to_str().unwrap()];
    let mut program = with_stand_in_at(directory.path(), stand_in, &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut program.stdin.take().unwrap(), b"ls\x1d\n\x03").unwrap();
    let output = program.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let shown = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(shown, "kernel: up l s 035 \\n 003 004 004 004");
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

/// What the program says with a stand-in for QEMU, and how long it takes.
fn with_stand_in(text: &str, arguments: &[&str]) -> (Output, Duration) {
    let directory = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let output = with_stand_in_at(directory.path(), text, arguments).output().unwrap();
    (output, started.elapsed())
}

#[test]
fn a_guest_that_never_answers() {
    let (output, took) =
        with_stand_in("echo starting; exec sleep 600", &[&DEMO[..], &["--timeout", "1"]].concat());
    fails(&output, 124, &["no answer after 1 s", "`starting`"]);
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[test]
fn a_guest_that_ends_without_a_status() {
    let (output, _) = with_stand_in("echo half way", &DEMO);
    fails(&output, 125, &["without a status", "`half way`"]);
    let (output, _) = with_stand_in("echo qemu: no such machine >&2; exit 1", &DEMO);
    fails(&output, 125, &["`qemu: no such machine`"]);
}

#[test]
fn the_guests_status_and_output_are_passed_on() {
    // The records go to the file that the second `-serial` names.
    let stand_in = "for word in \"$@\"; do case $word in file:*) echo '@status 42' > \"${word#file:}\" ;; esac; done; echo hello";
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let (output, _) = with_stand_in(stand_in, &[&DEMO[..], &["--log", log.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(42), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n");
    let log = fs::read_to_string(log).unwrap();
    let mut lines: Vec<_> = log.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["@status 42", "hello"]);
}

/// Ends the program by `signal` while a guest runs; gives its status. QEMU must be gone then.
#[cfg(target_os = "linux")]
fn ended_by(signal: &str, scratch: &Path) -> std::process::ExitStatus {
    let directory = tempfile::tempdir().unwrap();
    let id_file = directory.path().join("id");
    let stand_in = format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 600", id_file.display());
    let mut program = with_stand_in_at(directory.path(), &stand_in, &DEMO)
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
