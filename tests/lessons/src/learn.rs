//! `learn`: one exercise after the other.
//!
//! A student works on a copy: the next exercise is put into a folder of the student's own, and watched. Whenever the file is saved it is
//! compiled and run. Once it passes, what was learnt is said, and the next one comes. What is done, and how many hints were
//! shown, is one line each in the file `progress` beside the copies.

mod progress;
mod show;

use std::fs;
use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};

use crate::compiler::{Checker, Library, place, root};
use crate::exercise::{self, Exercise, Outcome, attempt};
use progress::Progress;
use show::{heading, paragraph, say, shown_outcome};

/// How often a file is looked at.
const POLL: Duration = Duration::from_millis(200);

/// What to do.
#[derive(Debug, Args)]
pub struct Learn {
    /// The folder of the student's own [default: `exercises` in the repository]
    #[arg(long, global = true, value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List all exercises, and what is done
    List,
    /// Show a hint for the next exercise or another one; each time it says more
    Hint {
        /// The exercise, or a part of its name
        name: Option<String>,
    },
    /// Compile and run the next exercise, or another one, once
    Check {
        /// The exercise, or a part of its name
        name: Option<String>,
    },
    /// Begin an exercise again: the copy is as it was, and it is not done
    Reset {
        /// The exercise, or a part of its name
        name: String,
    },
    /// Show the solution of an exercise that is done, and why it is right
    Solution {
        /// The exercise, or a part of its name
        name: String,
    },
    /// Check that all solutions pass, and that no exercise passes unsolved
    Verify {
        /// Only exercises with this in their name
        #[arg(long, value_name = "PART")]
        only: Option<String>,
    },
}

/// Where a student is.
struct Course {
    exercises: Vec<Exercise>,
    folder: PathBuf,
    progress: Progress,
}

/// What goes wrong with a file, in one line.
fn failed(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

impl Course {
    fn new(folder: Option<PathBuf>) -> Result<Self, String> {
        let folder = folder.unwrap_or_else(|| root().join("exercises"));
        fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
        let folder = fs::canonicalize(&folder).map_err(|error| failed(&folder, &error))?;
        let progress = Progress::read(&folder.join("progress"))?;
        Ok(Self { exercises: exercise::all()?, folder, progress })
    }

    /// The first exercise that is not done.
    fn next(&self) -> Option<&Exercise> {
        self.exercises.iter().find(|exercise| !self.progress.is_done(&exercise.name))
    }

    /// The exercise that a word names, or the next one.
    fn named(&self, name: Option<&str>) -> Result<Exercise, String> {
        let Some(part) = name else {
            return self.next().cloned().ok_or_else(|| "all exercises are done; name one".to_owned());
        };
        let part = part.trim_end_matches(".rs");
        let fits: Vec<_> = self.exercises.iter().filter(|exercise| exercise.name.contains(part)).collect();
        match fits.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(format!("there is no exercise {part}; see them with: cargo run -- learn list")),
            // A whole name is one, also where it is a part of others.
            several => {
                several.iter().find(|exercise| exercise.name == part).map(|one| (*one).clone()).ok_or_else(
                    || {
                        let names: Vec<_> = several.iter().map(|exercise| exercise.name.as_str()).collect();
                        format!("{part} may be any of {}", names.join(", "))
                    },
                )
            }
        }
    }

    /// The student's copy of an exercise, made if it is not there.
    fn copy(&self, exercise: &Exercise) -> Result<PathBuf, String> {
        let path = self.folder.join(&exercise.name).with_extension("rs");
        if !path.exists() {
            fs::write(&path, &exercise.unsolved).map_err(|error| failed(&path, &error))?;
        }
        Ok(path)
    }

    /// Tries the copy, says what became of it, and notes it down; says whether it passes.
    fn check(&mut self, library: &Library, exercise: &Exercise) -> Result<bool, String> {
        let path = self.copy(exercise)?;
        let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        let outcome = attempt(library, exercise, &text)?;
        say(&shown_outcome(exercise, &outcome));
        if outcome == Outcome::Passes {
            self.progress.done(&exercise.name)?;
        }
        Ok(outcome == Outcome::Passes)
    }

    /// Shows the next hint of an exercise.
    fn hint(&mut self, exercise: &Exercise) -> Result<(), String> {
        let shown = self.progress.hints(&exercise.name).min(exercise.hints.len() - 1);
        let last = if shown + 1 == exercise.hints.len() { " It is the last one." } else { "" };
        say(&format!("{}, hint {} of {}:{last}\n", exercise.name, shown + 1, exercise.hints.len()));
        say(&paragraph(&exercise.hints[shown]));
        self.progress.hinted(&exercise.name, shown + 1)
    }

    /// What is said before an exercise.
    fn introduce(&self, exercise: &Exercise) -> Result<(), String> {
        let path = self.copy(exercise)?;
        let done = self.exercises.iter().filter(|exercise| self.progress.is_done(&exercise.name)).count();
        let number =
            self.exercises.iter().position(|other| other.name == exercise.name).map_or(0, |at| at + 1);
        say(&heading(&format!("{}. {}", number, exercise.title)));
        say(&format!("{done} of {} are done\n\n", self.exercises.len()));
        say(&paragraph(&exercise.task));
        say(&format!("\n{}\n\nThe file to edit: {}\n\n", exercise.bug, path.display()));
        Ok(())
    }

    /// One exercise after the other, until all are done.
    fn watch(&mut self, library: &Library) -> Result<(), String> {
        while let Some(exercise) = self.next().cloned() {
            self.introduce(&exercise)?;
            let path = self.copy(&exercise)?;
            let changed = || {
                fs::metadata(&path).and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
            };
            let mut seen = changed();
            while !self.check(library, &exercise)? {
                say(
                    "\nSave the file to try again; in another terminal: cargo run -- learn hint. Control-C ends this.\n",
                );
                // An editor may take the file away for a moment, and write it in pieces.
                while changed() == seen || !path.exists() {
                    thread::sleep(POLL);
                }
                thread::sleep(POLL);
                seen = changed();
                say(&heading(&exercise.title));
            }
        }
        say("All exercises are done.\n");
        Ok(())
    }

    fn list(&self) {
        for exercise in &self.exercises {
            let mark = if self.progress.is_done(&exercise.name) { "done" } else { "    " };
            say(&format!("{mark}  {:<24}{}\n", exercise.name, exercise.title));
        }
        let done = self.exercises.iter().filter(|exercise| self.progress.is_done(&exercise.name)).count();
        say(&format!(
            "\n{done} of {} are done; copies are in {}\n",
            self.exercises.len(),
            self.folder.display()
        ));
    }
}

