//! No sequence of safe calls reaches a token that allows more, and every finding is a known one.

use std::path::{Path, PathBuf};
use std::time::Instant;

use closure_tests::closure::{Outcome, search, table, workspace};

/// The build directory that this test was built in: the library's dependencies are built there already.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the build directory").to_path_buf()
}

/// Searches, and compares what is found with what is known.
fn compare(depth: usize) {
    let began = Instant::now();
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("closure-{depth}"));
    let Outcome { findings, errors, counts: [programs, positions, states] } =
        search(&workspace(), &target(), &place, depth).unwrap_or_else(|why| panic!("{why}"));
    println!("{programs} questions, {positions} positions, {states} states in {:.0?}", began.elapsed());
    assert!(errors.is_empty(), "the tables are wrong:\n{}", errors.join("\n"));
    let known = table().holes;
    let new: Vec<_> = findings.iter().filter(|(what, _)| !known.contains(*what)).collect();
    let told: Vec<_> = new.iter().map(|(what, example)| format!("{what}\n    {example}")).collect();
    assert!(new.is_empty(), "rules are broken:\n{}", told.join("\n"));
    let gone: Vec<_> = known.iter().filter(|what| !findings.contains_key(*what)).collect();
    assert!(gone.is_empty(), "known holes are not found any more; strike them: {gone:#?}");
}

#[test]
fn nothing_safe_reaches_a_token_that_allows_more() {
    compare(1);
}

#[test]
#[ignore = "takes minutes: `cargo run -- soak closure`"]
fn nor_does_anything_composed_twice() {
    compare(2);
}
