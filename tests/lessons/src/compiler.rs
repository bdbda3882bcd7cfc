//! Compiles and runs one small program against `lockorder`, in a second or less.
//!
//! The library is compiled once, by cargo, into a folder of its own, with the features that a [`Library`] names. A program is then
//! one call of `rustc` with the library beside it, as cargo would call it. What the compiler says is kept twice: as it is shown
//! to people, and as [`Diagnostic`]s, which the judges of `ui-tests` understand.

pub mod kernel;

use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use ui_tests::Diagnostic;

/// Longest time for the library.
const BUILDING: Duration = Duration::from_mins(10);
/// Longest time for the compiler and one program.
const COMPILING: Duration = Duration::from_mins(2);
/// Longest time that a program may run: none of them does anything for long, but some freeze.
pub const RUNNING: Duration = Duration::from_secs(10);

/// The repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder for what is compiled, below cargo's.
#[must_use]
pub fn place() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new("target").into(), PathBuf::from);
    root().join(target).join("lessons")
}

/// The library, compiled.
#[derive(Clone, Debug)]
pub struct Library {
    /// The file that a program names.
    file: PathBuf,
    /// What the library itself needs.
    dependencies: PathBuf,
    /// Where programs are compiled.
    place: PathBuf,
}

/// Whether the library's run-time checker is compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checker {
    /// It is not.
    Off,
    /// It is, and prints what it finds.
    On,
}

/// What became of a program.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What the compiler says, as it shows it.
    pub shown: String,
    /// The same, message by message.
    pub said: Vec<Diagnostic>,
    /// The program, if it was to be linked and there was no error.
    pub program: Option<PathBuf>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With status 0.
    Well,
    /// With another status, or by a signal.
    Ill,
    /// It did not end in time, and was stopped.
    Frozen,
}

/// What became of a run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// How it ended.
    pub ended: Ended,
    /// What it printed on standard output.
    pub output: String,
    /// And on standard error.
    pub errors: String,
}

/// Waits for a child, and kills it when the time is over.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<bool>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(3));
    }
}

/// Runs a command, its output in files, so that nobody has to read meanwhile.
fn run_command(command: &mut Command, limit: Duration) -> Result<Ran, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| format!("{name}: {error}");
    let mut files = [tempfile::tempfile().map_err(failed)?, tempfile::tempfile().map_err(failed)?];
    let [output, errors] = &files;
    command.stdin(Stdio::null());
    command.stdout(output.try_clone().map_err(failed)?).stderr(errors.try_clone().map_err(failed)?);
    let mut child = command.spawn().map_err(failed)?;
    let ended = match wait(&mut child, limit).map_err(failed)? {
        Some(true) => Ended::Well,
        Some(false) => Ended::Ill,
        None => Ended::Frozen,
    };
    let read = |file: &mut File| {
        let mut bytes = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut bytes))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let [output, errors] = &mut files;
    Ok(Ran { ended, output: read(output).map_err(failed)?, errors: read(errors).map_err(failed)? })
}

/// Runs a program of ours.
///
/// # Errors
///
/// It cannot be started.
pub fn run(program: &Path, limit: Duration) -> Result<Ran, String> {
    // A panic is one line, whatever the caller has set.
    run_command(Command::new(program).env("RUST_BACKTRACE", "0"), limit)
}

/// Takes from a command what describes an outer build: flags for this workspace are not for small programs.
fn without_flags(command: &mut Command) {
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WRAPPER"] {
        command.env_remove(name);
    }
}

/// The file that cargo has made of the library, as its messages say.
fn artifact(messages: &str) -> Option<PathBuf> {
    messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|line| {
        if line["reason"] != "compiler-artifact" || line["target"]["name"] != "lockorder" {
            return None;
        }
        let files = line["filenames"].as_array()?;
        let mut files = files.iter().filter_map(Value::as_str).map(PathBuf::from);
        files.find(|file| file.extension().is_some_and(|ending| ending == "rlib"))
    })
}

