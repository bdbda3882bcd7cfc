//! Tools in a folder of this program's own: QEMU, a compiler for the bare machine and what else a command asks for.
//!
//! On Debian and its relatives the tools come from the distribution's packages, fetched with a configuration of our own and
//! unpacked into the user's cache directory. Nothing on the system changes, so it works for root and for an ordinary user
//! alike, and where installing would take another package away. A second clone finds them there.
//!
//! - [`folder`] is where they are: `LOCKORDER_TOOLS`, or `lockorder` in the user's cache directory.
//! - [`provide`] fetches and unpacks packages. One process does it at a time. A package counts as there once its marker is
//!   written, which comes last: an interrupted download or unpacking is done again, and nothing half unpacked is used. What
//!   has been fetched by then is not fetched again, nor what one tool has brought with the next.
//! - [`program`] finds a program among them, and [`command`] runs one with its own libraries, for that child alone.

mod apt;
mod base;
mod configuration;
mod sources;
mod space;
mod unpack;
mod unpacked;

use std::env;
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{io, thread};

pub(crate) use unpack::each as each_file;
pub(crate) use unpacked::paragraph;

use configuration::Base;

use crate::failure::Failure;
use crate::os_release::OsRelease;
use crate::{interrupt, process, report};

/// Names another folder for the tools.
pub const OVERRIDE: &str = "LOCKORDER_TOOLS";

/// Where roots of guests are, below a release's folder.
const ROOTS: &str = "roots";

/// Where source packages are, below a release's folder.
const SOURCES: &str = "sources";

/// Where programs of the tools are.
const BINARIES: [&str; 2] = ["usr/bin", "usr/sbin"];

/// The folder that holds everything of this program's on this machine; `None` where no user's cache directory is known.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set(OVERRIDE)
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("lockorder")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/lockorder")))
}

/// The folder of this release of the distribution: libraries of another one would not fit.
fn release_folder() -> Option<PathBuf> {
    let release = OsRelease::of_this_machine();
    Some(folder()?.join(format!("{}-{}", release.value("ID"), release.value("VERSION_ID"))))
}

/// Where the packages are unpacked: what is `/` in a package is this folder.
#[must_use]
pub fn prefix() -> Option<PathBuf> {
    Some(release_folder()?.join("root"))
}

/// The same folder, if `program` is one of the tools.
pub(crate) fn prefix_of(program: &Path) -> Option<PathBuf> {
    prefix().filter(|prefix| program.starts_with(prefix))
}

/// The file that says that a package is there with all it depends on.
fn marker(package: &str) -> Option<PathBuf> {
    Some(release_folder()?.join("there").join(package))
}

/// Whether packages are there, each with all it depends on.
fn are_there(packages: &[&str]) -> bool {
    packages.iter().all(|package| marker(package).is_some_and(|marker| marker.is_file()))
}

/// A file of the tools, by its path below `/` in its package; `None` where one of `packages` is not there.
#[must_use]
pub fn file(path: &str, packages: &[&str]) -> Option<PathBuf> {
    Some(prefix()?.join(path)).filter(|file| are_there(packages) && file.is_file())
}

/// A folder of the tools, by its path below `/` in their packages; `None` where one of `packages` is not there.
#[must_use]
pub(crate) fn folder_of(path: &str, packages: &[&str]) -> Option<PathBuf> {
    Some(prefix()?.join(path)).filter(|folder| are_there(packages) && folder.is_dir())
}

/// The folder with the files of a source package; `None` where it is not there.
pub(crate) fn source(package: &str) -> Option<PathBuf> {
    Some(release_folder()?.join(SOURCES)).filter(|_| are_there(&[&marker_of_source(package)]))
}

/// The name of a source package's marker: a package may have the same name.
fn marker_of_source(package: &str) -> String {
    format!("source-{package}")
}

/// A program of the tools by its name; `None` where one of `packages` is not there.
#[must_use]
pub fn program(name: &str, packages: &[&str]) -> Option<PathBuf> {
    BINARIES.iter().find_map(|folder| file(&format!("{folder}/{name}"), packages))
}

/// The libraries of the tools, as a child is told of them.
fn libraries(prefix: &Path) -> String {
    let triple = format!("{}-linux-gnu", env::consts::ARCH);
    let folders = ["usr/lib/{}", "lib/{}", "usr/lib/{}/pulseaudio", "usr/lib/{}/blas", "usr/lib/{}/lapack"];
    let folders: Vec<_> = folders
        .iter()
        .map(|folder| prefix.join(folder.replace("{}", &triple)).display().to_string())
        .collect();
    folders.join(":")
}

/// Tells `child` where the libraries of the tools are, if `program` is one of them.
pub fn lend_libraries(child: &mut Command, program: &Path) {
    if let Some(prefix) = prefix_of(program) {
        child.env("LD_LIBRARY_PATH", libraries(&prefix));
    }
}

/// A command that runs `program` with its own libraries if it is one of the tools, and with nothing of ours otherwise.
#[must_use]
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_remove("LD_LIBRARY_PATH");
    lend_libraries(&mut command, program);
    command
}

