//! What a student has done, in a file that can be read: `done NAME`, and `hints NAME NUMBER`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a student has done.
#[derive(Debug)]
pub(super) struct Progress {
    path: PathBuf,
    done: BTreeSet<String>,
    hints: BTreeMap<String, usize>,
}

impl Progress {
    /// Reads it; where there is no file, nothing is done.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| format!("{}: {error}", path.display()))?,
        };
        let mut this = Self { path: path.to_path_buf(), done: BTreeSet::new(), hints: BTreeMap::new() };
        for (number, line) in text.lines().enumerate() {
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["done", name] => {
                    this.done.insert((*name).to_owned());
                }
                ["hints", name, count] if count.parse::<usize>().is_ok() => {
                    this.hints.insert((*name).to_owned(), count.parse().unwrap_or(0));
                }
                [""] => {}
                _ => {
                    let place = format!("{}:{}", path.display(), number + 1);
                    return Err(format!(
                        "{place}: a line is `done NAME` or `hints NAME NUMBER`; take this one out"
                    ));
                }
            }
        }
        Ok(this)
    }

    /// Writes it beside, and puts it in place: an interruption loses nothing.
    fn write(&self) -> Result<(), String> {
        let mut text = String::new();
        for name in &self.done {
            writeln!(text, "done {name}").expect("a string takes everything");
        }
        for (name, count) in &self.hints {
            writeln!(text, "hints {name} {count}").expect("a string takes everything");
        }
        let beside = self.path.with_extension("new");
        fs::write(&beside, text)
            .and_then(|()| fs::rename(&beside, &self.path))
            .map_err(|error| format!("{}: {error}", self.path.display()))
    }

    /// Whether an exercise is done.
    pub(super) fn is_done(&self, name: &str) -> bool {
        self.done.contains(name)
    }

    /// Notes down that it is.
    pub(super) fn done(&mut self, name: &str) -> Result<(), String> {
        self.done.insert(name.to_owned());
        self.write()
    }

    /// How many hints of an exercise were shown.
    pub(super) fn hints(&self, name: &str) -> usize {
        self.hints.get(name).copied().unwrap_or(0)
    }

    /// Notes down that so many were.
    pub(super) fn hinted(&mut self, name: &str, count: usize) -> Result<(), String> {
        self.hints.insert(name.to_owned(), count);
        self.write()
    }

    /// Forgets an exercise.
    pub(super) fn forget(&mut self, name: &str) -> Result<(), String> {
        self.done.remove(name);
        self.hints.remove(name);
        self.write()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Progress;

    #[test]
    fn progress_is_there_again_and_a_strange_line_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress");
        let mut progress = Progress::read(&path).unwrap();
        progress.done("01_a").unwrap();
        progress.hinted("02_b", 2).unwrap();
        let mut again = Progress::read(&path).unwrap();
        assert!(again.is_done("01_a") && !again.is_done("02_b"));
        assert_eq!((again.hints("02_b"), again.hints("01_a")), (2, 0));
        again.forget("01_a").unwrap();
        assert!(!Progress::read(&path).unwrap().is_done("01_a"));
        fs::write(&path, "done a\nwell\n").unwrap();
        assert!(Progress::read(&path).unwrap_err().contains("progress:2: a line is"));
    }
}
