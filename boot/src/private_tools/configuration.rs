//! The configuration that packages are fetched with.
//!
//! Sources, keys, proxies and time-outs are the ones that `apt-config` shows, that is the system's, or those of the file that
//! `APT_CONFIG` names. Lists, state, cache and log are in a folder of this program's, there are no locks and no hooks. For tools
//! the state is the system's base ([`super::base`]) with what has been unpacked here ([`super::unpacked`]); for a root that stands by
//! itself it is empty, and whatever the packages depend on is fetched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{base, unpacked};
use crate::failure::Failure;
use crate::process::{self, Said};

/// Where `dpkg` says what is installed, unless the configuration says otherwise.
const STATUS: &str = "/var/lib/dpkg/status";

/// What is taken over: how to reach the sources, and which they are.
const CARRIED: [&str; 3] = ["Acquire::", "Dir::Etc", "APT::Architecture"];

/// What of that is not: hooks come from the first two, and lists of other things than packages are of no use here.
const NOT_CARRIED: [&str; 5] = [
    "Dir::Etc::main",
    "Dir::Etc::parts",
    "Acquire::IndexTargets",
    "Acquire::Changelogs",
    "Acquire::Languages",
];

/// What is there already, and not fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// This system's base, and what has been unpacked for it: for tools.
    System,
    /// Nothing: for a root that stands by itself.
    Nothing,
}

impl Base {
    /// The names of its files: of the state, and of the configuration.
    const fn names(self) -> [&'static str; 2] {
        match self {
            Self::System => ["status", "apt.conf"],
            Self::Nothing => ["no-status", "apt-root.conf"],
        }
    }
}

/// A configuration that has been written.
pub(super) struct Configuration {
    /// The file.
    pub(super) file: PathBuf,
    /// Where archives come.
    pub(super) archives: PathBuf,
    /// A place for archives where never are any.
    pub(super) no_archives: PathBuf,
}

/// Writes the configuration below `folder`, and the state that it starts from.
pub(super) fn write(folder: &Path, base: Base) -> Result<Configuration, Failure> {
    let put = |path: PathBuf, text: String| match fs::write(&path, text) {
        Ok(()) => Ok(path),
        Err(error) => Err(Failure::Tools(path, error)),
    };
    let mut command = Command::new("apt-config");
    command.arg("dump").env("LC_ALL", "C").env_remove("LD_LIBRARY_PATH");
    let dump = match process::run_and_read("apt-config", &mut command, Duration::from_secs(20), || ())? {
        Said::Well(dump) => dump,
        Said::Ill(why) => return Err(Failure::Program("apt-config".into(), std::io::Error::other(why))),
    };
    let archives = folder.join("cache/archives");
    let no_archives = folder.join("none");
    let partial = [&archives, &no_archives].map(|place| place.join("partial"));
    let others = ["state", "lists/partial", "log"].map(|part| folder.join(part));
    for place in others.iter().chain(&partial) {
        fs::create_dir_all(place).map_err(|error| Failure::Tools(place.clone(), error))?;
    }
    let [status, configuration] = base.names();
    let state = match base {
        Base::System => state_of_system(&dump, &unpacked::read(folder)?)?,
        Base::Nothing => String::new(),
    };
    put(folder.join(status), state)?;
    let at = |part: &str| folder.join(part).display().to_string();
    let ours = format!(
        "Dir::Etc::Main \"/dev/null\";\nDir::Etc::Parts \"/dev/null\";\n\
         Dir::State \"{}\";\nDir::State::Lists \"{}\";\nDir::State::status \"{}\";\n\
         Dir::Cache \"{}\";\nDir::Log \"{}\";\n\
         APT::Sandbox::User \"\";\nDebug::NoLocking \"true\";\n\
         Acquire::Languages \"none\";\nAcquire::Retries \"2\";\n",
        at("state"),
        at("lists"),
        at(status),
        at("cache"),
        at("log")
    );
    let file = put(folder.join(configuration), carried(&dump) + &ours)?;
    Ok(Configuration { file, archives, no_archives })
}

/// The state that tools are fetched in: the system's base, and what has been unpacked `here`.
fn state_of_system(dump: &str, here: &str) -> Result<String, Failure> {
    let system = Path::new(value(dump, "Dir::State::status").unwrap_or(STATUS));
    let status = fs::read_to_string(system).map_err(|error| Failure::File(system.into(), error))?;
    let architecture = value(dump, "APT::Architecture").unwrap_or_default();
    Ok(base::of(&status, architecture, here) + here)
}

/// The lines of a dump that are taken over.
fn carried(dump: &str) -> String {
    dump.lines()
        .filter(|line| CARRIED.iter().any(|prefix| line.starts_with(prefix)))
        .filter(|line| !NOT_CARRIED.iter().any(|prefix| line.starts_with(prefix)))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// The value of a key of a dump.
fn value<'a>(dump: &'a str, key: &str) -> Option<&'a str> {
    let value =
        dump.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" \"")?.strip_suffix("\";"))?;
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{carried, value};

    const DUMP: &str = "APT::Architecture \"amd64\";\nDir::State::status \"/var/lib/dpkg/status\";\n\
        Dir::Etc \"etc/apt\";\nDir::Etc::parts \"apt.conf.d\";\nAcquire::http::Proxy \"scheme:proxy\";\n\
        Acquire::Languages:: \"en\";\nAPT::Update::Post-Invoke:: \"rm x\";\nDPkg::Post-Invoke:: \"rm x\";\n\
        Empty \"\";\n";

    #[test]
    fn proxies_and_sources_are_the_systems_and_hooks_are_not() {
        assert_eq!(
            carried(DUMP),
            "APT::Architecture \"amd64\";\nDir::Etc \"etc/apt\";\nAcquire::http::Proxy \"scheme:proxy\";\n"
        );
    }

    #[test]
    fn a_value_is_read() {
        assert_eq!(value(DUMP, "APT::Architecture"), Some("amd64"));
        assert_eq!((value(DUMP, "Empty"), value(DUMP, "Dir")), (None, None));
    }
}
