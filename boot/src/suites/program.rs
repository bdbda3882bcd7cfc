//! What is run: programs of a suite, ready for a guest, and the script that runs them there one after the other.

use crate::failure::Failure;
use crate::initramfs::Addition;
use crate::provision::Need;

/// What stands before and behind a program's output: with its name, and its status.
pub(super) const BEGIN: &str = "@@ begin ";
/// See [`BEGIN`].
pub(super) const END: &str = "@@ end ";
/// Where the guest has what suites bring.
pub(super) const FOLDER: &str = "suites";
/// How long most programs may take, in seconds.
pub(super) const LIMIT: u32 = 20;
/// The most that is read of what one prints, in bytes.
const MOST: u32 = 60_000;

/// A program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// Its suite, a slash, and what it is called there.
    pub(super) path: String,
    /// Commands of a shell before it, in an empty folder.
    pub(super) before: String,
    /// What runs it.
    pub(super) command: String,
    /// How long it may take, in seconds.
    pub(super) limit: u32,
}

impl Program {
    /// Its suite.
    pub(super) fn suite(&self) -> &str {
        self.path.split('/').next().unwrap_or(&self.path)
    }
}

/// Programs that are asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a>(pub(super) Option<&'a str>);

impl Asked<'_> {
    /// Whether this one is.
    pub(super) fn is(self, path: &str) -> bool {
        self.0.is_none_or(|part| path.contains(part))
    }

    /// Whether one may be whose path begins so.
    pub(super) fn may_begin(self, begin: &str) -> bool {
        self.0.is_none_or(|part| begin.contains(part) || part.starts_with(begin))
    }
}

/// The programs of a suite that are asked for, ready; and the paths of those that could not be made.
#[derive(Default)]
pub(super) struct Ready {
    pub(super) programs: Vec<Program>,
    pub(super) additions: Vec<Addition>,
    pub(super) failed: Vec<String>,
    /// The suite's name and version.
    pub(super) version: String,
}

impl Ready {
    /// These, and others.
    pub(super) fn add(&mut self, other: Self) {
        self.programs.extend(other.programs);
        self.additions.extend(other.additions);
        self.failed.extend(other.failed);
        self.version += if self.version.is_empty() { "" } else { ", " };
        self.version += &other.version;
    }
}

/// A suite.
pub(super) struct Suite {
    /// What it needs of this machine.
    pub(super) needs: &'static [Need],
    /// Whether it has a program that is asked for, as far as that is known before it is there.
    pub(super) is_asked: fn(Asked<'_>) -> bool,
    /// Makes its programs, of which files go below a folder.
    pub(super) make: fn(Asked<'_>, &std::path::Path) -> Result<Ready, Failure>,
}

/// What the guest's shell runs: each program in a folder of its own, then its status. Linux does not hand a status on; there the
/// shell writes the record.
pub(super) fn script(programs: &[Program]) -> String {
    let run = |program: &Program| {
        let Program { path, before, command, limit } = program;
        format!(
            "echo '{BEGIN}{path}'\nrm -rf /tmp/work; mkdir /tmp/work; cd /tmp/work\n{before}\n\
             timeout -s KILL {limit} {command} < /dev/null > /tmp/said 2>&1\nstatus=$?\n\
             head -c {MOST} /tmp/said; echo; echo \"{END}$status\"\ncd /; rm -rf /tmp/work\n"
        )
    };
    let runs: Vec<_> = programs.iter().map(run).collect();
    runs.concat() + "if [ -c /dev/ttyS1 ]; then echo '@status 0' > /dev/ttyS1; poweroff -f; fi\n"
}

#[cfg(test)]
mod tests {
    use super::{Asked, Program, script};

    #[test]
    fn each_program_runs_in_an_empty_folder() {
        let program = |path: &str| Program {
            path: path.to_owned(),
            before: "cp /suites/x .".to_owned(),
            command: "./x".to_owned(),
            limit: 7,
        };
        let script = script(&["a/x", "b/x -y"].map(program));
        assert!(
            script.contains("mkdir /tmp/work; cd /tmp/work\ncp /suites/x .\ntimeout -s KILL 7 ./x <"),
            "{script}"
        );
        assert!(script.contains("echo '@@ begin b/x -y'\n"), "{script}");
        assert_eq!(script.matches("echo \"@@ end $status\"").count(), 2);
    }

    #[test]
    fn a_part_selects_programs_and_suites() {
        let asked = Asked(Some("busybox/aw"));
        assert!(asked.is("busybox/awk") && !asked.is("busybox/ash") && asked.may_begin("busybox/"));
        assert!(
            !asked.may_begin("sqlite/") && Asked(Some("box")).may_begin("busybox/") && Asked(None).is("x")
        );
    }
}
