//! The messages themselves, pinned: what a student reads.
//!
//! Messages drift from release to release, so this runs on the compiler that they were pinned with and says
//! so on others, where `corpus.rs` still checks code and headline. To pin them again:
//! `TRYBUILD=overwrite cargo test -p ui-tests --test messages`.

use std::path::Path;

use ui_tests::{PINNED, ask, pinned_compiler};

#[test]
fn messages_are_the_pinned_ones() {
    if !pinned_compiler() {
        println!("the messages are pinned with {PINNED}x, and this is {}: not compared", ask(&["--version"]));
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
