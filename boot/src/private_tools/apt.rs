//! Fetching packages, as any user, changing nothing on the system: `apt-get` with [`super::configuration`].

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::configuration::{self, Base, Configuration};
use super::space;
use crate::failure::Failure;
use crate::process::{self, Said};
use crate::report;

/// How long one run of `apt-get` may take.
const LIMIT: Duration = Duration::from_mins(30);

/// Room for lists of packages; `apt-get` waits for ever where they do not find it.
const LISTS: u64 = 200_000_000;

/// How long a source may be silent when lists are asked for. Nobody wants to wait long to hear that there is no network.
pub(super) const QUICK: [&str; 6] =
    ["-o", "Acquire::http::Timeout=10", "-o", "Acquire::https::Timeout=10", "-o", "Acquire::Retries=0"];

/// How often progress is said where nobody sees a line change.
const PROGRESS: Duration = Duration::from_secs(15);

/// Words of `apt-get` when a source does not answer, whatever the reason.
const UNREACHABLE: [&str; 7] = [
    "Could not resolve",
    "Could not connect",
    "Temporary failure resolving",
    "Unable to connect",
    "Cannot initiate the connection",
    "Connection timed out",
    "Connection failed",
];

/// What is to be fetched.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    /// Names of the archives' files.
    archives: Vec<String>,
    /// How many bytes they have.
    bytes: u64,
    /// How many bytes they have once they are unpacked.
    unpacked: u64,
}

/// Fetches `packages` and what they depend on, except for what the base has; gives the archives.
pub(super) fn fetch(folder: &Path, packages: &[&str], base: Base) -> Result<Vec<PathBuf>, Failure> {
    let failed = |said: String| why(packages, &said);
    fs::create_dir_all(folder).map_err(|error| Failure::Tools(folder.into(), error))?;
    space::suffices(folder, LISTS)?;
    let configuration = configuration::write(folder, base)?;
    // Nothing that the tools rely on is taken away: a plan that would is none.
    let mut install = vec!["install", "--yes", "--no-install-recommends", "--no-remove"];
    install.extend(packages);
    report::progress(&format!("looking up {} and what they need", packages.join(" ")));
    let update = [&["--quiet=2"], &QUICK[..], &["update", "--error-on=any"]].concat();
    apt_get(&configuration, None, &update, || ())?.map_err(failed)?;
    // Archives that an interrupted run has left would be missing from the plan: it is made without them.
    let nowhere = format!("Dir::Cache::Archives={}/", configuration.no_archives.display());
    let planned = [&["--quiet", "--print-uris", "--option", &nowhere], &install[..]].concat();
    let plan = plan(&apt_get(&configuration, None, &planned, || ())?.map_err(failed)?);
    space::suffices(folder, plan.bytes + plan.unpacked)?;
    let megabytes = plan.bytes / 1_000_000;
    report::progress(&format!(
        "fetching {} packages, {megabytes} MB, {} MB unpacked",
        plan.archives.len(),
        plan.unpacked / 1_000_000
    ));
    let mut last = Instant::now();
    let say = || {
        if report::changes_lines() || last.elapsed() > PROGRESS {
            last = Instant::now();
            let fetched = size(&configuration.archives) / 1_000_000;
            report::step(&format!("fetched {fetched} of {megabytes} MB"));
        }
    };
    let download = [&["--quiet=2", "--download-only"], &install[..]].concat();
    apt_get(&configuration, None, &download, say)?.map_err(failed)?;
    Ok(plan.archives.into_iter().map(|archive| configuration.archives.join(archive)).collect())
}

/// Reads the answer to `--print-uris`.
fn plan(said: &str) -> Plan {
    let mut plan = Plan::default();
    for line in said.lines() {
        if let Some((name, bytes)) = archive(line) {
            plan.archives.push(name.to_owned());
            plan.bytes += bytes;
        } else if let Some(bytes) = line.strip_prefix("After this operation, ").and_then(amount) {
            plan.unpacked = bytes;
        }
    }
    plan
}

