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
//! | `circles` | no file imports itself in a circle |
//! | `mutants` | rules of the library broken on purpose, each of which some test must notice |
//! | `pages` | pages that name programs and tests |
//! | `checker_mutants` | rules of the run-time checker broken on purpose |
//! | `compile_time` | checking many classes takes time in proportion to their number |
//! | `swap` | nested acquisitions of the kernel broken, which the compiler must refuse |
//! | `kernel_mutants` | rules of the kernel broken on purpose, which its own tests must notice |

pub mod compile_time;
pub mod plots;

use std::path::Path;
use std::process::{Command, Stdio};

pub use mutation::{chosen, commit, copy_workspace, root, succeeds};

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
