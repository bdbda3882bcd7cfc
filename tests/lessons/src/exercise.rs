//! Exercises: what there are, and whether a text solves one.
//!
//! `docs/exercises/NAME.rs` is what a student begins with: a title, a task, the bug that it is from, and a program that does not
//! compile or does not do what it should. `tests/lessons/solutions/NAME.rs` has the same program mended. Its header has what is
//! shown little by little:
//!
//! ```text
//! //! hint: the first hint; there are three
//! //! fails: E0277 a part of what is said of the unsolved exercise
//! //! learnt: what the exercise was about
//! //! why: why the solution is right
//! ```
//!
//! `fails` begins with the code of the compiler's error, `any` for any code, `ill` for a program that ends badly, or is `frozen`. What stands
//! below [`MARK`] is the check, and stays as it is.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use ui_tests::MISTAKES;

use crate::compiler::{Ended, Library, root, run};

/// What stands above the part that checks the rest.
pub const MARK: &str = "// ---- Nothing below this line needs to change. ----";

/// How long an exercise may run: some freeze before they are solved.
const RUNNING: Duration = Duration::from_secs(5);

/// An exercise.
#[derive(Clone, Debug)]
pub struct Exercise {
    /// Its file's name without the ending, which begins with its number.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What to do.
    pub task: String,
    /// The real bug, as its last line names it.
    pub bug: String,
    /// The text to begin with.
    pub unsolved: String,
    /// The solution, with its header.
    pub solution: String,
    /// Hints, each says more than the one before.
    pub hints: Vec<String>,
    /// What is said of the unsolved text.
    pub fails: String,
    /// What was learnt.
    pub learnt: String,
    /// Why the solution is right.
    pub why: String,
}

/// Where the exercises are.
#[must_use]
pub fn exercises() -> PathBuf {
    root().join("docs/exercises")
}

/// Where the solutions are.
#[must_use]
pub fn solutions() -> PathBuf {
    root().join("tests/lessons/solutions")
}

/// The lines of a text's header, without what marks them.
fn header(text: &str) -> Vec<&str> {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect()
}

/// Values of a header under a name; a line that is indented goes on with the one before.
fn values(header: &[&str], name: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    let mut open = false;
    for line in header {
        if let Some(value) = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")) {
            values.push(value.to_owned());
            open = true;
        } else if let Some(more) = line.strip_prefix("    ").filter(|_| open) {
            if let Some(last) = values.last_mut() {
                last.extend([" ", more]);
            }
        } else {
            open = false;
        }
    }
    values
}

impl Exercise {
    /// Reads an exercise from its two texts.
    ///
    /// # Errors
    ///
    /// What is wrong with a header.
    pub fn parse(name: &str, unsolved: String, solution: String) -> Result<Self, String> {
        let lines = header(&unsolved);
        let title = lines.first().copied().unwrap_or_default().trim_end_matches('.').to_owned();
        let bug = lines.last().copied().unwrap_or_default();
        let bug = bug.strip_prefix("After bug ").map(|_| bug.to_owned());
        let bug =
            bug.ok_or("the header's last line does not name a bug: `After bug N of docs/lock-bugs.md: …`")?;
        let task = &lines[1..lines.len() - 1];
        let task = task.join("\n").trim().to_owned();
        let lines = header(&solution);
        let one = |name: &str| {
            let mut all = values(&lines, name);
            if all.len() == 1 {
                Ok(all.remove(0))
            } else {
                Err(format!("the solution has not one `{name}: …`"))
            }
        };
        let (fails, learnt, why) = (one("fails")?, one("learnt")?, one("why")?);
        let hints = values(&lines, "hint");
        if hints.len() < 2 || task.is_empty() || title.is_empty() {
            return Err("a title, a task and two hints are the least".to_owned());
        }
        let name = name.to_owned();
        let this = Self { name, title, task, bug, unsolved, solution, hints, fails, learnt, why };
        let checks = [check_part(&this.unsolved), check_part(&this.solution)];
        if checks[0].is_none() || checks[0] != checks[1] {
            return Err("what checks the exercise is not the same in its solution".to_owned());
        }
        Ok(this)
    }

    /// The number of the bug in `docs/lock-bugs.md`.
    #[must_use]
    pub fn bug_number(&self) -> Option<u32> {
        self.bug.strip_prefix("After bug ")?.split(' ').next()?.parse().ok()
    }

    /// The solution without its header.
    #[must_use]
    pub fn solved(&self) -> String {
        ui_tests::Program::body(&self.solution)
    }
}

/// What checks an exercise.
fn check_part(text: &str) -> Option<&str> {
    text.split_once(MARK).map(|(_, check)| check.trim())
}

