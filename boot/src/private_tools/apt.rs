//! Fetching packages with a configuration of our own: as any user, changing nothing on the system.
//!
//! The system's sources and keys are used; its lists, locks, hooks and state are not. The state is a copy of the system's base
//! ([`super::base`]).

use std::fs;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::base;
use crate::failure::Failure;
use crate::process::{Supervised, Waited};
use crate::report;

/// How long one run of `apt-get` may take.
const LIMIT: Duration = Duration::from_mins(30);

/// How often progress is said where nobody sees a line change.
const PROGRESS: Duration = Duration::from_secs(15);

/// An archive to be fetched.
struct Archive {
    name: String,
    bytes: u64,
}

/// Fetches `packages` and what they depend on; gives the archives.
pub(super) fn fetch(folder: &Path, packages: &[&'static str]) -> Result<Vec<PathBuf>, Failure> {
    let failed = |why: String| Failure::Installation(packages.to_vec(), why);
    let configuration = configure(folder)?;
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(packages);
    report::progress(&format!("looking up {} and what they need", packages.join(" ")));
    apt_get(&configuration, &["update", "--error-on=any"], None)?.map_err(failed)?;
    let plan = apt_get(&configuration, &[&install[..], &["--print-uris"]].concat(), None)?.map_err(failed)?;
    let archives: Vec<_> = plan.lines().filter_map(planned).collect();
    let total = archives.iter().map(|archive| archive.bytes).sum::<u64>();
    report::progress(&format!("fetching {} packages, {} MB", archives.len(), total / 1_000_000));
    let place = folder.join("cache/archives");
    apt_get(&configuration, &[&install[..], &["--download-only"]].concat(), Some((&place, total)))?
        .map_err(failed)?;
    Ok(archives.into_iter().map(|archive| place.join(archive.name)).collect())
}

/// The archive of one line of `--print-uris`: an address in quotes, a file's name, its size, a hash.
fn planned(line: &str) -> Option<Archive> {
    let mut words = line.strip_prefix('\'')?.split_whitespace().skip(1);
    Some(Archive { name: words.next()?.to_owned(), bytes: words.next()?.parse().ok()? })
}

/// Writes the configuration and the state it starts from.
fn configure(folder: &Path) -> Result<PathBuf, Failure> {
    let write = |path: PathBuf, text: String| match fs::write(&path, text) {
        Ok(()) => Ok(path),
        Err(error) => Err(Failure::File(path, error)),
    };
    for part in ["state", "lists/partial", "cache/archives/partial", "log"] {
        let part = folder.join(part);
        fs::create_dir_all(&part).map_err(|error| Failure::File(part.clone(), error))?;
    }
    let system = Path::new("/var/lib/dpkg/status");
    let status = fs::read_to_string(system).map_err(|error| Failure::File(system.into(), error))?;
    write(folder.join("status"), base::of(&status))?;
    let at = |part: &str| folder.join(part).display().to_string();
    let text = format!(
        "Dir::Etc::Parts \"/dev/null\";\n\
         Dir::State \"{}\";\nDir::State::Lists \"{}\";\nDir::State::status \"{}\";\n\
         Dir::Cache \"{}\";\nDir::Log \"{}\";\n\
         APT::Sandbox::User \"\";\nDebug::NoLocking \"true\";\nAcquire::Retries \"2\";\n",
        at("state"),
        at("lists"),
        at("status"),
        at("cache"),
        at("log")
    );
    write(folder.join("apt.conf"), text)
}

/// Runs `apt-get`; what it printed, or its last words if it failed. Says how much has come to a place, of how much.
fn apt_get(
    configuration: &Path,
    arguments: &[&str],
    progress: Option<(&Path, u64)>,
) -> Result<Result<String, String>, Failure> {
    let failed = |error| Failure::Program("apt-get".into(), error);
    // A file and not a pipe: nobody reads while it runs.
    let mut said = tempfile::tempfile().map_err(failed)?;
    let mut command = Command::new("apt-get");
    command.args(["--quiet=2"]).args(arguments).env("APT_CONFIG", configuration).env("LC_ALL", "C");
    command.env("DEBIAN_FRONTEND", "noninteractive").env_remove("LD_LIBRARY_PATH").stdin(Stdio::null());
    command.stdout(said.try_clone().map_err(failed)?).stderr(said.try_clone().map_err(failed)?);
    let mut child = Supervised::start(&mut command)?;
    let (began, mut last) = (Instant::now(), Instant::now());
    let waited = loop {
        match child.wait(Duration::from_secs(1)).map_err(failed)? {
            Waited::TimeUp if began.elapsed() < LIMIT => {}
            waited => break waited,
        }
        if let Some((place, total)) = progress
            && (report::changes_lines() || last.elapsed() > PROGRESS)
        {
            last = Instant::now();
            report::step(&format!("fetched {} of {} MB", size(place) / 1_000_000, total / 1_000_000));
        }
    };
    said.rewind().map_err(failed)?;
    let said = io::read_to_string(said).unwrap_or_default();
    match waited {
        Waited::Ended(status) if status.success() => Ok(Ok(said)),
        Waited::Ended(_) => Ok(Err(reason(&said))),
        Waited::Interrupted => Err(Failure::Interrupted),
        Waited::TimeUp => Err(Failure::TooLong("apt-get", LIMIT)),
    }
}

/// The first error that `apt-get` names, in one line.
fn reason(said: &str) -> String {
    let error = said.lines().find(|line| line.starts_with("E:")).or_else(|| said.lines().last());
    let error = error.unwrap_or("no message").trim_start_matches("E:").trim();
    if said.contains("Could not resolve")
        || said.contains("Could not connect")
        || said.contains("Failed to fetch")
    {
        return format!("the package source cannot be reached: {error}");
    }
    error.to_owned()
}

/// Bytes of the files in a folder and in its `partial`.
fn size(folder: &Path) -> u64 {
    [folder.to_owned(), folder.join("partial")]
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|file| file.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{planned, reason};

    #[test]
    fn a_plan_is_read() {
        let archive = planned("'scheme:address' seabios_1.16.2-1_all.deb 168660 SHA256:00").unwrap();
        assert_eq!((archive.name.as_str(), archive.bytes), ("seabios_1.16.2-1_all.deb", 168_660));
        assert!(planned("Reading package lists...").is_none());
    }

    #[test]
    fn without_a_network_the_reason_is_one_line() {
        let said = "W: something\nE: Failed to fetch x  Could not resolve 'host'\nE: Some index files failed";
        assert_eq!(
            reason(said),
            "the package source cannot be reached: Failed to fetch x  Could not resolve 'host'"
        );
        assert_eq!(reason("E: Unable to locate package x"), "Unable to locate package x");
    }
}
