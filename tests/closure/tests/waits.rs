//! The page of waits is what the tables say, and what they say is so.

use std::env;
use std::fs;

use closure_tests::closure::{table, workspace};
use closure_tests::source::Source;
use closure_tests::waits::{page, wrong};

#[test]
fn every_wait_has_its_row_and_every_row_is_true() {
    let source = Source::read(&workspace().join("lockorder/src"));
    let wrong = wrong(&table(), &source, &workspace().join("ui-tests/rejected"));
    assert!(wrong.is_empty(), "the rows are wrong:\n{}", wrong.join("\n"));
}

#[test]
fn the_page_is_what_the_tables_say() {
    let path = workspace().join("docs/waits.md");
    let page = page(&table());
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &page).expect("writable");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/waits.md is out of date: BLESS=1 cargo test -p closure-tests --test waits"
    );
}
