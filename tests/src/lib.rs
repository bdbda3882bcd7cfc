//! Tests that need more than one crate: see `tests/`.
//!
//! | test | what |
//! |---|---|
//! | `stress` | locks under threads on the host, and a broken lock that the stress must catch |
//! | `instructions` | typed acquisition compiles to the instructions of raw locks |
//! | `boots` | the kernel in QEMU on 1, 2, 4, 8 and 64 CPUs, its workloads and its reports |
//! | `readme` | the README's generated part is what the code says |
//! | `escape_hatches` | places that mint roots and leaf locks, counted |
//! | `layers` | which of the kernel's crates imports which, and where `unsafe` code is |
//! | `mutants` | rules of the library broken on purpose, each of which some test must notice |
//! | `pages` | pages that name programs and tests |
//! | `checker_mutants` | rules of the run-time checker broken on purpose |
//! | `compile_time` | checking many classes takes time in proportion to their number |
//! | `kernel_mutants` | rules of the kernel broken on purpose, which its own tests must notice |

pub mod compile_time;
pub mod plots;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

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
    let lines: Vec<_> = manifest
        .lines()
        .map(|line| match line.strip_prefix("members = ") {
            Some(_) => format!("members = [{}]", listed.join(", ")),
            None => line.to_owned(),
        })
        .collect();
    fs::write(place.join("Cargo.toml"), lines.join("\n") + "\n").expect("writable");
    fs::copy(root.join("Cargo.lock"), place.join("Cargo.lock")).expect("writable");
}

/// The library of one of the workspace's packages after macro expansion, built at `place`.
///
/// Asking for it is unstable; the compiler at hand answers all the same.
///
/// # Panics
///
/// When the package does not compile.
#[must_use]
pub fn expanded(package: &str, place: &Path) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--locked", "--package", package, "--lib", "--", "-Zunpretty=expanded"])
        .current_dir(root())
        .env("CARGO_TARGET_DIR", place.join("expanded"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .stdin(Stdio::null())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("source is text")
}

/// The repository's root.
///
/// # Panics
///
/// Never: this package is in the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the workspace").to_path_buf()
}

/// Runs a command to its end, for a time at most; says whether it succeeded. What it has started, and that may hang, ends
/// with it.
///
/// # Panics
///
/// When it cannot be run.
pub fn succeeds(command: &mut Command, deadline: Duration) -> bool {
    // A group of its own: tests that hang are children of the child.
    let mut child = command.stdin(Stdio::null()).process_group(0).spawn().expect("the command runs");
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            return status.success();
        }
        if started.elapsed() > deadline {
            let group = format!("-{}", child.id());
            // It may have ended just now, which is as well.
            let _ = Command::new("kill").args(["-s", "KILL", "--", &group]).status();
            let _ = child.kill();
            let _ = child.wait();
            return false;
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

    use super::succeeds;

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
    fn a_command_says_how_it_ended() {
        let minute = Duration::from_mins(1);
        assert!(succeeds(&mut Command::new("true"), minute) && !succeeds(&mut Command::new("false"), minute));
    }
}
