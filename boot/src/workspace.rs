//! Where the sources are.

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Whether a directory is the root of this repository.
fn is_root(directory: &Path) -> bool {
    directory.join("Cargo.toml").is_file() && directory.join("kernel/link.ld").is_file()
}

/// The repository's root: above the current directory, or where this program was compiled.
///
/// # Errors
///
/// [`Failure::NoWorkspace`] when it is in neither place.
pub(crate) fn root() -> Result<PathBuf, Failure> {
    let current = env::current_dir().unwrap_or_default();
    current
        .ancestors()
        .chain(Path::new(env!("CARGO_MANIFEST_DIR")).parent())
        .find(|directory| is_root(directory))
        .map(Path::to_path_buf)
        .ok_or(Failure::NoWorkspace)
}

/// Where cargo builds.
fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |set| root.join(set))
}

/// Where the kernel is built: apart from what cargo builds for the host, so that neither waits for the other.
pub(crate) fn kernel_target(root: &Path) -> PathBuf {
    target(root).join("kernel")
}

/// Where the guest's programs are built.
pub(crate) fn guest_target(root: &Path) -> PathBuf {
    target(root).join("guest")
}

/// Where tests that others wrote are unpacked and compiled.
pub(crate) fn suites_target(root: &Path) -> PathBuf {
    target(root).join("suites")
}

/// Where the book's pages are made to be shown.
pub(crate) fn book_target(root: &Path) -> PathBuf {
    target(root).join("book")
}
