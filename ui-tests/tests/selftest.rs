//! The programs made from lockdep's self-tests are those on disk, and no pair of the table is forgotten.
//!
//! `BLESS=1` writes them, and the page.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ui_tests::selftest::page::{allowed, page, programs};
use ui_tests::selftest::{Outcome, outcome, pairs};
use ui_tests::{Program, compile_all, judge_accepted, pinned_compiler, root};

/// The names of the files in a directory that end in `.rs`.
fn on_disk(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok()?.strip_suffix(".rs").map(str::to_owned))
        .collect()
}

#[test]
fn the_programs_on_disk_are_those_of_the_table() {
    let bless = std::env::var_os("BLESS").is_some();
    let programs = programs();
    let names: BTreeSet<String> = programs.iter().map(|(name, ..)| name.clone()).collect();
    assert_eq!(names.len(), programs.len(), "two pairs have one name");
    for kind in ["rejected", "accepted"] {
        let directory = root().join(kind).join("selftest");
        for (name, rejected, accepted) in &programs {
            let (path, text) = (
                directory.join(name).with_extension("rs"),
                if kind == "rejected" { rejected } else { accepted },
            );
            if bless {
                fs::create_dir_all(&directory).expect("writable");
                fs::write(&path, text).expect("writable");
            }
            assert_eq!(
                fs::read_to_string(&path).unwrap_or_default(),
                *text,
                "{}: BLESS=1 writes it",
                path.display()
            );
        }
        assert_eq!(on_disk(&directory), names, "a program of no pair");
    }
    let path = root().join("../docs/selftest-programs.md");
    if bless {
        fs::write(&path, page()).expect("writable");
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), page(), "BLESS=1 writes the page");
}

#[test]
fn what_must_be_rejected_is_rejected_or_explained() {
    for pair in pairs() {
        let right = matches!(
            (pair.reject, outcome(&pair)),
            (true, Outcome::Rejected(_) | Outcome::CheckerOnly(_))
                | (false, Outcome::Allowed(_) | Outcome::Refused(_))
        );
        assert!(right, "{pair:?}");
    }
}

#[test]
fn what_is_allowed_compiles() {
    let programs: Vec<Program> = allowed()
        .into_iter()
        .map(|(name, text)| Program {
            group: "allowed".to_owned(),
            name,
            bug: String::new(),
            source: String::new(),
            errors: Vec::new(),
            fix: String::new(),
            // There is nothing to reject.
            rejected: "fn main() {}\n".to_owned(),
            accepted: text,
        })
        .collect();
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("allowed");
    let said = compile_all(&place, &programs).expect("the compiler runs");
    for program in &programs {
        let said = said.get(&format!("accepted-{}", program.name)).map(Vec::as_slice);
        assert_eq!(
            judge_accepted(said, pinned_compiler()),
            Ok(()),
            "{}:\n{}",
            program.name,
            program.accepted
        );
    }
}
