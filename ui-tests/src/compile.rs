//! What the compiler says of the corpus, by its machine-readable messages.
//!
//! One package is generated under the target directory, with every program as a binary of its own, and
//! checked by one call of cargo. This works with any compiler: what is asserted is the error's code and our
//! headline, not the layout around it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{Expectation, Program, root};

/// One message of the compiler's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `error` or `warning`.
    pub level: String,
    /// Its code, if it has one.
    pub code: Option<String>,
    /// Its first line.
    pub message: String,
    /// What is said below: labels at places, notes and helps.
    pub notes: Vec<String>,
}

/// What is wrong with a program, if anything.
pub type Verdict = Result<(), String>;

/// Longest time the compiler may take for the whole corpus.
const DEADLINE: Duration = Duration::from_mins(15);

/// What cargo says, by the binary it says it of.
type Messages = BTreeMap<String, Vec<Diagnostic>>;

/// The texts under one name in a list of values.
fn each<'a>(list: &'a Value, name: &'a str) -> impl Iterator<Item = String> + 'a {
    list.as_array().into_iter().flatten().filter_map(move |value| value[name].as_str().map(str::to_owned))
}

/// Reads cargo's messages.
fn messages(output: &str) -> Messages {
    let mut messages = Messages::new();
    for line in output.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        let (Some(reason), Some(target)) = (line["reason"].as_str(), line["target"]["name"].as_str()) else {
            continue;
        };
        if reason == "compiler-artifact" {
            // It was compiled, perhaps without a word.
            messages.entry(target.to_owned()).or_default();
        }
        if reason != "compiler-message" {
            continue;
        }
        let message = &line["message"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let diagnostic = Diagnostic {
            level: text(&message["level"]),
            code: message["code"]["code"].as_str().map(str::to_owned),
            message: text(&message["message"]),
            notes: each(&message["spans"], "label").chain(each(&message["children"], "message")).collect(),
        };
        // The closing lines of a failed compilation say nothing new.
        if diagnostic.message.starts_with("aborting due to") || diagnostic.level == "failure-note" {
            continue;
        }
        messages.entry(target.to_owned()).or_default().push(diagnostic);
    }
    messages
}

/// Writes the package.
fn write_package(directory: &Path, programs: &[Program]) -> io::Result<()> {
    let (library, base) = (root().join("../lockorder"), root().join("../kernel/base"));
    let selftest = root().join("../kernel/selftest");
    // Quoted as TOML quotes: a path has no quotation marks of its own here.
    let (library, base, selftest) = (library.display(), base.display(), selftest.display());
    let mut manifest = format!(
        "[package]\nname = \"corpus\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\nautobins = false\n\n\
         [dependencies]\nlockorder = {{ path = \"{library}\", features = [\"std\"] }}\n\
         base = {{ path = \"{base}\" }}\nselftest = {{ path = \"{selftest}\" }}\n\n[workspace]\n"
    );
    for program in programs {
        for (kind, text) in [("rejected", &program.rejected), ("accepted", &program.accepted)] {
            let path = format!("{kind}/{}.rs", program.name);
            let target = directory.join(&path);
            fs::create_dir_all(directory.join(kind))?;
            // A file that stays as it was is not compiled again.
            if fs::read_to_string(&target).ok().as_deref() != Some(text) {
                fs::write(&target, text)?;
            }
            manifest +=
                &["\n[[bin]]\nname = \"", kind, "-", &program.name, "\"\npath = \"", &path, "\"\n"].concat();
        }
    }
    fs::write(directory.join("Cargo.toml"), manifest)?;
    // The versions that the workspace has locked, so that nothing new is looked for.
    let lock = root().join("../Cargo.lock");
    if lock.is_file() {
        fs::copy(lock, directory.join("Cargo.lock"))?;
    }
    Ok(())
}

/// Has the compiler check all programs, and gives what it says of each binary, `rejected-NAME` or `accepted-NAME`.
///
/// `place` is a directory of the caller's to work in.
///
/// # Errors
///
/// Why cargo could not be run, or that it took too long.
pub fn compile_all(place: &Path, programs: &[Program]) -> Result<BTreeMap<String, Vec<Diagnostic>>, String> {
    fs::create_dir_all(place)
        .and_then(|()| write_package(place, programs))
        .map_err(|error| error.to_string())?;
    let output = place.join("messages.json");
    let log = place.join("log");
    let file = |path: &Path| fs::File::create(path).map_err(|error| format!("{}: {error}", path.display()));
    let mut child = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--bins", "--keep-going", "--message-format=json", "--manifest-path"])
        .arg(place.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(place.join("target"))
        // Flags for the workspace, such as denied warnings, are not for the corpus.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdin(Stdio::null())
        .stdout(file(&output)?)
        .stderr(file(&log)?)
        .spawn()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    let started = Instant::now();
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if started.elapsed() > DEADLINE {
            // It may have ended just now, which is as well.
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("the compiler took longer than {DEADLINE:?}"));
        }
        thread::sleep(Duration::from_millis(20));
    }
    let messages = messages(&fs::read_to_string(&output).map_err(|error| error.to_string())?);
    if messages.is_empty() {
        return Err(format!("cargo checked nothing: {}", fs::read_to_string(&log).unwrap_or_default()));
    }
    Ok(messages)
}

