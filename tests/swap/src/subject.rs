//! What is broken: crates, their files, the places in them, and the breakages of each.

use std::fs;
use std::path::{Path, PathBuf};

use crate::breakage::{self, Breakage};
use crate::failure::Failure;
use crate::messages::Messages;
use crate::places::{self, Place};
use crate::probes::Probes;
use crate::signatures::Signatures;
use crate::syntax::for_tests;

/// One file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// From the workspace's root.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// The places in it.
    pub places: Vec<Place>,
    /// Their breakages.
    pub breakages: Vec<Breakage>,
}

/// One crate.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The package's name.
    pub package: String,
    /// Its folder, from the workspace's root.
    pub folder: PathBuf,
    /// Its files, the crate's root first.
    pub files: Vec<SourceFile>,
    /// Its probes.
    pub probes: Probes,
}

/// A workspace read: its crates, and what the library says.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The crates, lower ones first where they have the same folder.
    pub subjects: Vec<Subject>,
    /// The library's messages.
    pub messages: Messages,
}

/// A crate to be read: its folder from the root, and its probes.
#[derive(Clone, Debug)]
pub struct Folder {
    /// From the workspace's root.
    pub path: PathBuf,
    /// How its probes are written.
    pub probes: Probes,
}

/// All files below a folder that end in `.rs`, in a fixed order.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(Failure::file(folder))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// A file and its syntax.
fn parsed(path: &Path) -> Result<(String, syn::File), Failure> {
    let text = fs::read_to_string(path).map_err(Failure::file(path))?;
    let file = syn::parse_file(&text).map_err(|error| Failure::Syntax(path.to_path_buf(), error))?;
    Ok((text, file))
}

/// The name of the package in a folder.
fn package(folder: &Path) -> Result<String, Failure> {
    let path = folder.join("Cargo.toml");
    let manifest = fs::read_to_string(&path).map_err(Failure::file(&path))?;
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    name.map(str::to_owned).ok_or_else(|| Failure::NoCrate(folder.to_path_buf()))
}

/// The files that a file declares as modules for tests, or for a feature that the kernel is built without: what each path
/// begins with.
fn left_out(path: &Path, file: &syn::File) -> Vec<PathBuf> {
    let is_root = path.ends_with("src/lib.rs");
    let folder = if is_root { path.with_file_name("") } else { path.with_extension("") };
    let modules = file.items.iter().filter_map(|item| match item {
        syn::Item::Mod(module) if module.content.is_none() && for_tests(&module.attrs) => Some(&module.ident),
        _ => None,
    });
    modules.map(|name| folder.join(name.to_string())).collect()
}

/// The levels that a file declares, in their order.
fn levels(file: &syn::File) -> Vec<String> {
    let calls = file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item) if item.mac.path.segments.last()?.ident == "hierarchy" => Some(&item.mac),
        _ => None,
    });
    let words: Vec<String> = calls.flat_map(|call| crate::syntax::words(&call.tokens)).collect();
    words.windows(2).filter(|pair| pair[0] == "level").map(|pair| pair[1].clone()).collect()
}

/// The kernel's crates: `kernel`, and each folder in it that has a library. A crate below the levels has no places.
///
/// # Errors
///
/// A file cannot be read.
pub fn kernel_folders(root: &Path) -> Result<Vec<Folder>, Failure> {
    let kernel = root.join("kernel");
    let entries = fs::read_dir(&kernel).map_err(Failure::file(&kernel))?;
    let mut names: Vec<PathBuf> =
        entries.flatten().map(|entry| PathBuf::from("kernel").join(entry.file_name())).collect();
    names.push(PathBuf::from("kernel"));
    names.retain(|path| {
        root.join(path).join("src/lib.rs").is_file() && root.join(path).join("Cargo.toml").is_file()
    });
    names.sort();
    let (_, file) = parsed(&kernel.join("base/src/levels.rs"))?;
    let levels = levels(&file);
    Ok(names
        .into_iter()
        .map(|path| {
            let base = if path.ends_with("kernel/base") { "crate" } else { "base" };
            let probes = Probes {
                levels: levels.iter().map(|level| format!("{base}::levels::{level}")).collect(),
                sleeping: format!("{base}::sched::SleepLock"),
                platform: format!("{base}::platform::Machine"),
            };
            Folder { path, probes }
        })
        .collect())
}

