//! A program of the corpus: its text and its header.

use std::fs;
use std::path::{Path, PathBuf};

/// An error that a rejected program must give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The error's code, where the compiler gives one: macro errors and some of the borrow checker's have none.
    pub code: Option<String>,
    /// A part of its message.
    pub headline: String,
}

/// One program and its twin.
#[derive(Clone, Debug)]
pub struct Program {
    /// The directory it is in.
    pub group: String,
    /// Its file's name, without the ending: unique in the corpus.
    pub name: String,
    /// What the bug is.
    pub bug: String,
    /// Where it is from.
    pub source: String,
    /// The errors that it must give, all of them.
    pub errors: Vec<Expectation>,
    /// What the twin changes.
    pub fix: String,
    /// The rejected text, header and all.
    pub rejected: String,
    /// The twin's text.
    pub accepted: String,
}

/// The package's directory, which has the corpus.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads `error[CODE]: TEXT` or `error: TEXT`.
fn expectation(line: &str) -> Option<Expectation> {
    let rest = line.strip_prefix("error")?;
    let (code, headline) = match rest.strip_prefix('[') {
        Some(coded) => {
            let (code, headline) = coded.split_once("]: ")?;
            (Some(code.to_owned()), headline)
        }
        None => (None, rest.strip_prefix(": ")?),
    };
    Some(Expectation { code, headline: headline.to_owned() })
}

impl Program {
    /// Reads a program from its two texts.
    ///
    /// # Errors
    ///
    /// What is wrong with the header.
    pub fn parse(group: &str, name: &str, rejected: String, accepted: String) -> Result<Self, String> {
        let header: Vec<&str> =
            rejected.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
        let first = header.first().copied().unwrap_or_default();
        let (bug, source) = first
            .split_once(" Source: ")
            .ok_or("the first line does not say what the bug is and `Source: …`")?;
        let errors: Vec<_> = header.iter().filter_map(|line| expectation(line)).collect();
        let fix = header
            .iter()
            .find_map(|line| line.strip_prefix("fix: "))
            .ok_or("the header has no `fix: …`")?
            .to_owned();
        if errors.is_empty() {
            return Err("the header has no `error: …`".to_owned());
        }
        if accepted.lines().next() != rejected.lines().next() {
            return Err("the twin's first line is another one".to_owned());
        }
        Ok(Self {
            group: group.to_owned(),
            name: name.to_owned(),
            bug: bug.to_owned(),
            source: source.trim_end_matches('.').to_owned(),
            errors,
            fix,
            rejected,
            accepted,
        })
    }

    /// Its path under `rejected` or `accepted`.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        Path::new(&self.group).join(&self.name).with_extension("rs")
    }

    /// A text without its header.
    #[must_use]
    pub fn body(text: &str) -> String {
        let body: Vec<_> =
            text.lines().skip_while(|line| line.starts_with("//!") || line.is_empty()).collect();
        body.join("\n") + "\n"
    }
}

/// All `.rs` files two levels below `directory`, as group and name, sorted.
fn files(directory: &Path) -> Result<Vec<(String, String)>, String> {
    let failed = |error| format!("{}: {error}", directory.display());
    let mut files = Vec::new();
    for group in fs::read_dir(directory).map_err(failed)? {
        let group = group.map_err(failed)?;
        for file in fs::read_dir(group.path()).map_err(failed)? {
            let path = file.map_err(failed)?.path();
            if path.extension().is_some_and(|ending| ending == "rs")
                && let Some(name) = path.file_stem()
            {
                files.push((
                    group.file_name().to_string_lossy().into_owned(),
                    name.to_string_lossy().into_owned(),
                ));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The whole corpus.
///
/// # Errors
///
/// The file that is missing or wrong, and what is wrong with it.
pub fn corpus() -> Result<Vec<Program>, String> {
    let rejected = files(&root().join("rejected"))?;
    let accepted = files(&root().join("accepted"))?;
    if let Some((group, name)) = rejected
        .iter()
        .find(|file| !accepted.contains(file))
        .or(accepted.iter().find(|file| !rejected.contains(file)))
    {
        return Err(format!("{group}/{name}.rs has no twin"));
    }
    rejected
        .iter()
        .map(|(group, name)| {
            let read = |kind: &str| {
                let path = root().join(kind).join(group).join(name).with_extension("rs");
                fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
            };
            Program::parse(group, name, read("rejected")?, read("accepted")?)
                .map_err(|wrong| format!("rejected/{group}/{name}.rs: {wrong}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Expectation, Program, expectation};

    #[test]
    fn expectations_have_a_code_or_none() {
        let coded = Expectation { code: Some("E0277".into()), headline: "no".into() };
        assert_eq!(expectation("error[E0277]: no"), Some(coded));
        assert_eq!(expectation("error: no"), Some(Expectation { code: None, headline: "no".into() }));
        assert_eq!(expectation("errors are made"), None);
    }

    #[test]
    fn a_header_says_everything() {
        let good = "//! Bug. Source: here.\n//!\n//! error: no\n//! fix: yes\n\nfn main() {}\n";
        let program = Program::parse("g", "n", good.into(), "//! Bug. Source: here.\n".into()).unwrap();
        assert_eq!(
            (program.bug.as_str(), program.source.as_str(), program.fix.as_str()),
            ("Bug.", "here", "yes")
        );
        assert_eq!(Program::body(good), "fn main() {}\n");
        for (bad, part) in [
            (good.replace("Source: here", "from here"), "Source"),
            (good.replace("error: no", "no"), "no `error"),
            (good.replace("fix: yes", "yes"), "no `fix"),
        ] {
            let twin = bad.clone();
            assert!(Program::parse("g", "n", bad, twin).unwrap_err().contains(part));
        }
        assert!(
            Program::parse("g", "n", good.into(), "//! Other.\n".into()).unwrap_err().contains("first line")
        );
    }
}
