//! Copies of source, as it is and once for each way to break it, for a checker that has other atomics and threads.
//!
//! For build scripts. Each copy is a folder of the files that are copied and of templates that are compiled against them; one
//! module is declared for it. What a copy's names lead to is the script's own matter.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, iter};

/// One copy, broken.
#[derive(Debug)]
pub struct Mutant {
    /// The module that it becomes.
    pub name: &'static str,
    /// The file, as [`Copies::files`] names it.
    pub file: &'static str,
    /// What is replaced, once.
    pub from: &'static str,
    /// By what.
    pub to: &'static str,
    /// The model that must notice it.
    pub model: &'static str,
}

/// Shorthand for a table of them.
#[must_use]
pub const fn mutant(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    model: &'static str,
) -> Mutant {
    Mutant { name, file, from, to, model }
}

/// What is copied.
#[derive(Clone, Copy, Debug)]
pub struct Copies<'c> {
    /// The folder of the files, from the package's.
    pub root: &'c str,
    /// The files, by their places below it and in a copy.
    pub files: &'c [(&'c str, &'c str)],
    /// The files of `template/`, and their places in a copy: `crate::copy` leads to the copy.
    pub templates: &'c [(&'c str, &'c str)],
    /// The ways to break it.
    pub mutants: &'c [Mutant],
}

/// Reads a file, and has the build script run again when it changes.
fn read(path: &Path) -> String {
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes a file of a copy.
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a copy has a folder")).expect("the directory is ours");
    fs::write(path, text).expect("the directory is ours");
}

/// A folder that cargo names in an environment variable.
fn folder(variable: &str) -> PathBuf {
    env::var_os(variable).map(PathBuf::from).expect("cargo names the folders of a build script")
}

impl Copies<'_> {
    /// Writes them below `OUT_DIR`: the copies; `copies.rs`, which declares them; and `broken.rs`, the table `BROKEN` of each
    /// broken copy's model.
    ///
    /// `adapt` leads the names in a file to what they are in a copy: it gets the text, the copy's name, and the file's place there.
    /// `declare` gives the text that declares a copy, of its name and its folder.
    ///
    /// # Panics
    ///
    /// When a file cannot be read or written, or a mutant has lost its place.
    pub fn write(&self, adapt: impl Fn(&str, &str, &str) -> String, declare: impl Fn(&str, &Path) -> String) {
        let (package, out) = (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR"));
        println!("cargo::rerun-if-changed=build.rs");
        println!("cargo::rerun-if-changed=src/mutants.rs");
        let broken = self.mutants.iter().map(|mutant| (mutant.name, Some(mutant)));
        let mut modules = String::new();
        for (name, mutant) in iter::once(("original", None)).chain(broken) {
            let directory = out.join(name);
            for (from, to) in self.files {
                let mut text = read(&package.join(self.root).join(from));
                if let Some(mutant) = mutant.filter(|mutant| mutant.file == *from) {
                    assert_eq!(text.matches(mutant.from).count(), 1, "`{}` has lost its place", mutant.name);
                    text = text.replacen(mutant.from, mutant.to, 1);
                }
                write(&directory.join(to), &adapt(&text, name, to));
            }
            for (from, to) in self.templates {
                let text = read(&package.join("template").join(from));
                write(&directory.join(to), &text.replace("crate::copy", &format!("crate::copies::{name}")));
            }
            modules += &declare(name, &directory);
        }
        // Of a broken copy nothing is compiled to instructions but what its one model reaches.
        let mut table = String::from(
            "/// The model of each broken copy, by its name.\npub const BROKEN: &[(&str, fn())] = &[\n",
        );
        for Mutant { name, model, .. } in self.mutants {
            writeln!(table, "(\"{name}\", copies::{name}::models::{model}),")
                .expect("a string takes everything");
        }
        table += "];\n";
        write(&out.join("copies.rs"), &modules);
        write(&out.join("broken.rs"), &table);
    }
}
