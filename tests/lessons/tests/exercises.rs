//! Exercises are right: each fails unsolved as it should, each solution passes, each is from a real bug; and a student gets from
//! one to the next.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};
use std::thread;

use lessons::compiler::{Checker, Library, root};
use lessons::exercise::{Exercise, Outcome, all, attempt, exercises, verify};

/// The least that there are.
const LEAST: usize = 36;

fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exercises");
        Library::compile(&place, Checker::Off).expect("the library builds")
    })
}

fn course() -> Vec<Exercise> {
    all().expect("the exercises are well-formed")
}

#[test]
fn every_solution_passes_and_no_exercise_passes_unsolved() {
    let left = Mutex::new(course());
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(exercise) = left.lock().expect("nobody panics with it").pop() else { break };
                    let verdict = verify(library(), &exercise);
                    wrong.lock().expect("nobody panics with it").extend(verdict.err());
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("nobody panics with it");
    assert!(wrong.is_empty(), "{} exercises are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn what_is_wrong_with_an_exercise_is_told() {
    // Under a name of its own: the other test compiles at the same time.
    let exercise = Exercise { name: "99_wrong".to_owned(), ..course().swap_remove(3) };
    let solved = Exercise { unsolved: exercise.solved(), ..exercise.clone() };
    let told = verify(library(), &solved).expect_err("it passes unsolved");
    assert!(told.contains("unsolved it should fail") && told.contains("Passes"), "{told}");
    let unsolvable = Exercise { solution: exercise.unsolved.clone(), ..exercise.clone() };
    let told = verify(library(), &unsolvable).expect_err("the solution is none");
    assert!(told.contains("the solution does not pass"), "{told}");
    let other = Exercise { fails: "E0277 cannot acquire `Nothing`".to_owned(), ..exercise.clone() };
    assert!(verify(library(), &other).is_err(), "it fails for another reason");
    let weakened = exercise.unsolved.replace("with_root(change);", "");
    assert_eq!(attempt(library(), &exercise, &weakened), Ok(Outcome::CheckChanged));
}

/// The rows of the page of bugs: number, where, and what.
fn bugs() -> Vec<(u32, String)> {
    let page = fs::read_to_string(root().join("docs/lock-bugs.md")).expect("the page is there");
    let row = |line: &str| {
        let cells: Vec<_> = line.split(" | ").collect();
        let number = cells.first()?.strip_prefix("| ")?.parse().ok()?;
        Some((number, format!("{}, {}", cells.get(1)?, cells.get(2)?)))
    };
    page.lines().filter_map(row).collect()
}

#[test]
fn every_exercise_has_one_idea_and_is_from_a_real_bug() {
    let (course, bugs) = (course(), bugs());
    assert!(course.len() >= LEAST, "{} exercises, and {LEAST} are the least", course.len());
    let mut ideas = BTreeSet::new();
    for (number, exercise) in course.iter().enumerate() {
        assert!(
            exercise.name.starts_with(&format!("{:02}_", number + 1)),
            "{} is out of its place",
            exercise.name
        );
        assert!(ideas.insert(&exercise.learnt), "{} has an idea that another one has", exercise.name);
        let bug = exercise.bug_number();
        let row = bugs.iter().find(|(number, _)| Some(*number) == bug);
        let (_, what) = row.unwrap_or_else(|| panic!("{}: there is no bug {bug:?}", exercise.name));
        assert!(
            exercise.bug.ends_with(&format!(": {what}.")),
            "{}: {} is not {what}",
            exercise.name,
            exercise.bug
        );
    }
}

#[test]
fn no_solution_stands_where_a_student_looks() {
    for entry in fs::read_dir(exercises()).expect("the folder is there") {
        let path = entry.expect("readable").path();
        let text = fs::read_to_string(&path).expect("readable");
        for exercise in course() {
            assert!(!text.contains(exercise.solved().trim()), "{} has a solution", path.display());
        }
        assert!(!text.contains("hint:") && !text.contains("learnt:"), "{} has hints", path.display());
    }
}

#[test]
fn the_page_of_exercises_lists_them() {
    let mut page = "# Exercises\n\n\
        `cargo run -- learn` shows one after the other; do not edit the files here, it makes copies. Each is from a real bug of\n\
        [lock bugs](../lock-bugs.md). This page is generated: `BLESS=1 cargo test -p lessons --test exercises`.\n\n\
        | exercise | about | bug |\n|---|---|---|\n"
        .to_owned();
    for exercise in course() {
        let bug = exercise.bug.split_once(" of docs/lock-bugs.md: ").expect("a bug is named");
        let number = bug.0.trim_start_matches("After bug ");
        writeln!(
            page,
            "| [{0}]({0}.rs) | {1} | {number}: {2} |",
            exercise.name,
            exercise.title,
            bug.1.trim_end_matches('.')
        )
        .expect("a string takes everything");
    }
    let path = exercises().join("README.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, page).expect("the page can be written");
    } else {
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == page, "the page is stale: BLESS=1 cargo test -p lessons --test exercises");
    }
}