/// All exercises, in their order.
///
/// # Errors
///
/// The file that is missing or wrong.
pub fn all() -> Result<Vec<Exercise>, String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(exercises()).map_err(|error| format!("docs/exercises: {error}"))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    let read = |folder: PathBuf, name: &str| {
        let path = folder.join(name).with_extension("rs");
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let one = |name: &String| {
        Exercise::parse(name, read(exercises(), name)?, read(solutions(), name)?)
            .map_err(|wrong| format!("{name}: {wrong}"))
    };
    names.iter().map(one).collect()
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It compiles, runs, and its checks hold.
    Passes,
    /// The check was changed.
    CheckChanged,
    /// The compiler refuses it: what it says, and what that means.
    Refused(String, Option<&'static str>),
    /// It ends badly, with these words.
    Ill(String),
    /// It does not end.
    Frozen,
}

/// What the first error means, where the table of mistakes has it.
fn meaning(said: &[ui_tests::Diagnostic]) -> Option<&'static str> {
    let error = said.iter().find(|diagnostic| diagnostic.level == "error")?;
    let fits = MISTAKES.iter().find(|mistake| {
        error.message.contains(mistake.says) && error.notes.iter().any(|note| note.contains(mistake.note))
    });
    fits.map(|mistake| mistake.fix)
}

/// The words of a program that has ended badly: its panics, without where the library was.
fn last_words(errors: &str) -> String {
    let kept = errors.lines().filter(|line| {
        !line.trim().is_empty() && !line.starts_with("note: run with") && !line.starts_with("stack backtrace")
    });
    kept.take(12).collect::<Vec<_>>().join("\n")
}

/// Tries a text as a solution.
///
/// # Errors
///
/// The compiler or the program cannot be run.
pub fn attempt(library: &Library, exercise: &Exercise, text: &str) -> Result<Outcome, String> {
    if check_part(text) != check_part(&exercise.unsolved) {
        return Ok(Outcome::CheckChanged);
    }
    let shown_as = format!("exercises/{}.rs", exercise.name);
    let compiled = library.program(&format!("exercise_{}", exercise.name), &shown_as, text, true)?;
    let Some(program) = compiled.program else {
        return Ok(Outcome::Refused(compiled.shown, meaning(&compiled.said)));
    };
    let ran = run(&program, RUNNING)?;
    Ok(match ran.ended {
        Ended::Well => Outcome::Passes,
        Ended::Ill => Outcome::Ill(last_words(&ran.errors)),
        Ended::Frozen => Outcome::Frozen,
    })
}

/// Whether the unsolved text fails as its solution's header says.
fn fails_as_said(exercise: &Exercise, outcome: &Outcome) -> bool {
    let (kind, part) = exercise.fails.split_once(' ').unwrap_or((&exercise.fails, ""));
    match outcome {
        Outcome::Passes | Outcome::CheckChanged => false,
        Outcome::Refused(shown, _) => {
            let code = kind == "any" || shown.contains(&format!("error[{kind}]"));
            code && shown.contains(part)
        }
        Outcome::Ill(words) => kind == "ill" && words.contains(part),
        Outcome::Frozen => kind == "frozen",
    }
}

/// Verifies an exercise: its solution passes without a word, and it does not pass unsolved but fails as is said.
///
/// # Errors
///
/// What is wrong with it.
pub fn verify(library: &Library, exercise: &Exercise) -> Result<(), String> {
    let solved = attempt(library, exercise, &exercise.solution)?;
    if solved != Outcome::Passes {
        return Err(format!("{}: the solution does not pass: {solved:#?}", exercise.name));
    }
    let unsolved = attempt(library, exercise, &exercise.unsolved)?;
    if !fails_as_said(exercise, &unsolved) {
        let said = &exercise.fails;
        return Err(format!("{}: unsolved it should fail as {said:?}: {unsolved:#?}", exercise.name));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Exercise, MARK, values};

    #[test]
    fn a_header_has_everything() {
        let check = format!("{MARK}\nfn main() {{}}\n");
        let unsolved = format!(
            "//! Title.\n//!\n//! Do it.\n//!\n//! After bug 3 of docs/lock-bugs.md: there, it.\n\n{check}"
        );
        let solution = format!(
            "//! Solution.\n//! hint: one\n//!     goes on\n//! hint: two\n//! fails: E0277 x\n//! learnt: l\n//!\n//! why: w\n\n{check}"
        );
        let read = Exercise::parse("01_x", unsolved.clone(), solution.clone()).unwrap();
        assert_eq!(
            (read.title.as_str(), read.task.as_str(), read.bug_number()),
            ("Title", "Do it.", Some(3))
        );
        assert_eq!(read.hints, ["one goes on", "two"]);
        assert_eq!((read.fails.as_str(), read.why.as_str()), ("E0277 x", "w"));
        for (unsolved, solution) in [
            (unsolved.replace("After bug 3", "A bug"), solution.clone()),
            (unsolved.clone(), solution.replace("//! hint: two\n", "")),
            (unsolved.clone(), solution.replace("learnt", "learned")),
            (unsolved, solution.replace("fn main() {}", "fn main() { }")),
        ] {
            Exercise::parse("01_x", unsolved, solution).unwrap_err();
        }
        assert_eq!(values(&["a: 1", "", "    2"], "a"), ["1"]);
    }
}
