//! What the guest is asked for is what Linux does.

#![cfg(target_os = "linux")]

use std::process::Command;

/// The most that is shown of what the program says.
fn wrong(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("ok ")).collect()
}

#[test]
fn linux_behaves() {
    let output = Command::new(env!("CARGO_BIN_EXE_guest-behaviour")).output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{:#?}", wrong(&text));
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
