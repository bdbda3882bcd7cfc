//! The compiler's answers.
//!
//! All functions are in one file, one a line, and an error's span says which it refuses. What is left is compiled again until the
//! compiler has nothing to say, for it may not come to borrows while there are wrong types. The file is compiled by itself
//! against the library that cargo has built, without code.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::questions::{COLUMNS, Operation, prelude};
use crate::table::Answers;

/// Errors by which a function may be refused: a missing implementation, and a token of another type than asked for. Anything
/// else is a mistake in the question.
const REFUSALS: [&str; 3] = ["E0277", "E0308", "E0271"];

/// Where things are.
#[derive(Clone, Debug)]
pub struct Compiler {
    rustc: PathBuf,
    library: PathBuf,
    place: PathBuf,
}

impl Compiler {
    /// Has cargo build the library, which it usually has, and finds it. `place` is a directory to work in.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn find(place: &Path) -> Result<Self, String> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["build", "--package", "conformance", "--lib", "--locked", "--message-format=json"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let library = said
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["reason"] == "compiler-artifact" && line["target"]["name"] == "lockorder")
            .flat_map(|line| line["filenames"].as_array().cloned().unwrap_or_default())
            .filter_map(|file| file.as_str().map(PathBuf::from))
            .find(|file| file.extension().is_some_and(|ending| ending == "rlib"))
            .ok_or_else(|| format!("cargo has not built the library: {}", String::from_utf8_lossy(&output.stderr)))?;
        fs::create_dir_all(place).map_err(|error| format!("{}: {error}", place.display()))?;
        let rustc = env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
        Ok(Self { rustc, library, place: place.to_path_buf() })
    }

    /// Asks every question.
    ///
    /// # Errors
    ///
    /// A question that is not refused by a rule of the library but is no Rust, or that the compiler cannot be run.
    pub fn answers(&self, operations: &[Operation]) -> Result<Answers, String> {
        let questions: Vec<_> =
            operations.iter().flat_map(|operation| (0..COLUMNS).map(move |number| (operation, number))).collect();
        // As many files as there are processors, for the compiler uses one.
        let files = thread::available_parallelism().map_or(2, usize::from).min(8);
        let batches: Vec<_> = questions.chunks(questions.len().div_ceil(files)).collect();
        let compiled: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = batches
                .iter()
                .enumerate()
                .map(|(number, batch)| scope.spawn(move || self.survivors(&format!("questions{number}"), batch)))
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no question panics")).collect()
        });
        let mut answers = Answers::new();
        for (batch, survivors) in batches.iter().zip(compiled) {
            let survivors = survivors?;
            for (index, (operation, number)) in batch.iter().enumerate() {
                let row = answers.entry(operation.name.clone()).or_insert_with(|| vec![false; COLUMNS]);
                row[*number] = survivors.contains(&index);
            }
        }
        Ok(answers)
    }

    /// Which of a file's functions compile.
    fn survivors(&self, name: &str, questions: &[(&Operation, usize)]) -> Result<BTreeSet<usize>, String> {
        let prelude = prelude();
        let before = prelude.lines().count();
        let mut alive: Vec<usize> = (0..questions.len()).collect();
        loop {
            let mut text = prelude.clone();
            for &index in &alive {
                let (operation, number) = questions[index];
                text += &operation.function(&format!("q{index}"), number);
                text.push('\n');
            }
            let (succeeded, errors) = self.compile(name, &text)?;
            let mut refused = BTreeSet::new();
            for error in errors {
                let index = error.line.checked_sub(before + 1).and_then(|line| alive.get(line).copied());
                match index {
                    Some(index) if REFUSALS.contains(&error.code.as_str()) => _ = refused.insert(index),
                    Some(index) => {
                        let (operation, number) = questions[index];
                        return Err(format!("{}: {}", operation.function(&operation.name, number), error.message));
                    }
                    None => return Err(format!("before the questions: {}", error.message)),
                }
            }
            if succeeded {
                return Ok(alive.into_iter().collect());
            }
            if refused.is_empty() {
                return Err("the compiler fails and does not say where".to_owned());
            }
            alive.retain(|index| !refused.contains(index));
        }
    }

    /// Compiles a file: whether it succeeds, and the errors.
    fn compile(&self, name: &str, text: &str) -> Result<(bool, Vec<Refusal>), String> {
        let file = self.place.join(name).with_extension("rs");
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut dependencies = std::ffi::OsString::from("dependency=");
        dependencies.push(self.library.with_file_name(""));
        let mut library = std::ffi::OsString::from("lockorder=");
        library.push(&self.library);
        let output = Command::new(&self.rustc)
            .args(["--edition", "2024", "--crate-type", "lib", "--emit=metadata", "--error-format=json"])
            .args(["--cap-lints", "allow", "-L"])
            .arg(dependencies)
            .arg("--extern")
            .arg(library)
            .arg("--out-dir")
            .arg(&self.place)
            .arg(&file)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot run {}: {error}", self.rustc.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let errors = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).filter_map(|said| refusal(&said));
        Ok((output.status.success(), errors.collect()))
    }
}

/// One error.
struct Refusal {
    /// The line of its first primary span.
    line: usize,
    code: String,
    message: String,
}

/// Reads an error; the closing lines of a failed compilation have no place and are none.
fn refusal(said: &Value) -> Option<Refusal> {
    let spans = said["spans"].as_array().filter(|_| said["level"] == "error")?;
    let line = spans.iter().find(|span| span["is_primary"] == true)?["line_start"].as_u64()?;
    Some(Refusal {
        line: usize::try_from(line).ok()?,
        code: said["code"]["code"].as_str().unwrap_or_default().to_owned(),
        message: said["message"].as_str().unwrap_or_default().to_owned(),
    })
}