/// The archive of one line: an address in quotes, a file's name, its size, a hash.
fn archive(line: &str) -> Option<(&str, u64)> {
    let mut words = line.strip_prefix('\'')?.split_whitespace().skip(1);
    Some((words.next()?, words.next()?.parse().ok()?))
}

/// An amount of additional disk space, as `1,203 MB of additional …`.
fn amount(text: &str) -> Option<u64> {
    let (number, rest) = text.split_once(' ')?;
    let (unit, rest) = rest.split_once(' ')?;
    let power = ["B", "kB", "MB", "GB", "TB", "PB"].iter().zip(0..).find(|(known, _)| **known == unit)?.1;
    // Rounded up: too much is asked for rather than too little.
    let whole = number.split('.').next()?.replace(',', "").parse::<u64>().ok()?;
    let amount = (whole + u64::from(number.contains('.'))).checked_mul(1000_u64.pow(power));
    amount.filter(|_| rest.contains("additional"))
}

/// Runs `apt-get`, in the folder `place` if that is given; what it printed, or what it printed when it failed.
pub(super) fn apt_get(
    configuration: &Configuration,
    place: Option<&Path>,
    arguments: &[&str],
    meanwhile: impl FnMut(),
) -> Result<Result<String, String>, Failure> {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("APT_CONFIG", &configuration.file).env("LC_ALL", "C");
    command.env("DEBIAN_FRONTEND", "noninteractive").env_remove("LD_LIBRARY_PATH");
    if let Some(place) = place {
        command.current_dir(place);
    }
    match process::run_and_read("apt-get", &mut command, LIMIT, meanwhile)? {
        Said::Well(said) => Ok(Ok(said)),
        Said::Ill(said) => Ok(Err(said)),
    }
}

/// Why fetching failed, from what `apt-get` printed.
pub(super) fn why(packages: &[&str], said: &str) -> Failure {
    let packages = packages.iter().map(|&package| package.to_owned()).collect();
    let unreachable = said.lines().find_map(|line| {
        let at = UNREACHABLE.iter().find_map(|words| line.find(words))?;
        Some(line[at..].trim().trim_end_matches('.').to_owned())
    });
    if let Some(line) = unreachable {
        return Failure::Unreachable(packages, line);
    }
    let error = said.lines().find(|line| line.starts_with("E:")).or_else(|| said.lines().last());
    let error = error.unwrap_or("no message").trim_start_matches("E:").trim();
    Failure::Installation(packages, error.to_owned())
}

/// Bytes of the files in a folder and in its `partial`.
fn size(folder: &Path) -> u64 {
    [folder.to_owned(), folder.join("partial")]
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_none_or(|extension| extension != OsStr::new("lock")))
        .filter_map(|entry| entry.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|file| file.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{amount, plan, why};
    use crate::failure::Failure;

    #[test]
    fn a_plan_is_read() {
        let plan = plan(
            "Reading package lists...\nNeed to get 1,000 B of archives.\n\
             After this operation, 1,203 MB of additional disk space will be used.\n\
             'scheme:address' seabios_1.16.2-1_all.deb 168660 SHA256:00\n'scheme:address' lld_1_all.deb 40 \n",
        );
        assert_eq!(plan.archives, ["seabios_1.16.2-1_all.deb", "lld_1_all.deb"]);
        assert_eq!((plan.bytes, plan.unpacked), (168_700, 1_203_000_000));
    }

    #[test]
    fn amounts_have_units_and_never_come_out_too_small() {
        assert_eq!(amount("1.5 GB of additional disk space will be used."), Some(2_000_000_000));
        assert_eq!(amount("922 kB of additional disk space will be used."), Some(922_000));
        assert_eq!(amount("10 MB disk space will be freed."), None);
    }

    #[test]
    fn without_a_network_the_reason_is_one_line() {
        let said = "W: Failed to fetch x  Could not resolve 'host'\nE: Some index files failed to download.";
        let Failure::Unreachable(_, reason) = why(&["x"], said) else { panic!("another failure") };
        assert_eq!(reason, "Could not resolve 'host'");
        let Failure::Installation(_, reason) = why(&["x"], "E: Unable to locate package x") else {
            panic!("another failure")
        };
        assert_eq!(reason, "Unable to locate package x");
    }
}