/// One message of the compiler's: how it is shown, and what is in it.
fn message(message: &Value) -> Option<(String, Diagnostic)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = |list: &Value, name: &str| {
        let values = list.as_array().into_iter().flatten();
        values.filter_map(|value| value[name].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let diagnostic = Diagnostic {
        level: text(&message["level"]),
        code: message["code"]["code"].as_str().map(str::to_owned),
        message: text(&message["message"]),
        notes: [each(&message["spans"], "label"), each(&message["children"], "message")].concat(),
    };
    let closing = diagnostic.message.starts_with("aborting due to") || diagnostic.level == "failure-note";
    // Where a bound stands is of no help to a learner, and long.
    let shown = text(&message["rendered"]);
    let kept: Vec<_> = shown.lines().take_while(|line| !line.starts_with("note: required")).collect();
    (!closing && !diagnostic.message.is_empty())
        .then(|| (kept.join("\n").trim_end().to_owned() + "\n\n", diagnostic))
}

impl Library {
    /// The folder for other things that are compiled, beside this library's.
    #[must_use]
    pub fn beside(&self) -> PathBuf {
        self.place.with_file_name("others")
    }

    /// Compiles the library if needed. `place` is a folder of the caller's, such as one below cargo's target.
    ///
    /// # Errors
    ///
    /// What cargo says.
    pub fn compile(place: &Path, checker: Checker) -> Result<Self, String> {
        let (features, folder) = match checker {
            Checker::Off => ("std", "plain"),
            Checker::On => ("std,checker", "checked"),
        };
        let place = place.join(folder);
        fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        without_flags(&mut cargo);
        cargo.args(["build", "--quiet", "--package", "lockorder", "--lib", "--features", features]);
        cargo.args(["--message-format=json", "--target-dir"]).arg(place.join("library"));
        let ran = run_command(cargo.current_dir(root()), BUILDING)?;
        let file = artifact(&ran.output).filter(|_| ran.ended == Ended::Well);
        let file = file.ok_or_else(|| format!("the library does not build: {}{}", ran.errors, ran.output))?;
        // Beside the library stands its copy with the dependencies' names.
        let dependencies = file.with_file_name("deps");
        Ok(Self { file, dependencies, place: place.join("programs") })
    }

    /// Has a program compiled; with `link`, so that it can run.
    ///
    /// `shown_as` is the file's name in messages, below a folder of its own.
    ///
    /// # Errors
    ///
    /// The compiler cannot be run, or does not end.
    pub fn program(&self, name: &str, shown_as: &str, text: &str, link: bool) -> Result<Compiled, String> {
        let folder = self.place.join(name);
        let source = folder.join(shown_as);
        let parent = source.parent().unwrap_or(&folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&source, text))
            .map_err(|error| error.to_string())?;
        let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        without_flags(&mut rustc);
        let crate_name = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
        rustc.current_dir(&folder).args(["--edition=2024", "--error-format=json"]);
        rustc.args(["--crate-name", &crate_name]).arg(shown_as);
        let mut library = std::ffi::OsString::from("lockorder=");
        library.push(&self.file);
        rustc.arg("--extern").arg(library);
        let mut search = std::ffi::OsString::from("dependency=");
        search.push(&self.dependencies);
        rustc.arg("-L").arg(search).args(["-o", "program"]);
        rustc.arg(if link { "--emit=link" } else { "--emit=metadata" });
        let ran = run_command(&mut rustc, COMPILING)?;
        let lines = ran.errors.lines().filter_map(|line| serde_json::from_str(line).ok());
        let (shown, said): (Vec<_>, Vec<_>) = lines.filter_map(|line| message(&line)).unzip();
        if ran.ended != Ended::Well && said.is_empty() {
            return Err(format!("the compiler fails without a message: {}", ran.errors));
        }
        let program = (link && ran.ended == Ended::Well).then(|| folder.join("program"));
        Ok(Compiled { shown: shown.concat(), said, program })
    }
}
