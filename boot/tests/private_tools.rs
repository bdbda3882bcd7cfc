//! Fetching tools into a folder of this program's own, with the real `apt-get` and a repository on this machine.

#![cfg(target_os = "linux")]

mod repository;

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use repository::{Machine, Package, Repository, eventually, possible, read_all};

/// A QEMU that says that the guest has ended well: the records go to the file that the second `-serial` names.
const QEMU: &str = "#!/bin/sh\ncase $1 in --version) echo QEMU emulator version 7.2; exit 0 ;; esac\necho hello\n\
    for word in \"$@\"; do case $word in file:*) echo '@status 0' > \"${word#file:}\" ;; esac; done\n";

/// QEMU's packages.
const PACKAGES: [Package<'static>; 2] = [
    (
        "qemu-system-x86",
        "Depends: qemu-system-common (= 1:7.2)\n",
        &[("usr/bin/qemu-system-x86_64", QEMU), ("usr/share/doc/qemu/changelog", "much\n")],
    ),
    ("qemu-system-common", "", &[("usr/share/qemu/keymap", "q\n")]),
];

/// The guest's shell. It is not run there: the guest is none.
const BUSYBOX: Package<'static> = (
    "busybox-static",
    "",
    &[("bin/busybox", "#!/bin/sh\ncase $1 in --help) echo BusyBox v1.35.0 ;; esac\n")],
);

/// Utilities that are newer than the release's QEMU, which would remove them.
const IN_THE_WAY: &str = "Package: qemu-utils\nStatus: install ok installed\nPriority: optional\nArchitecture: all\n\
    Version: 1:10.0.2\nBreaks: qemu-system-common (<< 1:8)\n\n";

/// A run that needs nothing but QEMU.
const DEMO: [&str; 3] = ["run", "--selftest", "demo"];

/// What the program said.
fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts that a guest has run.
fn has_run(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", errors(output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n");
}

/// Asserts a failure whose line says all of `parts`; what else is said is progress.
fn fails(output: &Output, parts: &[&str]) {
    let errors = errors(output);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    let failures: Vec<_> = errors.lines().filter(|line| line.starts_with("boot: error: ")).collect();
    assert_eq!(failures.len(), 1, "{errors}");
    for part in parts {
        assert!(failures[0].contains(part), "does not say `{part}`: {errors}");
    }
    let others = errors.lines().filter(|line| !line.starts_with("boot: "));
    assert_eq!(others.count(), 0, "{errors}");
}

#[test]
fn a_newer_package_in_the_way_is_no_hindrance() {
    if !possible() {
        return;
    }
    let repository = Repository::of(&PACKAGES);
    let machine = Machine::using(&repository, IN_THE_WAY);
    let output = machine.boot(&DEMO).output().unwrap();
    has_run(&output);
    assert!(errors(&output).contains("fetching 2 packages, 0 MB"), "{}", errors(&output));
    assert_eq!(machine.tools("changelog").len(), 0, "documentation is left out");
    // The compiler has the bare target: nobody has asked for another one.
    assert_eq!(repository.asked("qemu-system-x86"), 1);
    // Another clone, without a source that answers.
    repository.stop_in("Packages");
    has_run(&machine.boot(&DEMO).output().unwrap());
    assert_eq!(repository.asked("qemu-system-x86"), 1);
}

#[test]
fn an_interrupted_download_is_done_again() {
    if !possible() {
        return;
    }
    for signal in ["KILL", "TERM"] {
        let repository = Repository::of(&PACKAGES);
        let machine = Machine::using(&repository, "");
        repository.stop_in("qemu-system-common");
        let mut program = machine.boot(&DEMO).stderr(Stdio::piped()).spawn().unwrap();
        repository.wait_until_stopped();
        let id = program.id().to_string();
        assert!(Command::new("sh").args(["-c", "kill -s $0 $1", signal, &id]).status().unwrap().success());
        let status = program.wait().unwrap();
        let said = read_all(program.stderr.take());
        assert_eq!(status.code(), (signal == "TERM").then_some(130), "{said}");
        assert_eq!(machine.tools("qemu-system-x86_64").len(), 0, "{said}");
        repository.go_on();
        has_run(&machine.boot(&DEMO).output().unwrap());
        assert_eq!(machine.tools("usr/share/qemu/keymap").len(), 1);
    }
}

