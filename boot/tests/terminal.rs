//! The guest's console on a terminal: which keys it gets, what leaves it, and that the terminal is what it was before.
//!
//! The terminal is one of this test's own, QEMU a stand-in that writes down what is typed.

#![cfg(target_os = "linux")]

mod stand_in;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OutputModes, Termios, Winsize, tcgetattr, tcsetwinsize};
use stand_in::{eventually, static_program, with_stand_in_at};

/// A terminal: the end that types and the end that programs have.
struct Terminal {
    keyboard: File,
    end: File,
}

impl Terminal {
    fn new() -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let path = PathBuf::from(ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap());
        let no_control = i32::try_from(OpenptFlags::NOCTTY.bits()).unwrap();
        let end = OpenOptions::new().read(true).write(true).custom_flags(no_control).open(path).unwrap();
        tcsetwinsize(&end, Winsize { ws_row: 33, ws_col: 101, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        Self { keyboard: keyboard.into(), end }
    }

    fn modes(&self) -> Termios {
        tcgetattr(&self.end).unwrap()
    }

    fn type_keys(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
    }
}

/// Starts the program on a terminal. Its QEMU keeps the initramfs and what is typed in files of `directory`.
fn start(terminal: &Terminal, directory: &Path, arguments: &[&str]) -> Child {
    let stand_in = format!(
        "cd {}; while [ $# -gt 0 ]; do case $1 in -initrd) cp \"$2\" kept ;; esac; shift; done; exec cat > typed",
        directory.display()
    );
    let child = with_stand_in_at(directory, &stand_in, &[&["run"], arguments].concat())
        .stdin(terminal.end.try_clone().unwrap())
        .env("TERM", "xterm-odd")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("QEMU starts", || directory.join("typed").is_file());
    child
}

/// Waits for the program's end, by the terminal's `key`.
fn ended_by(key: u8, mut terminal: Terminal, before: &Termios, child: Child) -> Output {
    terminal.type_keys(&[key]);
    let output = child.wait_with_output().unwrap();
    let after = terminal.modes();
    assert_eq!((after.local_modes, after.input_modes), (before.local_modes, before.input_modes));
    assert_eq!((after.output_modes, after.control_modes), (before.output_modes, before.control_modes));
    output
}

#[test]
fn a_shell_gets_every_key_but_the_one_that_leaves() {
    let (mut terminal, directory) = (Terminal::new(), tempfile::tempdir().unwrap());
    let before = terminal.modes();
    let busybox = directory.path().join("busybox");
    fs::write(&busybox, static_program()).unwrap();
    let arguments = ["--init", "/bin/sh", "--busybox", busybox.to_str().unwrap()];
    let child = start(&terminal, directory.path(), &arguments);
    let modes = terminal.modes();
    assert!(!modes.local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG));
    assert!(!modes.output_modes.contains(OutputModes::OPOST));
    // Interrupt, suspend, end of file, quit, start, stop; carriage return stays what it is.
    let keys = b"ls\r\x03\x1a\x04\x1c\x11\x13\x7f\x1b[A\xff\n";
    terminal.type_keys(keys);
    let typed = directory.path().join("typed");
    eventually("the guest has the keys", || fs::read(&typed).unwrap().len() >= keys.len());
    assert_eq!(fs::read(&typed).unwrap(), keys);
    let output = ended_by(0x1d, terminal, &before, child);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{errors}");
    assert_eq!(errors.matches("control-] leaves it").count(), 1, "{errors}");
    assert_eq!(fs::read(&typed).unwrap(), keys, "the key that leaves is not typed");
    let archive = fs::read(directory.path().join("kept")).unwrap();
    let options = cpio::find(&archive, b"boot/options").unwrap().data;
    assert_eq!(str::from_utf8(options), Ok("init=/bin/sh\nterm=xterm-odd\nrows=33\ncolumns=101\n"));
}

/// A workload of the kernel's own has no terminal driver: interrupting is for this program.
#[test]
fn a_workload_of_the_kernel_leaves_signals_alone() {
    let (mut terminal, directory) = (Terminal::new(), tempfile::tempdir().unwrap());
    let before = terminal.modes();
    let child = start(&terminal, directory.path(), &["--selftest", "hang"]);
    eventually("keys come one by one", || !terminal.modes().local_modes.contains(LocalModes::ICANON));
    let modes = terminal.modes();
    assert!(modes.local_modes.contains(LocalModes::ISIG) && modes.output_modes.contains(OutputModes::OPOST));
    terminal.type_keys(b"\x14\x1d");
    let typed = directory.path().join("typed");
    eventually("the guest has the keys", || fs::read(&typed).unwrap() == b"\x14\x1d");
    // No control-C: the terminal is not this process group's, so it would interrupt nobody.
    let id = child.id().to_string();
    assert!(std::process::Command::new("sh").args(["-c", "kill -s INT $0", &id]).status().unwrap().success());
    let output = ended_by(b'\n', terminal, &before, child);
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
}
