//! Rules of tokens broken on purpose: the search, at its least depth, finds each of them.
//!
//! A copy of the library is made under the target directory, and changed. Two mutants run each time, others with each
//! commit; all of them run with `LOCKORDER_MUTANTS=all`, those with a part of their rule's name with that part.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use closure_tests::closure::{search, workspace};
use closure_tests::mutants::{MUTANTS, Mutant};
use closure_tests::questions::Extent;

/// How many run without being asked for.
const SAMPLE: usize = 2;

/// A workspace of the library alone.
fn copied() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("closure-mutants");
    mutation::copy_workspace(&place, &["lockorder", "lockorder-macros"]);
    place
}

/// Whether the search finds a mutant: what it tells first.
fn found(place: &Path, mutant: &Mutant) -> Result<String, String> {
    let files: Vec<_> = mutant
        .edits
        .iter()
        .map(|(file, ..)| place.join("lockorder/src").join(file))
        .map(|path| (fs::read_to_string(&path).expect("readable"), path))
        .collect();
    for ((_, path), (_, from, to)) in files.iter().zip(mutant.edits) {
        let text = fs::read_to_string(path).expect("readable");
        fs::write(path, text.replace(from, to)).expect("writable");
    }
    let outcome = search(place, &place.join("target"), &place.join("work"), Extent::Least);
    for (text, path) in files.iter().rev() {
        fs::write(path, text).expect("writable");
    }
    let outcome = outcome?;
    let first = outcome.findings.keys().next().cloned();
    first.or_else(|| outcome.errors.first().cloned()).ok_or_else(|| "nothing is found".to_owned())
}

#[test]
fn every_broken_rule_is_found() {
    let place = copied();
    let clean =
        search(&place, &place.join("target"), &place.join("work"), Extent::Least).expect("it compiles");
    let known = closure_tests::closure::table().holes;
    let odd: Vec<_> =
        clean.findings.keys().filter(|what| !known.contains(*what)).chain(&clean.errors).collect();
    assert!(odd.is_empty(), "the copy must be found well before anything is broken in it: {odd:#?}");
    let mut survivors = Vec::new();
    for mutant in mutation::chosen(MUTANTS, |mutant| mutant.rule, SAMPLE) {
        let began = Instant::now();
        match found(&place, mutant) {
            Ok(what) => println!("found    {} ({:.0?}): {what}", mutant.rule, began.elapsed()),
            Err(why) => {
                println!("SURVIVED {}: {why:.1500}", mutant.rule);
                survivors.push(mutant.rule);
            }
        }
    }
    assert!(survivors.is_empty(), "the search does not find it when these are broken: {survivors:#?}");
}

#[test]
fn every_mutant_has_its_place() {
    for mutant in MUTANTS {
        for (file, from, _) in mutant.edits {
            let text = fs::read_to_string(workspace().join("lockorder/src").join(file)).expect("readable");
            assert!(text.contains(from), "the mutant of `{}` has lost its place in {file}", mutant.rule);
        }
    }
}