/// What a student types.
fn learn(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lessons"))
        .arg("learn")
        .args(words)
        .arg("--folder")
        .arg(folder)
        .env("CARGO_TARGET_DIR", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .expect("it runs")
}

/// What it said, and whether all was well.
fn said(output: &Output) -> (String, bool) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (String::from_utf8_lossy(&text).into_owned(), output.status.success())
}

#[test]
fn a_student_gets_from_one_exercise_to_the_next() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("student");
    // From an earlier run; where there is none, all is well.
    let _ = fs::remove_dir_all(&folder);
    let first = course().swap_remove(0);
    let (text, well) = said(&learn(&folder, &[]));
    assert!(!well && text.contains(&first.title) && text.contains("error[E0277]"), "{text}");
    for hint in first.hints.iter().chain(first.hints.last()) {
        let (text, well) = said(&learn(&folder, &["hint"]));
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(well && joined.contains(hint), "{text}\nhas not {hint}");
    }
    let (text, well) = said(&learn(&folder, &["solution", &first.name]));
    assert!(!well && text.contains("is not done; a hint"), "{text}");
    let file = folder.join(&first.name).with_extension("rs");
    fs::write(&file, first.solved()).expect("writable");
    let (text, well) = said(&learn(&folder, &["check"]));
    assert!(well && text.contains("It passes.") && text.contains("Learnt:"), "{text}");
    let (text, well) = said(&learn(&folder, &["list"]));
    assert!(well && text.contains("done  01_") && text.contains("1 of"), "{text}");
    let (text, well) = said(&learn(&folder, &["solution", "01"]));
    assert!(well && text.contains("class Processes = 1;"), "{text}");
    let (text, _) = said(&learn(&folder, &[]));
    assert!(text.contains("== 2. "), "{text}");
    let (text, well) = said(&learn(&folder, &["reset", "01"]));
    assert!(well && text.contains("is as it was"), "{text}");
    assert_eq!(fs::read_to_string(&file).expect("readable"), first.unsolved);
    let (text, well) = said(&learn(&folder, &["check", "99"]));
    assert!(!well && text.contains("there is no exercise 99; see them with"), "{text}");
    let (text, well) = said(&learn(&folder, &["hint", "two_"]));
    assert!(well && text.contains("26_two_roles"), "{text}");
    let (text, well) = said(&learn(&folder, &["check", "3"]));
    assert!(!well && text.contains("3 may be any of 03_"), "{text}");
}

#[test]
fn the_readme_counts_right() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README is there");
    let scenarios = laboratory::scenarios::ALL.len();
    for words in [format!("{} exercises from real bugs", course().len()), format!("[{scenarios} bugs]")] {
        assert!(readme.contains(&words), "the README does not say {words}");
    }
}
