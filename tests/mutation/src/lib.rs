//! Breaking rules on purpose, so that some test must notice: what tables of mutants have in common.
//!
//! A mutant is a rule and a change that breaks it. A test copies the workspace ([`copy_workspace`]), makes the change in the
//! copy, and runs what must notice ([`succeeds`]). Which mutants run without being asked for changes with each commit
//! ([`chosen`]), so that all of them run in the course of time. Where a checker has other atomics than the source, a build script
//! writes copies of that, broken and whole ([`copies`]).

pub mod copies;

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// Says which mutants run: `all`, or a part of their rules' names.
const VARIABLE: &str = "LOCKORDER_MUTANTS";

/// Copies a directory; a file that is the same already is not touched, so that it is not compiled again.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the copy's directory");
    for entry in fs::read_dir(from).expect("a directory of ours") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("readable").is_dir() {
            copy(&entry.path(), &target);
        } else {
            let content = fs::read(entry.path()).expect("readable");
            if fs::read(&target).ok().as_deref() != Some(&content) {
                fs::write(&target, content).expect("writable");
            }
        }
    }
}

/// Makes a workspace of copies of `members` at `place`, to break something in.
///
/// # Panics
///
/// When a file cannot be read or written.
pub fn copy_workspace(place: &Path, members: &[&str]) {
    let root = root();
    for member in members {
        copy(&root.join(member), &place.join(member));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("readable");
    let listed: Vec<_> = members.iter().map(|member| format!("\"{member}\"")).collect();
    let begin = manifest.find("\nmembers = [").expect("a workspace has members");
    let end = begin + manifest[begin..].find(']').expect("their list ends") + 1;
    let members = format!("\nmembers = [{}]", listed.join(", "));
    let text = [&manifest[..begin], &members, &manifest[end..]].concat();
    let lines = text.lines().filter(|line| !line.starts_with("default-members"));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    fs::write(place.join("Cargo.toml"), text).expect("writable");
    fs::copy(root.join("Cargo.lock"), place.join("Cargo.lock")).expect("writable");
}

/// A number that changes with each commit; 0 where there is no repository.
#[must_use]
pub fn commit() -> usize {
    let output = Command::new("git").args(["rev-parse", "--short=7", "HEAD"]).current_dir(root()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    usize::from_str_radix(&text.unwrap_or_default(), 16).unwrap_or(0)
}

/// The mutants that run: all of them with `LOCKORDER_MUTANTS=all`, with a part of a rule's name in place of `all` those that
/// have it, and otherwise `sample` of them, others with each commit.
pub fn chosen<M>(mutants: &[M], rule: impl Fn(&M) -> &str, sample: usize) -> Vec<&M> {
    match env::var(VARIABLE) {
        Ok(all) if all == "all" => mutants.iter().collect(),
        Ok(part) => mutants.iter().filter(|mutant| rule(mutant).contains(&part)).collect(),
        Err(_) => rotated(mutants, commit(), sample),
    }
}

/// `sample` elements, one after the other from a place that depends on `commit`.
fn rotated<M>(mutants: &[M], commit: usize, sample: usize) -> Vec<&M> {
    let first = commit.checked_rem(mutants.len()).unwrap_or(0);
    mutants.iter().cycle().skip(first).take(sample.min(mutants.len())).collect()
}

/// The repository's root.
///
/// # Panics
///
/// Never: this package is in the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).expect("the package is two folders deep in the workspace").to_path_buf()
}

/// Runs a command to its end, for a time at most; says whether it succeeded.
///
/// # Panics
///
/// When it cannot be run.
pub fn succeeds(command: &mut Command, deadline: Duration) -> bool {
    ended(command, deadline).is_some_and(|status| status.success())
}

/// Runs a command to its end, for a time at most; gives how it ended, or none after the deadline. What it has started, and that may
/// hang, ends with it.
///
/// # Panics
///
/// When it cannot be run.
pub fn ended(command: &mut Command, deadline: Duration) -> Option<ExitStatus> {
    // A group of its own: tests that hang are children of the child.
    let mut child = command.stdin(Stdio::null()).process_group(0).spawn().expect("the command runs");
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            return Some(status);
        }
        if started.elapsed() > deadline {
            // It may have ended just now, which is as well.
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;
    use std::{env, fs, process, thread};

    use super::{rotated, succeeds};

    #[test]
    fn what_a_command_has_started_ends_with_it() {
        let file = env::temp_dir().join(format!("lockorder-group-{}", process::id()));
        let script = format!("sleep 300 & echo $! > {}; wait", file.display());
        assert!(!succeeds(Command::new("sh").args(["-c", &script]), Duration::from_secs(1)));
        let started = fs::read_to_string(&file).expect("the script wrote it");
        fs::remove_file(&file).expect("it is ours");
        let process = Path::new("/proc").join(started.trim());
        // Its parent is gone; whoever takes it over needs a moment.
        let gone = (0..100).any(|_| {
            thread::sleep(Duration::from_millis(50));
            fs::read_to_string(process.join("stat")).map_or(true, |stat| stat.contains(") Z "))
        });
        assert!(gone, "{} still runs", process.display());
    }

    #[test]
    fn each_commit_has_a_sample_of_its_own() {
        assert_eq!(rotated(&[10, 11, 12], 4, 2), [&11, &12]);
        assert_eq!(rotated(&[10, 11, 12], 5, 2), [&12, &10]);
        assert_eq!(rotated(&[10], 5, 2), [&10]);
        assert!(rotated::<u8>(&[], 5, 2).is_empty());
    }

    #[test]
    fn a_command_says_how_it_ended() {
        let minute = Duration::from_mins(1);
        assert!(succeeds(&mut Command::new("true"), minute) && !succeeds(&mut Command::new("false"), minute));
    }
}