impl Workspace {
    /// Reads crates of the workspace at `root`, and the library at `library` for what its functions ask and what it says.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or is no Rust.
    pub fn read(root: &Path, library: &Path, folders: Vec<Folder>) -> Result<Self, Failure> {
        let (mut signatures, mut messages) = (Signatures::default(), Messages::default());
        let mut known = Vec::new();
        sources(&library.join("src"), &mut known)?;
        for path in &known {
            let (_, file) = parsed(path)?;
            signatures.read(&file);
            messages.read(&file);
        }
        let mut read = Vec::new();
        for folder in folders {
            let mut paths = Vec::new();
            sources(&root.join(&folder.path).join("src"), &mut paths)?;
            // The image's own root is another crate, and has nothing but an entry point.
            paths.retain(|path| !path.ends_with("src/main.rs"));
            paths.sort_by_key(|path| !path.ends_with("src/lib.rs"));
            let files = paths.iter().map(|path| parsed(path)).collect::<Result<Vec<_>, _>>()?;
            let without: Vec<PathBuf> =
                paths.iter().zip(&files).flat_map(|(path, (_, file))| left_out(path, file)).collect();
            let is_in = |path: &PathBuf| {
                !without.iter().any(|module| path.with_extension("") == *module || path.starts_with(module))
            };
            let (paths, files): (Vec<_>, Vec<_>) =
                paths.into_iter().zip(files).filter(|(path, _)| is_in(path)).unzip();
            for (_, file) in &files {
                signatures.read(file);
            }
            read.push((folder, paths, files));
        }
        let subjects = read
            .into_iter()
            .map(|(Folder { path, probes }, paths, files)| {
                let files = paths.into_iter().zip(files).map(|(path, (text, file))| {
                    let places = places::find(&file, &signatures);
                    let breakages = breakage::all(&text, &places, &probes.platform);
                    let path = path.strip_prefix(root).map(Path::to_path_buf).unwrap_or(path);
                    SourceFile { path, text, places, breakages }
                });
                let files = files.collect();
                Ok(Subject { package: package(&root.join(&path))?, folder: path, files, probes })
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        Ok(Self { subjects, messages })
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Workspace, kernel_folders, left_out, levels};

    #[test]
    fn levels_are_read_in_their_order() {
        let text = "lockorder::hierarchy! { /// All.\n pub hierarchy KERNEL; pub level Outer = 10; \
                    pub level Inner = 20 { class Inode = 3; } }";
        assert_eq!(levels(&syn::parse_file(text).unwrap()), ["Outer", "Inner"]);
    }

    #[test]
    fn modules_for_tests_are_left_out() {
        let file =
            syn::parse_file("#[cfg(test)] mod tests; #[cfg(feature = \"checker\")] mod checker; mod core;")
                .unwrap();
        let out = |path: &str| left_out(Path::new(path), &file);
        assert_eq!(out("a/src/lib.rs"), ["a/src/tests", "a/src/checker"].map(PathBuf::from));
        assert_eq!(out("a/src/sched.rs"), ["a/src/sched/tests", "a/src/sched/checker"].map(PathBuf::from));
    }

    #[test]
    fn every_crate_of_the_kernel_is_read() {
        let root = mutation::root();
        let folders = kernel_folders(&root).unwrap();
        let workspace = Workspace::read(&root, &root.join("lockorder"), folders).unwrap();
        let packages: Vec<_> = workspace.subjects.iter().map(|subject| subject.package.as_str()).collect();
        for package in ["kernel", "base", "machine", "selftest"] {
            assert!(packages.contains(&package), "{package} is not among {packages:?}");
        }
        assert!(!workspace.messages.is_empty());
        let count = |package: &str| -> usize {
            let subject = workspace.subjects.iter().find(|subject| subject.package == package).unwrap();
            subject.files.iter().map(|file| file.places.len()).sum()
        };
        assert!(count("base") >= 10 && count("selftest") >= 100, "{} {}", count("base"), count("selftest"));
    }
}
