//! Every rejected program is rejected for its own reason, every twin compiles, on any compiler.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use ui_tests::{
    Diagnostic, LARGEST_CHANGE, MISTAKES, compile_all, corpus, difference, judge_accepted, judge_rejected,
    pinned_compiler,
};

/// The least that the corpus must have.
const LEAST: usize = 60;

/// What the compiler says of the whole corpus, asked once.
fn said() -> &'static BTreeMap<String, Vec<Diagnostic>> {
    static SAID: OnceLock<BTreeMap<String, Vec<Diagnostic>>> = OnceLock::new();
    SAID.get_or_init(|| {
        let programs = corpus().expect("the corpus is well-formed");
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
        compile_all(&place, &programs).expect("the compiler runs")
    })
}

/// Reports all that is wrong at once.
fn report(wrong: &[String], what: &str) {
    assert!(wrong.is_empty(), "{} programs {what}:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn every_program_is_judged_by_the_compiler() {
    let programs = corpus().expect("the corpus is well-formed");
    let said = said();
    let of = |kind: &str, name: &str| said.get(&format!("{kind}-{name}")).map(Vec::as_slice);
    // A newer compiler may have found something new to warn of.
    let strict = pinned_compiler();
    let mut wrong = Vec::new();
    for program in &programs {
        let path = program.path();
        if let Err(why) = judge_rejected(&program.errors, of("rejected", &program.name).unwrap_or_default()) {
            wrong.push(format!("rejected/{}: {why}", path.display()));
        }
        if let Err(why) = judge_accepted(of("accepted", &program.name), strict) {
            wrong.push(format!("accepted/{}: {why}", path.display()));
        }
    }
    report(&wrong, "are judged wrongly");
    println!("{} programs rejected, each for its own reason, and as many twins accepted", programs.len());
}

#[test]
fn every_mistake_is_named_and_its_fix_is_said() {
    let programs = corpus().expect("the corpus is well-formed");
    let mut wrong = Vec::new();
    for mistake in MISTAKES {
        let name = mistake.program.rsplit('/').next().unwrap_or_default();
        if !programs.iter().any(|program| program.path().with_extension("") == Path::new(mistake.program)) {
            wrong.push(format!("{}: there is no such program", mistake.program));
        }
        let errors = said().get(&format!("rejected-{name}")).map(Vec::as_slice).unwrap_or_default();
        let first = errors.iter().find(|error| error.level == "error");
        let right = first.is_some_and(|error| {
            error.message.contains(mistake.says) && error.notes.iter().any(|note| note.contains(mistake.note))
        });
        if !right {
            wrong.push(format!(
                "{}: expected {mistake:#?}, and the compiler says {first:#?}",
                mistake.program
            ));
        }
    }
    report(&wrong, "do not say what is wrong and what to do");
}

#[test]
fn every_twin_is_one_change_away() {
    let programs = corpus().expect("the corpus is well-formed");
    assert!(programs.len() >= LEAST, "{} programs, and {LEAST} are the least", programs.len());
    let mut names: Vec<_> = programs.iter().map(|program| &program.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), programs.len(), "a name is used twice");
    let far: Vec<_> = programs
        .iter()
        .filter_map(|program| {
            let (here, there) = difference(&program.rejected, &program.accepted);
            let one_change = (1..=LARGEST_CHANGE).contains(&here.max(there));
            (!one_change).then(|| format!("{}: {here} lines become {there}", program.path().display()))
        })
        .collect();
    report(&far, "are not one change away from their twins");
}
