//! Fetching source packages: the files that `apt-get source` brings, unpacked by nobody.
//!
//! The system's lists need not ask for source packages. They are written down once more, asking for nothing else, beside indexes of their
//! own: keys and options stay with the repositories that they are for, and a repository without sources is passed over. `apt-get`
//! checks what it fetches as always.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::apt::{QUICK, apt_get, why};
use super::configuration::{self, Base, Configuration};
use super::space;
use crate::failure::Failure;
use crate::{process, report};

/// Room for lists and source packages, in bytes.
const ROOM: u64 = 200_000_000;
/// The ends of the names of lists, in the folder that has them.
const LISTS: [&str; 2] = ["list", "sources"];

/// Fetches source packages into the folder `out`; `folder` is where `apt-get` keeps its files.
pub(super) fn fetch(folder: &Path, packages: &[&str], out: &Path) -> Result<(), Failure> {
    let failed = |said: String| match why(packages, &said) {
        Failure::Installation(packages, why) | Failure::Unreachable(packages, why) => {
            Failure::Sources(packages, why)
        }
        failure => failure,
    };
    let (indexes, lists) = (folder.join("source-indexes"), folder.join("source-lists"));
    let partial = indexes.join("partial");
    // One that the system has no more would stay.
    let _ = fs::remove_dir_all(&lists);
    for place in [folder, &partial, &lists, out] {
        fs::create_dir_all(place).map_err(|error| Failure::Tools(place.into(), error))?;
    }
    space::suffices(folder, ROOM)?;
    let configuration = configuration::write(folder, Base::System)?;
    report::progress(&format!("fetching the source of {}", packages.join(" ")));
    for list in lists_of_the_system(&configuration) {
        let Some(name) = list.file_name() else { continue };
        let text = fs::read_to_string(&list).map_err(|error| Failure::File(list.clone(), error))?;
        let own = lists.join(name);
        fs::write(&own, asking_for_sources(&text)).map_err(|error| Failure::Tools(own.clone(), error))?;
    }
    let options = [
        "Dir::Etc::SourceList=/dev/null".to_owned(),
        format!("Dir::Etc::SourceParts={}", lists.display()),
        format!("Dir::State::Lists={}", indexes.display()),
    ];
    let mut with_options = vec!["--quiet=2"];
    with_options.extend(options.iter().flat_map(|option| ["-o", option]));
    // Where indexes do not come, packages are not there either, and what that says is looked at first.
    let update = [&with_options[..], &QUICK, &["update"]].concat();
    let (Ok(updated) | Err(updated)) = apt_get(&configuration, None, &update, || ())?;
    let download = [&with_options[..], &["--download-only", "--only-source", "source"], packages].concat();
    apt_get(&configuration, Some(out), &download, || ())?.map_err(|said| failed(updated + &said))?;
    Ok(())
}

/// The files that say where packages come from.
fn lists_of_the_system(configuration: &Configuration) -> Vec<PathBuf> {
    let mut command = Command::new("apt-config");
    command.args(["shell", "FILE", "Dir::Etc::SourceList/f", "FOLDER", "Dir::Etc::SourceParts/d"]);
    command.env("APT_CONFIG", &configuration.file).env_remove("LD_LIBRARY_PATH");
    let said = process::inquire(&mut command).unwrap_or_default();
    let value = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(PathBuf::from(line.trim_matches('\'')))
    };
    let mut lists: Vec<_> = value("FILE").into_iter().filter(|file| file.is_file()).collect();
    let entries = value("FOLDER").and_then(|folder| fs::read_dir(folder).ok());
    let files = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    lists.extend(files.filter(|file| LISTS.iter().any(|end| file.extension() == Some(OsStr::new(end)))));
    lists
}

/// A list that asks for source packages where `text` asks for packages of whatever kind.
fn asking_for_sources(text: &str) -> String {
    let line = |line: &str| {
        if line.starts_with("Types:") {
            return "Types: deb-src\n".to_owned();
        }
        match line.trim_start().strip_prefix("deb") {
            Some(rest) if rest.starts_with([' ', '\t']) => format!("deb-src{rest}\n"),
            // There is one for packages too, as a rule.
            Some(rest) if rest.starts_with("-src") => String::new(),
            _ => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::asking_for_sources;

    #[test]
    fn lists_ask_for_sources_and_keep_their_keys() {
        let lines = "# deb off\ndeb [signed-by=/k] scheme:a stable main\ndeb-src scheme:a stable main\n";
        assert_eq!(asking_for_sources(lines), "# deb off\ndeb-src [signed-by=/k] scheme:a stable main\n");
        let stanza = "Types: deb deb-src\nURIs: scheme:a\nSigned-By: /k\n\n";
        assert_eq!(asking_for_sources(stanza), "Types: deb-src\nURIs: scheme:a\nSigned-By: /k\n\n");
    }
}