#[test]
fn an_interrupted_unpacking_is_done_again() {
    if !possible() {
        return;
    }
    let repository = Repository::of(&PACKAGES);
    let machine = Machine::using(&repository, "");
    // The second archive is not unpacked to its end.
    let hanging = "case \"$*\" in *--fsys-tarfile*) if [ -e DONE ]; then echo x > HANGS; exec sleep 600; fi; echo x > DONE ;; esac\n\
                   exec /usr/bin/dpkg-deb \"$@\"";
    let path = |name: &str| machine.path(name).display().to_string();
    machine.script("bin/dpkg-deb", &hanging.replace("DONE", &path("done")).replace("HANGS", &path("hangs")));
    let mut program = machine.boot(&DEMO).stderr(Stdio::null()).spawn().unwrap();
    eventually("the second archive is unpacked", || machine.path("hangs").is_file());
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(
        !machine.boot(&["doctor"]).output().unwrap().status.success(),
        "what is half unpacked is not used"
    );
    machine.script("bin/dpkg-deb", "exec /usr/bin/dpkg-deb \"$@\"");
    has_run(&machine.boot(&DEMO).output().unwrap());
    assert_eq!(machine.tools("usr/share/qemu/keymap").len(), 1);
    assert_eq!(machine.tools("usr/bin/qemu-system-x86_64").len(), 1);
    for package in ["qemu-system-x86", "qemu-system-common"] {
        assert_eq!(repository.asked(package), 1, "{package} was there and has been fetched again");
    }
}

#[test]
fn two_at_once_fetch_once() {
    if !possible() {
        return;
    }
    let repository = Repository::of(&PACKAGES);
    let machine = Machine::using(&repository, "");
    repository.stop_in("qemu-system-x86");
    let start = || machine.boot(&DEMO).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let first = start();
    repository.wait_until_stopped();
    let mut second = start();
    let mut said = [0; 16];
    // It says something once it waits.
    std::io::Read::read_exact(second.stderr.as_mut().unwrap(), &mut said).unwrap();
    repository.go_on();
    has_run(&first.wait_with_output().unwrap());
    let second = second.wait_with_output().unwrap();
    has_run(&second);
    assert_eq!(said, *b"boot: waiting fo");
    assert_eq!(repository.asked("qemu-system-x86"), 1);
}

#[test]
fn what_one_tool_has_brought_is_not_fetched_with_the_next() {
    if !possible() {
        return;
    }
    let prover = ("coq", "Depends: qemu-system-common\n", &[("usr/bin/coqc", "#!/bin/sh\nexit 1\n")][..]);
    let repository = Repository::of(&[PACKAGES[0], PACKAGES[1], prover]);
    let machine = Machine::using(&repository, "");
    has_run(&machine.boot(&DEMO).output().unwrap());
    let output = machine.boot(&["proof"]).env("CARGO_TARGET_DIR", machine.path("target")).output().unwrap();
    fails(&output, &["docs/proof/", "does not hold"]);
    assert_eq!(machine.tools("coqc").len(), 1, "{}", errors(&output));
    assert_eq!((repository.asked("coq"), repository.asked("qemu-system-common")), (1, 1));
}