/// Verifies exercises, a line for each that is wrong; says whether none is.
fn verify(library: &Library, only: Option<&str>) -> Result<bool, String> {
    let exercises = exercise::all()?;
    let chosen: Vec<_> =
        exercises.iter().filter(|exercise| only.is_none_or(|part| exercise.name.contains(part))).collect();
    if chosen.is_empty() {
        return Err(format!("there is no exercise {}", only.unwrap_or_default()));
    }
    let mut wrong = 0;
    for exercise in &chosen {
        if let Err(why) = exercise::verify(library, exercise) {
            wrong += 1;
            say(&format!("{why}\n"));
        }
    }
    say(&format!("{} exercises: {} are well, {wrong} are not\n", chosen.len(), chosen.len() - wrong));
    Ok(wrong == 0)
}

/// Does it; says whether all is well.
///
/// # Errors
///
/// One line with what to do.
pub fn run(options: Learn) -> Result<bool, String> {
    let library = || {
        if !place().join("plain/library").is_dir() {
            say("compiling the library once, for all exercises\n");
        }
        Library::compile(&place(), Checker::Off)
    };
    if let Some(What::Verify { only }) = &options.what {
        return verify(&library()?, only.as_deref());
    }
    let mut course = Course::new(options.folder)?;
    match options.what {
        Some(What::List) => course.list(),
        Some(What::Hint { name }) => {
            let exercise = course.named(name.as_deref())?;
            course.hint(&exercise)?;
        }
        Some(What::Check { name }) => {
            let exercise = course.named(name.as_deref())?;
            course.introduce(&exercise)?;
            return course.check(&library()?, &exercise);
        }
        Some(What::Reset { name }) => {
            let exercise = course.named(Some(&name))?;
            let path = course.folder.join(&exercise.name).with_extension("rs");
            fs::write(&path, &exercise.unsolved).map_err(|error| failed(&path, &error))?;
            course.progress.forget(&exercise.name)?;
            say(&format!("{} is as it was\n", path.display()));
        }
        Some(What::Solution { name }) => {
            let exercise = course.named(Some(&name))?;
            if !course.progress.is_done(&exercise.name) {
                return Err(format!("{} is not done; a hint: cargo run -- learn hint {0}", exercise.name));
            }
            say(&format!("{}\n{}", exercise.solved(), paragraph(&exercise.why)));
        }
        // Nobody saves a file where nobody looks.
        None if !stdout().is_terminal() => {
            let exercise = course.named(None)?;
            course.introduce(&exercise)?;
            return course.check(&library()?, &exercise);
        }
        None => course.watch(&library()?)?,
        Some(What::Verify { .. }) => {}
    }
    Ok(true)
}
