//! The compiler, asked in batches: which of many functions compile, and with which codes the others fail.
//!
//! The library is built by cargo, and the world that all programs share by `rustc`, once. A batch is one crate with one
//! function a line, so that the line of an error is its function. Errors of one function do not hide those of another: a
//! second round, without the functions that failed, is the check of that; rounds go on until a batch compiles. Two
//! batches are compiled at a time.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::Value;

/// How many functions one crate has.
const BATCH: usize = 5000;
/// How many crates are compiled at a time.
const WORKERS: usize = 2;

/// What the compiler says of a function: nothing, or the codes of its errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It compiles.
    Compiles,
    /// It does not, for these reasons.
    Fails(BTreeSet<String>),
}

impl Verdict {
    /// Whether it compiles.
    #[must_use]
    pub fn compiles(&self) -> bool {
        *self == Self::Compiles
    }
}

/// Where the library and the world lie, and where to work.
#[derive(Debug)]
pub struct Compiler {
    library: PathBuf,
    place: PathBuf,
    externs: Vec<(&'static str, PathBuf)>,
}

/// The compiler's name.
fn rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// Builds the library as hosts use it, with the run-time checker, and gives its file.
fn build_library(workspace: &Path, target: &Path) -> Result<PathBuf, String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--package", "lockorder", "--lib", "--features", "std,checker"])
        .args(["--message-format=json-render-diagnostics", "--target-dir"])
        .arg(target)
        .current_dir(workspace)
        .env_remove("CARGO_TARGET_DIR")
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("cargo does not run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let artifact = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|line| {
        let ours = line["reason"] == "compiler-artifact" && line["target"]["name"] == "lockorder";
        let files = ours.then(|| line["filenames"].as_array().cloned()).flatten()?;
        files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".rlib")).map(PathBuf::from)
    });
    artifact.ok_or_else(|| format!("the library does not build: {}", String::from_utf8_lossy(&output.stderr)))
}

impl Compiler {
    /// Builds the library of a workspace, and the world on top of it, to work at `place`.
    ///
    /// # Errors
    ///
    /// What the compiler says, when one of the two does not build.
    pub fn new(workspace: &Path, target: &Path, place: &Path, world: &str) -> Result<Self, String> {
        let library = build_library(workspace, target)?;
        fs::create_dir_all(place).map_err(|error| format!("{}: {error}", place.display()))?;
        let mut compiler =
            Self { library: library.clone(), place: place.to_path_buf(), externs: vec![("lockorder", library)] };
        let output = compiler.compile("world", world, &["--crate-type=rlib"])?;
        if !output.is_empty() {
            return Err(format!("the world does not compile:\n{output}"));
        }
        compiler.externs.push(("world", place.join("libworld.rlib")));
        Ok(compiler)
    }

    /// Compiles one crate; what it says is empty when all is well.
    fn compile(&self, name: &str, text: &str, options: &[&str]) -> Result<String, String> {
        let path = self.place.join(format!("{name}.rs"));
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        let deps = self.library.parent().unwrap_or(Path::new(".")).join("deps");
        let mut command = Command::new(rustc());
        command
            .args(["--edition=2024", "--error-format=short", "--cap-lints=allow", "-Awarnings", "--crate-name"])
            .arg(name)
            .args(options)
            .arg("--out-dir")
            .arg(&self.place)
            .arg("-L")
            .arg(format!("dependency={}", deps.display()))
            .arg("-L")
            .arg(format!("dependency={}", self.place.display()));
        for (name, file) in &self.externs {
            command.arg("--extern").arg(format!("{name}={}", file.display()));
        }
        let output = command.arg(&path).output().map_err(|error| format!("rustc does not run: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return Ok(String::new());
        }
        if said.is_empty() { Err(format!("rustc ended with {}", output.status)) } else { Ok(said) }
    }

    /// Compiles a program, and gives its file.
    ///
    /// # Errors
    ///
    /// What the compiler says.
    pub fn program(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        match self.compile(name, text, &["--crate-type=bin", "-Cdebuginfo=0", "-Copt-level=0"])? {
            said if said.is_empty() => Ok(self.place.join(name)),
            said => Err(said),
        }
    }

    /// Asks about functions: each is one line, and has `NAME` where its name is to stand.
    ///
    /// # Errors
    ///
    /// What the compiler says that belongs to no function.
    pub fn ask(&self, prelude: &str, functions: &[String]) -> Result<Vec<Verdict>, String> {
        let verdicts = Mutex::new(vec![Verdict::Compiles; functions.len()]);
        let next = AtomicUsize::new(0);
        let wrong = Mutex::new(Vec::new());
        let work = |worker: usize| {
            loop {
                let begin = next.fetch_add(BATCH, Ordering::Relaxed);
                if begin >= functions.len() {
                    break;
                }
                let range = begin..functions.len().min(begin + BATCH);
                match self.batch(&format!("batch{worker}"), prelude, functions, range) {
                    Ok(found) => {
                        let mut verdicts = verdicts.lock().unwrap_or_else(PoisonError::into_inner);
                        for (index, codes) in found {
                            verdicts[index] = Verdict::Fails(codes);
                        }
                    }
                    Err(why) => wrong.lock().unwrap_or_else(PoisonError::into_inner).push(why),
                }
            }
        };
        let work = &work;
        thread::scope(|scope| {
            for worker in 0..WORKERS {
                scope.spawn(move || work(worker));
            }
        });
        let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
        match wrong.into_iter().next() {
            None => Ok(verdicts.into_inner().unwrap_or_else(PoisonError::into_inner)),
            Some(why) => Err(why),
        }
    }

    /// One batch: which functions fail, and why.
    fn batch(
        &self,
        name: &str,
        prelude: &str,
        functions: &[String],
        range: std::ops::Range<usize>,
    ) -> Result<Vec<(usize, BTreeSet<String>)>, String> {
        let mut alive: Vec<usize> = range.collect();
        let mut failed = Vec::new();
        loop {
            let mut text = format!("{prelude}\n");
            let before = text.lines().count();
            for index in &alive {
                let _ = writeln!(text, "{}", functions[*index].replacen("NAME", &format!("f{index}"), 1));
            }
            let said = self.compile(name, &text, &["--crate-type=lib", "--emit=metadata"])?;
            if said.is_empty() {
                return Ok(failed);
            }
            let mut codes = std::collections::BTreeMap::<usize, BTreeSet<String>>::new();
            for (line, code) in said.lines().filter_map(|line| located(line, name)) {
                match line.checked_sub(before + 1).and_then(|place| alive.get(place)) {
                    Some(index) => codes.entry(*index).or_default().insert(code),
                    None => return Err(format!("what all programs share does not compile: {said:.2000}")),
                };
            }
            if codes.is_empty() {
                return Err(format!("the compiler fails, and names no function: {said:.2000}"));
            }
            alive.retain(|index| !codes.contains_key(index));
            failed.extend(codes);
        }
    }
}

/// The line and the code of an error: `…/batch0.rs:12:34: error[E0277]: …`.
fn located(line: &str, name: &str) -> Option<(usize, String)> {
    let (_, rest) = line.split_once(&format!("{name}.rs:"))?;
    let (number, rest) = rest.split_once(':')?;
    let (_, rest) = rest.split_once(": error")?;
    let code = rest.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or("none");
    Some((number.parse().ok()?, code.to_owned()))
}