#[test]
fn a_guest_with_programs_has_busybox_fetched() {
    if !possible() {
        return;
    }
    let repository = Repository::of(&[PACKAGES[0], PACKAGES[1], BUSYBOX]);
    let machine = Machine::using(&repository, "");
    has_run(&machine.boot(&DEMO).output().unwrap());
    assert_eq!(repository.asked("busybox-static"), 0, "workloads of the kernel's own need none");
    let shell = ["run", "--init", "/bin/sh"];
    has_run(&machine.boot(&shell).stdin(Stdio::null()).output().unwrap());
    assert_eq!(machine.tools("bin/busybox").len(), 1);
    has_run(&machine.boot(&shell).stdin(Stdio::null()).output().unwrap());
    assert_eq!((repository.asked("busybox-static"), repository.asked("qemu-system-x86")), (1, 1));
}

#[test]
fn where_busybox_cannot_be_fetched_one_can_be_named() {
    if !possible() {
        return;
    }
    let machine = Machine::using(&Repository::of(&PACKAGES), "");
    let output = machine.boot(&["run"]).output().unwrap();
    fails(
        &output,
        &["busybox-static", "apt-get install ", ", or name a statically linked busybox with --busybox FILE"],
    );
    let mut without = machine.boot(&["run"]);
    let output = without.env("LOCKORDER_PROVISION", "never").output().unwrap();
    fails(&output, &["busybox is missing", ", or name a statically linked busybox with --busybox FILE"]);
}

#[test]
fn without_a_network() {
    if !possible() {
        return;
    }
    // A port that nobody listens on any more.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let machine = Machine::with_source(port, "");
    let began = Instant::now();
    let output = machine.boot(&DEMO).output().unwrap();
    let took = began.elapsed();
    fails(
        &output,
        &["no package source can be reached", "Connection refused", "apt-get install qemu-system-x86"],
    );
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[test]
fn with_a_source_that_is_silent() {
    if !possible() {
        return;
    }
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let machine = Machine::with_source(silent.local_addr().unwrap().port(), "");
    let began = Instant::now();
    let output = machine.boot(&DEMO).output().unwrap();
    let took = began.elapsed();
    fails(&output, &["no package source can be reached", "(Connection "]);
    assert!(took < Duration::from_mins(1), "{took:?}");
}

#[test]
fn through_a_proxy_that_does_not_answer() {
    if !possible() {
        return;
    }
    let repository = Repository::of(&PACKAGES);
    let machine = Machine::using(&repository, "");
    let began = Instant::now();
    let output = machine.boot(&DEMO).env("http_proxy", "http://127.0.0.1:9").output().unwrap();
    let took = began.elapsed();
    fails(&output, &["no package source can be reached", "127.0.0.1:9"]);
    assert!(took < Duration::from_secs(30), "{took:?}");
    // The same proxy in the system's configuration.
    let configuration = fs::read_to_string(machine.path("apt.conf")).unwrap();
    let proxy = "Acquire::http::Proxy \"http://127.0.0.1:9\";\n";
    fs::write(machine.path("apt.conf"), configuration + proxy).unwrap();
    let output = machine.boot(&DEMO).output().unwrap();
    fails(&output, &["no package source can be reached", "127.0.0.1:9"]);
}

#[test]
fn a_disk_without_room() {
    if !possible() {
        return;
    }
    let huge =
        ("qemu-system-x86", "Installed-Size: 90000000000\n", &[("usr/bin/qemu-system-x86_64", QEMU)][..]);
    let repository = Repository::of(&[huge]);
    let machine = Machine::using(&repository, "");
    let output = machine.boot(&DEMO).output().unwrap();
    fails(
        &output,
        &["the tools need 9", " MB; free some, or name another folder with: export LOCKORDER_TOOLS="],
    );
    assert_eq!(repository.asked("qemu-system-x86"), 0);
}

#[test]
fn a_full_disk() {
    if !possible() {
        return;
    }
    let machine = Machine::with_source(9, "");
    fs::create_dir(machine.path("tools")).unwrap();
    // In a mount namespace of its own; an ordinary user is root there, where the system allows that.
    let script =
        "mount -t tmpfs -o size=1m tmpfs \"$LOCKORDER_TOOLS\" || exit 77; exec \"$0\" run --selftest demo";
    let program = machine.boot(&[]);
    let mut command = Command::new("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c", script, env!("CARGO_BIN_EXE_boot")]);
    for (name, value) in program.get_envs() {
        match value {
            _ if name == "PATH" => {}
            Some(value) => drop(command.env(name, value)),
            None => drop(command.env_remove(name)),
        }
    }
    command.env("LOCKORDER_QEMU", "/nonexistent/qemu");
    let output = command.output().unwrap();
    if output.status.code() == Some(77) || errors(&output).contains("unshare") {
        eprintln!("passed over: no mounts here");
        return;
    }
    fails(&output, &["the tools need 200 MB", "has room for 1 MB", "export LOCKORDER_TOOLS="]);
}

