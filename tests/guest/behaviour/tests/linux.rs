//! What the guest is asked for is what Linux does.

#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long all of them may take.
const LIMIT: Duration = Duration::from_mins(10);

/// The most that is shown of what the program says.
fn wrong(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("ok ")).collect()
}

#[test]
fn linux_behaves() {
    // Into a file: what a test has left behind would keep a pipe open.
    let said = tempfile::NamedTempFile::new().expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_guest-behaviour"));
    command.stdin(Stdio::null()).stdout(File::create(said.path()).expect("the file is there"));
    let mut program = command.spawn().expect("the program starts");
    let began = Instant::now();
    let status = loop {
        match program.try_wait().expect("it is this test's child") {
            Some(status) => break Some(status),
            None if began.elapsed() > LIMIT => break None,
            None => sleep(Duration::from_millis(20)),
        }
    };
    if status.is_none() {
        let _ = program.kill();
        let _ = program.wait();
    }
    let text = fs::read_to_string(said.path()).expect("what it says is text");
    assert!(status.is_some(), "not done after {LIMIT:?}; the last one was {:?}", text.lines().last());
    assert!(status.is_some_and(|status| status.success()), "{:#?}", wrong(&text));
    assert!(text.lines().any(|line| line.starts_with("behaviour: ") && line.contains(" 0 wrong")), "{text}");
}

#[test]
fn tests_are_listed_and_chosen_by_parts_of_their_names() {
    let program = env!("CARGO_BIN_EXE_guest-behaviour");
    let list = Command::new(program).args(["--list", "exit_keeps"]).output().expect("the program starts");
    assert_eq!(String::from_utf8_lossy(&list.stdout), "exit_keeps_eight_bits\n");
    let unknown = Command::new(program).arg("--all").output().expect("the program starts");
    assert_eq!(unknown.status.code(), Some(2));
}