/// Whether a message is the expected one.
fn matches(expected: &Expectation, diagnostic: &Diagnostic) -> bool {
    diagnostic.level == "error"
        && diagnostic.code == expected.code
        && diagnostic.message.contains(&expected.headline)
}

/// Judges a program that must be rejected: every expected error, and no other.
///
/// # Errors
///
/// What is missing or too much.
pub fn judge_rejected(expected: &[Expectation], said: &[Diagnostic]) -> Verdict {
    let errors: Vec<_> = said.iter().filter(|diagnostic| diagnostic.level == "error").collect();
    if errors.is_empty() {
        return Err("it compiles, and must not".to_owned());
    }
    for expectation in expected {
        if !errors.iter().any(|error| matches(expectation, error)) {
            return Err(format!("no error {expectation:?}; the errors are {errors:#?}"));
        }
    }
    match errors.iter().find(|error| !expected.iter().any(|expectation| matches(expectation, error))) {
        None => Ok(()),
        Some(error) => Err(format!("an error that nobody expects, perhaps the wrong reason: {error:#?}")),
    }
}

/// Judges a twin: it was compiled, without an error, and, where `strict`, without a warning.
///
/// # Errors
///
/// That it was not compiled, or the first complaint that there is.
pub fn judge_accepted(said: Option<&[Diagnostic]>, strict: bool) -> Verdict {
    let Some(said) = said else { return Err("the compiler never came to it".to_owned()) };
    let counts =
        |diagnostic: &&Diagnostic| diagnostic.level == "error" || (strict && diagnostic.level == "warning");
    match said.iter().find(counts) {
        None => Ok(()),
        Some(diagnostic) => Err(format!("it must compile without a word: {diagnostic:#?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, Expectation, judge_accepted, judge_rejected, messages};

    fn error(code: &str, message: &str) -> Diagnostic {
        Diagnostic {
            level: "error".into(),
            code: Some(code.into()),
            message: message.into(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_rejection_for_another_reason_is_noticed() {
        let expected = [Expectation { code: Some("E0277".into()), headline: "lock order".into() }];
        let right = error("E0277", "lock order violation");
        assert_eq!(judge_rejected(&expected, std::slice::from_ref(&right)), Ok(()));
        assert!(judge_rejected(&expected, &[]).unwrap_err().contains("it compiles"));
        assert!(
            judge_rejected(&expected, &[error("E0425", "lock order violation")]).is_err(),
            "another code"
        );
        assert!(judge_rejected(&expected, &[error("E0277", "typo")]).is_err(), "another message");
        assert!(judge_rejected(&expected, &[right, error("E0425", "typo")]).is_err(), "one more error");
    }

    #[test]
    fn a_twin_is_silent() {
        assert_eq!(judge_accepted(Some(&[]), true), Ok(()));
        assert!(judge_accepted(None, true).is_err(), "never compiled is not accepted");
        let warning = [Diagnostic { level: "warning".into(), code: None, ..error("", "unused") }];
        assert!(
            judge_accepted(Some(&warning), true).is_err() && judge_accepted(Some(&warning), false).is_ok()
        );
        assert!(judge_accepted(Some(&[error("E0277", "x")]), false).is_err());
    }

    #[test]
    fn messages_are_read_by_binary() {
        let line = r#"{"reason":"compiler-message","target":{"name":"a"},"message":{"level":"error","code":{"code":"E1"},"message":"m","spans":[{"label":"here"},{"label":null}],"children":[{"message":"why"}]}}"#;
        let last = r#"{"reason":"compiler-message","target":{"name":"a"},"message":{"level":"error","code":null,"message":"aborting due to 1 previous error"}}"#;
        let read = messages(&[line, last, "noise"].join("\n"));
        let notes = vec!["here".to_owned(), "why".to_owned()];
        assert_eq!(read["a"], [Diagnostic { notes, ..error("E1", "m") }]);
    }
}