#[test]
fn a_folder_that_cannot_be_written() {
    if !possible() {
        return;
    }
    let machine = Machine::with_source(9, "");
    for folder in ["/dev/null/tools", "/proc/tools"] {
        let output = machine.boot(&DEMO).env("LOCKORDER_TOOLS", folder).output().unwrap();
        fails(&output, &["the tools cannot be written", folder, "export LOCKORDER_TOOLS="]);
    }
}

#[test]
fn doctor_says_where_the_tools_are_and_how_to_remove_them() {
    if !possible() {
        return;
    }
    let repository = Repository::of(&[PACKAGES[0], PACKAGES[1], BUSYBOX]);
    let machine = Machine::using(&repository, "");
    let doctor = |arguments: &[&str]| {
        let output = machine.boot(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let json = || {
        let (status, text) = doctor(&["doctor", "--json"]);
        (status, serde_json::from_str::<serde_json::Value>(&text).unwrap())
    };
    let folder = machine.path("tools").display().to_string();
    let (status, before) = json();
    assert_eq!(status, Some(1));
    for (pointer, expected) in [
        ("/version", serde_json::json!(1)),
        ("/complete", false.into()),
        ("/fetches", true.into()),
        ("/needs/0/key", "qemu".into()),
        ("/needs/0/command", "run".into()),
        ("/needs/0/found", serde_json::Value::Null),
        ("/needs/1/found", format!("rustc 1.96.0, {}", machine.path("toolchain/rustc").display()).into()),
        ("/needs/1/install", serde_json::Value::Null),
        ("/tools", serde_json::json!({ "folder": folder, "bytes": 0, "removal": null })),
    ] {
        assert_eq!(before.pointer(pointer), Some(&expected), "{pointer} of {before}");
    }
    assert!(
        before["install"].as_str().unwrap().ends_with("apt-get install qemu-system-x86 busybox-static"),
        "{before}"
    );
    let (_, text) = doctor(&["doctor"]);
    assert!(text.contains(&format!("private  {folder}: nothing has been fetched\n")), "{text}");

    has_run(&machine.boot(&["run", "--init", "/bin/sh"]).stdin(Stdio::null()).output().unwrap());
    let (status, after) = json();
    assert_eq!(
        (status, &after["complete"], &after["install"]),
        (Some(0), &true.into(), &before["needs"][0]["found"])
    );
    assert_eq!(after["needs"][3]["key"], "busybox");
    assert!(after["needs"][3]["found"].as_str().unwrap().starts_with("BusyBox v1.35.0, "), "{after}");
    assert!(after["needs"][0]["found"].as_str().unwrap().contains("version 7.2, "), "{after}");
    assert!(after["tools"]["bytes"].as_u64().unwrap() > 0, "{after}");
    let removal = after["tools"]["removal"].as_str().unwrap();
    let (_, text) = doctor(&["doctor"]);
    assert!(text.contains(&format!("{folder}: tools that this program has fetched, ")), "{text}");
    assert!(text.ends_with(&format!("; remove them with: {removal}\n")), "{text}");

    fs::write(machine.path("tools/another's"), "").unwrap();
    assert!(Command::new("sh").args(["-c", removal]).status().unwrap().success());
    assert_eq!(json().1, before);
    assert!(machine.path("tools/another's").is_file(), "only what this program has fetched is removed");
}
