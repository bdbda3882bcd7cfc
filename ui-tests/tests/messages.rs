//! The messages themselves, pinned: what a student reads.
//!
//! Messages drift from release to release, so this runs on the compiler that they were pinned with and says
//! so on others, where `corpus.rs` still checks code and headline. To pin them again:
//! `TRYBUILD=overwrite cargo test -p ui-tests --test messages`.

use std::path::Path;
use std::process::Command;

/// The compiler whose messages are pinned.
const PINNED: &str = "rustc 1.95.";

/// What the compiler answers.
fn ask(arguments: &[&str]) -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(arguments).output().expect("the compiler runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn messages_are_the_pinned_ones() {
    let version = ask(&["--version"]);
    if !version.starts_with(PINNED) {
        println!("the messages are pinned with {PINNED}x, and this is {version}: not compared");
        return;
    }
    // With the standard library's source at hand the compiler quotes it, where some messages point into it.
    if Path::new(&ask(&["--print", "sysroot"])).join("lib/rustlib/src").exists() {
        println!(
            "the messages are pinned without the component rust-src, which is installed here: not compared"
        );
        return;
    }
    trybuild::TestCases::new().compile_fail("rejected/*/*.rs");
}