/// The command that takes everything away again; `None` where nothing has been fetched.
///
/// Of a folder that [`OVERRIDE`] names only what is this program's: others may have their files there.
#[must_use]
pub fn removal() -> Option<String> {
    let shared = env::var_os(OVERRIDE).is_some_and(|value| !value.is_empty());
    let ours = if shared { release_folder()? } else { folder()? };
    ours.is_dir().then(|| format!("rm -rf {}", quoted(&ours.display().to_string())))
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// How many bytes of the disk the tools take.
#[must_use]
pub fn bytes() -> u64 {
    let (mut bytes, mut folders) = (0, Vec::from_iter(release_folder()));
    while let Some(folder) = folders.pop() {
        // What cannot be looked at, or goes meanwhile, does not count.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            bytes += metadata.blocks() * 512;
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    bytes
}

/// Makes sure that packages are there, fetching and unpacking what is missing.
///
/// # Errors
///
/// [`Failure::Unreachable`], [`Failure::NoSpace`], [`Failure::Tools`] or [`Failure::Installation`], with what can be done
/// about it.
pub fn provide(packages: &[&'static str]) -> Result<(), Failure> {
    let (Some(release), Some(prefix)) = (release_folder(), prefix()) else {
        return Err(no_folder(packages));
    };
    let _lock = lock(&release)?;
    if are_there(packages) {
        return Ok(());
    }
    let apt = release.join("apt");
    let archives = apt::fetch(&apt, packages, Base::System)?;
    unpack::all(&archives, &prefix)?;
    unpacked::add(&apt, &archives)?;
    mark(&release, packages.iter().map(|&package| package.to_owned()))?;
    report::progress(&format!("the tools are in {}", prefix.display()));
    remove(&archives);
    Ok(())
}

/// Makes sure that source packages are there, fetching what is missing.
///
/// # Errors
///
/// [`Failure::Sources`]; otherwise as [`provide`].
pub(crate) fn provide_sources(packages: &[&'static str]) -> Result<(), Failure> {
    let release = release_folder().ok_or_else(|| no_folder(packages))?;
    let _lock = lock(&release)?;
    if packages.iter().all(|package| source(package).is_some()) {
        return Ok(());
    }
    sources::fetch(&release.join("apt"), packages, &release.join(SOURCES))?;
    mark(&release, packages.iter().map(|package| marker_of_source(package)))
}

/// Writes down that these are there.
fn mark(release: &Path, names: impl Iterator<Item = String>) -> Result<(), Failure> {
    let there = release.join("there");
    fs::create_dir_all(&there).map_err(in_file(&there))?;
    for name in names {
        let marker = there.join(name);
        File::create(&marker).map_err(in_file(&marker))?;
    }
    Ok(())
}

/// The failure that there is no place for tools.
fn no_folder(packages: &[&str]) -> Failure {
    let packages = packages.iter().map(|&package| package.to_owned()).collect();
    let why = "no cache directory is known: set HOME, or name a folder in LOCKORDER_TOOLS";
    Failure::Installation(packages, why.to_owned())
}

/// A file that [`made_of`] has made; `None` where it has not.
pub(crate) fn made(name: &str) -> Option<PathBuf> {
    Some(release_folder()?.join(ROOTS).join(name)).filter(|file| file.is_file())
}

/// Makes sure that a file is there that is made of packages and all that they depend on, of which nothing is taken as given: a
/// root that stands by itself. `make` is given the archives, and where to write; `name` is the file's.
///
/// # Errors
///
/// As [`provide`], and what `make` says.
pub(crate) fn made_of(
    name: &str,
    packages: &[&str],
    make: impl FnOnce(&[PathBuf], &Path) -> Result<(), Failure>,
) -> Result<PathBuf, Failure> {
    let release = release_folder().ok_or_else(|| {
        Failure::Root("no cache directory is known: set HOME, or name a folder in LOCKORDER_TOOLS".to_owned())
    })?;
    let _lock = lock(&release)?;
    let folder = release.join(ROOTS);
    let file = folder.join(name);
    if file.is_file() {
        return Ok(file);
    }
    let archives = apt::fetch(&release.join("apt"), packages, Base::Nothing)?;
    fs::create_dir_all(&folder).map_err(in_file(&folder))?;
    let new = folder.join(format!("{name}.new"));
    make(&archives, &new)?;
    fs::rename(&new, &file).map_err(in_file(&file))?;
    remove(&archives);
    Ok(file)
}

/// The failure that a file of the tools cannot be written.
fn in_file(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.to_owned();
    move |error| Failure::Tools(path, error)
}

/// Keeps other processes from fetching for as long as the file is open.
fn lock(release: &Path) -> Result<File, Failure> {
    fs::create_dir_all(release).map_err(in_file(release))?;
    let path = release.join("lock");
    let lock = File::create(&path).map_err(in_file(&path))?;
    wait_for(&lock).map_err(in_file(&path))??;
    Ok(lock)
}

/// Removes archives whose content is elsewhere by now; that is no failure.
fn remove(archives: &[PathBuf]) {
    for archive in archives {
        let _ = fs::remove_file(archive);
    }
}

/// Waits until no other process fetches tools, or until this program is interrupted.
fn wait_for(lock: &File) -> io::Result<Result<(), Failure>> {
    let mut said = false;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Ok(())),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        if interrupt::requested() {
            return Ok(Err(Failure::Interrupted));
        }
        if !said {
            report::progress("waiting for another run, which is fetching tools");
            said = true;
        }
        thread::sleep(process::POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_is_one_word() {
        assert_eq!(quoted("/home/o'brien/my files"), "'/home/o'\\''brien/my files'");
    }
}
