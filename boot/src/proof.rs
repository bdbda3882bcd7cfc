//! `proof`: the theorem of `docs/soundness.md`, checked by Rocq, and the table of answers that it prints.
//!
//! A copy of `docs/proof` is checked in the build directory, file by file, by the [`prover`]. Then it is looked at what `Check.v` says that each theorem rests on, and
//! whether `Table.v` prints what is committed as `answers.txt`, which `tests/conformance` compares with the compiler.

use std::fs;
use std::io::{self, Seek};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::failure::Failure;
use crate::process::{Supervised, Waited};
use crate::provision;
use crate::{interrupt, prover, report, workspace};

/// How long one file may take: seconds usually.
const LIMIT: Duration = Duration::from_mins(10);
/// The list of the files, in an order in which each comes after those that it needs.
const LIST: &str = "_CoqProject";
/// Prints what each theorem rests on.
const CHECK: &str = "Check.v";
/// Prints the table.
const TABLE: &str = "Table.v";
/// The committed table.
const ANSWERS: &str = "answers.txt";

/// What to do with the table.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Proof {
    /// Write the table that the rules print to docs/proof/answers.txt, after a rule has changed
    #[arg(long)]
    write: bool,
}

/// Checks the proof and the table; the status is 0 when both are right.
pub(crate) fn run(options: Proof) -> Result<u8, Failure> {
    let root = workspace::root()?;
    let source = root.join("docs/proof");
    provision::provide_for_proof()?;
    let prover =
        prover::path().ok_or_else(|| provision::Need::Prover.missing("it was there a moment ago"))?;
    let place = workspace::kernel_target(&root).with_file_name("proof");
    let files = copy(&source, &place)?;
    let (mut theorems, mut table) = (0, Vec::new());
    for (number, file) in files.iter().enumerate() {
        report::progress(&format!("{file} ({} of {})", number + 1, files.len()));
        let said = check(&prover, &place, file)?;
        match file.as_str() {
            CHECK => theorems = closed(&read(&place.join(file))?, &said).map_err(Failure::Proof)?,
            TABLE => table = rows(&said),
            _ => {}
        }
    }
    println!("proof: {theorems} theorems checked, no axioms");
    let answers = source.join(ANSWERS);
    if options.write {
        fs::write(&answers, table.join("\n") + "\n").map_err(|error| Failure::File(answers, error))?;
    } else if let Some(row) = first_difference(&table, &read(&answers)?) {
        return Err(Failure::Proof(format!(
            "docs/proof/{ANSWERS} is not what the rules answer ({row}); write it again with: cargo run -- proof --write"
        )));
    }
    println!("proof: {} rows of answers, as committed", table.len());
    Ok(0)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::File(path.to_path_buf(), error))
}

/// Copies the sources, and gives their names in order. What an earlier run has left is not there any more.
fn copy(source: &Path, place: &Path) -> Result<Vec<String>, Failure> {
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Failure::File(place.to_path_buf(), error));
        }
        _ => {}
    }
    fs::create_dir_all(place).map_err(|error| Failure::File(place.to_path_buf(), error))?;
    let files: Vec<_> = read(&source.join(LIST))?.lines().map(str::to_owned).collect();
    for file in &files {
        let from = source.join(file);
        fs::copy(&from, place.join(file)).map_err(|error| Failure::File(from, error))?;
    }
    Ok(files)
}

/// Checks one file, and gives what is printed.
fn check(prover: &Path, place: &Path, file: &str) -> Result<String, Failure> {
    let failed = |error| Failure::Program(prover.to_path_buf(), error);
    // Files and not pipes: nobody reads while it runs.
    let mut said = tempfile::tempfile().map_err(failed)?;
    let mut errors = tempfile::tempfile().map_err(failed)?;
    let mut command = prover::command(prover);
    command.arg("-q").arg(file).current_dir(place).stdin(Stdio::null());
    command.stdout(said.try_clone().map_err(failed)?).stderr(errors.try_clone().map_err(failed)?);
    let waited = Supervised::start(&mut command)?.wait(LIMIT).map_err(failed)?;
    if interrupt::requested() {
        return Err(Failure::Interrupted);
    }
    match waited {
        Waited::Ended(status) if status.success() => {
            said.rewind().map_err(failed)?;
            io::read_to_string(said).map_err(failed)
        }
        Waited::Ended(_) => {
            errors.rewind().map_err(failed)?;
            let errors = io::read_to_string(errors).unwrap_or_default();
            let message = errors.split_whitespace().take(40).collect::<Vec<_>>().join(" ");
            Err(Failure::Proof(format!("docs/proof/{file} does not hold: {message}")))
        }
        Waited::TimeUp => Err(Failure::TooLong("checking the proof", LIMIT)),
        Waited::Interrupted => Err(Failure::Interrupted),
    }
}

/// How many theorems [`CHECK`] asks for, if it is said of each that it rests on nothing.
fn closed(asked: &str, said: &str) -> Result<usize, String> {
    let asked: Vec<_> =
        asked.lines().filter_map(|line| line.strip_prefix("Print Assumptions ")?.strip_suffix('.')).collect();
    let closed = said.lines().filter(|line| *line == "Closed under the global context").count();
    if closed == asked.len() && closed > 0 {
        return Ok(closed);
    }
    Err(match said.split_once("Axioms:") {
        Some((_, axioms)) => format!(
            "the proof rests on an axiom: {}",
            axioms.split_whitespace().take(20).collect::<Vec<_>>().join(" ")
        ),
        None => format!("{closed} of {} theorems are closed", asked.len()),
    })
}

/// The rows that [`TABLE`] prints: strings of a list.
fn rows(said: &str) -> Vec<String> {
    said.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The first row that differs, in what is printed or else in what is committed.
fn first_difference<'a>(printed: &'a [String], committed: &'a str) -> Option<&'a str> {
    let mut printed = printed.iter().map(String::as_str);
    let mut committed = committed.lines();
    loop {
        match (printed.next(), committed.next()) {
            (None, None) => return None,
            (row, other) if row == other => {}
            (row, other) => return row.or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{closed, first_difference, rows};

    #[test]
    fn a_theorem_that_rests_on_an_axiom_is_told() {
        let asked = "Require Import Rules.\nPrint Assumptions one.\nPrint Assumptions two.\n";
        let fine = "Closed under the global context\n";
        assert_eq!(closed(asked, &fine.repeat(2)), Ok(2));
        assert_eq!(
            closed(asked, &format!("{fine}Axioms:\nguess : 1 = 2\n")),
            Err("the proof rests on an axiom: guess : 1 = 2".to_owned())
        );
        assert!(closed(asked, fine).is_err() && closed("", "").is_err());
    }

    #[test]
    fn the_first_row_that_differs_is_told() {
        let printed = rows("     = [\"lock A: 10\"; \"lock B: 01\"]\n     : list string\n");
        assert_eq!(printed, ["lock A: 10", "lock B: 01"]);
        assert_eq!(first_difference(&printed, "lock A: 10\nlock B: 01\n"), None);
        assert_eq!(first_difference(&printed, "lock A: 10\nlock B: 11\n"), Some("lock B: 01"));
        assert_eq!(first_difference(&printed, "lock A: 10\nlock B: 01\nlock C: 1\n"), Some("lock C: 1"));
        assert_eq!(first_difference(&printed, ""), Some("lock A: 10"));
    }
}
