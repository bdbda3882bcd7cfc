//! Pages that name programs, tests and theorems: all of them exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of all files below a directory that end in `.rs`, and of all functions in them.
fn known(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("a directory of ours") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                known(&path, names);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
            let text = fs::read_to_string(&path).expect("readable");
            for part in text.split("fn ").skip(1) {
                let end = part.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
                names.insert(part[..end.unwrap_or(part.len())].to_owned());
            }
        }
    }
}

/// What a page names between back ticks, where it looks like a program's, a test's or a theorem's name.
fn named(page: &str) -> Vec<String> {
    let names = page.split('`').skip(1).step_by(2);
    let is_name = |name: &&str| {
        name.contains('_')
            && !name.contains("LOCK")
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    names.filter(is_name).map(str::to_owned).collect()
}

/// The names of what is proved and defined in the proof.
fn proved(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("a directory of ours") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|ending| ending != "v") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("readable");
        for line in text.lines() {
            let mut words = line.split([' ', ':', '.']);
            if let (Some("Theorem" | "Lemma" | "Example"), Some(name)) = (words.next(), words.next()) {
                names.insert(name.to_owned());
            }
        }
    }
}

#[test]
fn what_the_soundness_page_names_exists() {
    let root = tests::root();
    let mut names = BTreeSet::new();
    for directory in ["ui-tests/rejected", "lockorder", "lockorder-macros", "kernel", "tests"] {
        known(&root.join(directory), &mut names);
    }
    proved(&root.join("docs/proof"), &mut names);
    let page = fs::read_to_string(root.join("docs/soundness.md")).expect("readable");
    let on_page = named(&page);
    assert!(on_page.len() >= 70, "{} names are read from the page", on_page.len());
    let missing: Vec<_> = on_page.iter().filter(|name| !names.contains(*name)).collect();
    assert!(missing.is_empty(), "the page names what does not exist: {missing:?}");
}

#[test]
fn every_lock_bug_has_its_row_and_every_program_exists() {
    let root = tests::root();
    let page = fs::read_to_string(root.join("docs/lock-bugs.md")).expect("readable");
    assert_eq!(numbers(&page.replacen("\n| #", "\n## \n| #", 1)), [(1..=56).collect::<Vec<_>>()]);
    let mut names = BTreeSet::new();
    known(&root.join("ui-tests/rejected"), &mut names);
    let missing: Vec<_> = named(&page).into_iter().filter(|name| !names.contains(name)).collect();
    assert!(missing.is_empty(), "the page names what does not exist: {missing:?}");
}

/// The numbers of the rows of each table of a page.
fn numbers(page: &str) -> Vec<Vec<usize>> {
    let mut tables = Vec::new();
    for part in page.split("\n## ").skip(1) {
        let rows = part.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()?.parse().ok());
        tables.push(rows.collect());
    }
    tables
}

#[test]
fn every_nesting_has_its_row_and_every_program_exists() {
    let root = tests::root();
    let page = fs::read_to_string(root.join("docs/nestings.md")).expect("readable");
    assert_eq!(numbers(&page), [(1..=20).collect::<Vec<_>>(), (1..=42).collect()]);
    let mut names = BTreeSet::new();
    known(&root.join("ui-tests/rejected"), &mut names);
    let on_page = named(&page);
    let missing: Vec<_> = on_page.iter().filter(|name| !names.contains(*name)).collect();
    assert!(missing.is_empty(), "the page names what does not exist: {missing:?}");
    let group = root.join("ui-tests/rejected/nestings");
    for file in fs::read_dir(group).expect("readable") {
        let path = file.expect("readable").path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
            assert!(on_page.contains(&name), "{name} is not on the page");
        }
    }
}
