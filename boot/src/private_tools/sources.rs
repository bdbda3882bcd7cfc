//! Fetching source packages: the files that `apt-get source` brings, unpacked by nobody.
//!
//! The system's list of sources need not have source packages. What it says of packages is written down once more as a list of
//! source packages, beside lists of their own; a repository without any is passed over. `apt-get` checks what it fetches as always.

use std::fs;
use std::path::Path;

use super::apt::{QUICK, apt_get, why};
use super::configuration::{self, Base};
use super::space;
use crate::failure::Failure;
use crate::report;

/// Room for lists and source packages, in bytes.
const ROOM: u64 = 200_000_000;
/// What of a repository a line of a list is made of.
const FORMAT: &str = "$(REPO_URI) $(RELEASE) $(COMPONENT)";

/// Fetches source packages into the folder `out`; `folder` is where `apt-get` keeps its files.
pub(super) fn fetch(folder: &Path, packages: &[&str], out: &Path) -> Result<(), Failure> {
    let failed = |said: String| why(packages, &said);
    let (lists, list) = (folder.join("source-lists"), folder.join("sources.list"));
    let partial = lists.join("partial");
    for place in [folder, &partial, out] {
        fs::create_dir_all(place).map_err(|error| Failure::Tools(place.into(), error))?;
    }
    space::suffices(folder, ROOM)?;
    let configuration = configuration::write(folder, Base::System)?;
    report::progress(&format!("fetching the source of {}", packages.join(" ")));
    let targets = ["indextargets", "--no-release-info", "--format", FORMAT, "Created-By: Packages"];
    let repositories = apt_get(&configuration, None, &targets, || ())?.map_err(failed)?;
    fs::write(&list, of_sources(&repositories)).map_err(|error| Failure::Tools(list.clone(), error))?;
    let options = [
        format!("Dir::Etc::SourceList={}", list.display()),
        "Dir::Etc::SourceParts=/dev/null".to_owned(),
        format!("Dir::State::Lists={}", lists.display()),
    ];
    let mut with_options = vec!["--quiet=2"];
    with_options.extend(options.iter().flat_map(|option| ["-o", option]));
    // Where lists do not come, the packages are not there either, and that is what is said.
    let update = [&with_options[..], &QUICK, &["update"]].concat();
    let updated = apt_get(&configuration, None, &update, || ())?;
    let download = [&with_options[..], &["--download-only", "--only-source", "source"], packages].concat();
    apt_get(&configuration, Some(out), &download, || ())?
        .map_err(|said| failed(updated.err().unwrap_or(said)))?;
    Ok(())
}

/// A list of source packages of the repositories that lines of [`FORMAT`] name.
fn of_sources(repositories: &str) -> String {
    let mut lines: Vec<_> = repositories
        .lines()
        .filter(|line| line.split_whitespace().count() == 3)
        .map(|line| format!("deb-src {line}\n"))
        .collect();
    lines.dedup();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::of_sources;

    #[test]
    fn repositories_become_lists_of_sources() {
        let said =
            "scheme:a stable main\nscheme:a stable main\nN: a note that is none\nscheme:b stable main\n";
        assert_eq!(of_sources(said), "deb-src scheme:a stable main\ndeb-src scheme:b stable main\n");
    }
}
