//! Tests that need more than one crate: see `tests/`.
//!
//! | test | what |
//! |---|---|
//! | `stress` | locks under threads on the host, and a broken lock that the stress must catch |
//! | `instructions` | typed acquisition compiles to the instructions of raw locks |
//! | `boots` | the kernel in QEMU on 1, 2, 4, 8 and 64 CPUs, its workloads and its reports |
//! | `readme` | the README's generated part is what the code says |
//! | `escape_hatches` | places that mint roots and leaf locks, counted |
//! | `mutants` | rules of the library broken on purpose, each of which some test must notice |
//! | `pages` | pages that name programs and tests |
//! | `checker_mutants` | rules of the run-time checker broken on purpose |
//! | `kernel_mutants` | rules of the kernel broken on purpose, which its own tests must notice |

use std::fs;
use std::path::{Path, PathBuf};

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

/// The repository's root.
///
/// # Panics
///
/// Never: this package is in the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the workspace").to_path_buf()
}
