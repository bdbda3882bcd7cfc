//! The compiler that judges, and the one that the messages are pinned with.

use std::process::Command;

/// The compiler whose messages are pinned.
pub const PINNED: &str = "rustc 1.95.";

/// What the compiler answers.
///
/// # Panics
///
/// When there is no compiler to ask, which cannot be under cargo.
#[must_use]
pub fn ask(arguments: &[&str]) -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(arguments).output().expect("the compiler runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Whether the messages were pinned with this compiler.
#[must_use]
pub fn pinned_compiler() -> bool {
    ask(&["--version"]).starts_with(PINNED)
}
