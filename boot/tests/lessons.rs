//! The book where mdBook cannot be had: one line that says why and what to type, and nothing half made.

use std::process::{Command, Output};

/// Runs the program with a search path on which there is no mdBook, and a folder of tools that is empty.
fn book(tools: &std::path::Path, words: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_boot"))
        .arg("book")
        .args(words)
        .env("PATH", tools)
        .env("LOCKORDER_TOOLS", tools)
        .env_remove("CARGO")
        .env_remove("LOCKORDER_PROVISION")
        .envs(environment.iter().copied())
        .output()
        .expect("it runs")
}

/// The lines of what it said on standard error, without what it said it would do.
fn failures(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.lines().filter(|line| line.contains("error:")).map(str::to_owned).collect()
}

#[test]
fn without_mdbook_one_line_says_what_to_type() {
    let tools = tempfile::tempdir().expect("a folder can be made");
    let out = tools.path().join("pages").display().to_string();
    let forbidden = book(tools.path(), &["--out", &out], &[("LOCKORDER_PROVISION", "never")]);
    let line = "boot: error: mdbook is missing and LOCKORDER_PROVISION forbids to fetch it; install it with: cargo install \
                mdbook --version";
    assert_eq!(forbidden.status.code(), Some(1));
    let said = failures(&forbidden);
    assert!(said.len() == 1 && said[0].starts_with(line), "{said:?}");

    // No cargo is on this search path.
    let without_cargo = book(tools.path(), &["--out", &out], &[]);
    assert_eq!(without_cargo.status.code(), Some(1));
    assert_eq!(failures(&without_cargo).len(), 1, "{}", String::from_utf8_lossy(&without_cargo.stderr));
}

#[test]
fn what_to_do_with_the_book_has_to_be_said() {
    let tools = tempfile::tempdir().expect("a folder can be made");
    let output = book(tools.path(), &[], &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = failures(&output);
    assert!(said.len() == 1 && said[0].contains("--serve|--out"), "{said:?}");
    let nowhere = book(tools.path(), &["--out", "/proc/nowhere/pages"], &[("LOCKORDER_PROVISION", "never")]);
    assert!(failures(&nowhere)[0].contains("/proc/nowhere/pages"), "before anything is fetched");
}
