//! The guest's first files on this machine's kernel: its `init`, its shell and its root, in namespaces of their own.
//!
//! The archive is read by the kernel's reader and unpacked into a folder. Where namespaces are not to be had, or no busybox, that is
//! said and the test passes over.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use boot::initramfs::{self, Base, Programs};
use boot::provision::{self, Need};
use boot::{busybox, guest};

/// What is mounted and numbered apart from this machine.
const NAMESPACES: [&str; 5] = ["--mount", "--pid", "--uts", "--ipc", "--fork"];

/// How this user gets namespaces; `None` where nobody gives them.
fn namespaces() -> Option<Vec<&'static str>> {
    [&[][..], &["--map-root-user"]].iter().map(|more| [&NAMESPACES, *more].concat()).find(|arguments| {
        let mut command = Command::new("unshare");
        command.args(arguments).args(["--root=/", "true"]).stdin(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

/// The programs; `None`, having said so, where they cannot be had.
fn programs() -> Option<&'static Programs> {
    static PROGRAMS: OnceLock<Option<Programs>> = OnceLock::new();
    let found = PROGRAMS.get_or_init(|| {
        let busybox = provision::provide_all(&Need::GUEST).ok().and_then(|()| busybox::path())?;
        let init = Some(guest::build_init().expect("the guest's init is built"));
        Some(Programs { base: Base::Busybox(busybox), init })
    });
    if found.is_none() {
        eprintln!("passed over: no static busybox or C library here, and none can be fetched");
    }
    found.as_ref()
}

/// A root that has been unpacked.
struct Root {
    folder: tempfile::TempDir,
    namespaces: Vec<&'static str>,
}

impl Root {
    /// One with these options; `None`, having said so, where it cannot be run.
    fn with(options: &[(&str, &str)]) -> Option<Self> {
        let Some(namespaces) = namespaces() else {
            eprintln!("passed over: no namespaces here");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let options: Vec<_> = options.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let archive = folder.path().join("initramfs");
        initramfs::write(&archive, &options, Some(programs()?), &[]).unwrap();
        let root = Self { folder, namespaces };
        unpack(&fs::read(archive).unwrap(), &root.path());
        Some(root)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// Starts its `init`, has `typed` on its standard input, and waits for its end.
    fn run(&self, typed: &str) -> Output {
        let mut command = Command::new("unshare");
        command.args(&self.namespaces).arg("--kill-child").arg(format!("--root={}", self.path().display()));
        command.args(["--wd=/", guest::INIT]).env("TERM", "odd");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("unshare runs");
        // Who has ended does not read.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        child.wait_with_output().unwrap()
    }
}

/// Unpacks an archive, but for devices, which take more rights than a test has.
fn unpack(archive: &[u8], root: &Path) {
    fs::create_dir(root).unwrap();
    for entry in cpio::entries(archive) {
        let entry = entry.unwrap();
        let path = root.join(str::from_utf8(entry.name).unwrap());
        match entry.kind().unwrap() {
            cpio::Kind::Directory => fs::create_dir(&path).unwrap(),
            cpio::Kind::Regular => fs::write(&path, entry.data).unwrap(),
            cpio::Kind::Symlink => symlink(str::from_utf8(entry.data).unwrap(), &path).unwrap(),
            _ => continue,
        }
        if entry.kind() != Some(cpio::Kind::Symlink) {
            fs::set_permissions(&path, fs::Permissions::from_mode(entry.permissions())).unwrap();
        }
    }
}

/// What `init` printed and its status, having run a line; `None` where that is passed over.
fn run(line: &str) -> Option<(Option<i32>, String)> {
    let output = Root::with(&[("cmd", line), ("term", "vt220")])?.run("typed\n");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    Some((output.status.code(), text))
}

#[test]
fn a_command_runs_and_its_status_is_that_of_init() {
    let Some(ran) = run("echo $PATH $HOME $TERM\nread line; echo $line; exit 7") else { return };
    assert_eq!(ran, (Some(7), "/usr/sbin:/usr/bin:/sbin:/bin /root vt220\ntyped\n".to_owned()));
    assert_eq!(run("kill -9 $$"), Some((Some(137), String::new())));
    assert_eq!(run("exec /nonexistent").unwrap().0, Some(127));
}

#[test]
fn the_shell_finds_its_root() {
    let line = "hostname; stat -c '%a %n' /tmp /root /bin/busybox; readlink /bin/ls; id -un; id -gn; ls -d ~user; wc -l < /etc/passwd; pwd";
    let Some(ran) = run(line) else { return };
    let expected =
        "lockorder\n1777 /tmp\n700 /root\n755 /bin/busybox\n/bin/busybox\nroot\nroot\n/home/user\n3\n/\n";
    assert_eq!(ran, (Some(0), expected.to_owned()));
}

#[test]
fn orphans_are_collected() {
    let line = "(sleep 0.1 & sleep 0.1 &); sleep 1; cat /proc/[0-9]*/stat | grep -c ') Z'";
    let Some((_, said)) = run(line) else { return };
    assert_eq!(said, "0\n");
}

#[test]
fn the_machine_is_powered_off_by_command() {
    for line in ["kill -USR2 1; sleep 9; exit 9", "poweroff; sleep 9; exit 9", "reboot; sleep 9; exit 9"] {
        let Some(ran) = run(line) else { return };
        assert_eq!(ran, (Some(0), String::new()), "{line}");
    }
}

/// The end of the shell powers the machine off. In a namespace of processes that kills its first process.
#[test]
fn a_shell_that_ends_powers_the_machine_off() {
    let Some(root) = Root::with(&[]) else { return };
    let output = root.run("echo $TERM; pwd; exit 3\n");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("init: starting sh\n") && said.contains("vt100\n/root\n"), "{said}");
    assert!(!output.status.success() && output.status.code() != Some(3), "{output:?}");
}

#[test]
fn who_is_not_the_first_process_does_nothing() {
    let Some(programs) = programs() else { return };
    let output = Command::new(programs.init.as_ref().unwrap()).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("only the kernel starts this program"));
}
