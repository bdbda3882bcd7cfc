//! Copies the kernel's text of [`FILES`], as it is and once for each way to break it, onto a scheduler's atomics and threads.
//!
//! The text is the kernel's own, and stands on the library's tokens and typed locks. What differs: atomics are those of a checker that
//! tries schedules; names of the kernel's other modules lead to stand-ins (`src/world.rs`, `template/kernel.rs`); links of lists
//! notice that they are used after they are gone; and there are few buckets. `template/models.rs` is compiled against each copy.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

#[allow(unreachable_pub, dead_code, reason = "the library shares the table, and names what this does not")]
#[path = "src/mutants.rs"]
mod mutants;

use mutants::{MUTANTS, Mutant};

/// The kernel's files, by their place in the repository and in a copy.
const FILES: &[(&str, &str)] = &[
    ("kernel/base/src/sched/waiting.rs", "sched/waiting.rs"),
    ("kernel/base/src/sched/waiting/source.rs", "sched/waiting/source.rs"),
    ("kernel/futex/src/bucket.rs", "futex/bucket.rs"),
    ("kernel/futex/src/key.rs", "futex/key.rs"),
    ("kernel/futex/src/line.rs", "futex/line.rs"),
    ("kernel/futex/src/table.rs", "futex/table.rs"),
    ("kernel/futex/src/waiter.rs", "futex/waiter.rs"),
];

/// The files of `template/`, and their place in a copy.
const TEMPLATES: &[(&str, &str)] = &[("kernel.rs", "mod.rs"), ("models.rs", "models.rs")];

/// Leads a file's names to the stand-ins, and what it shares between threads to the checker.
fn adapt(text: &str, copy: &str, own: &str) -> String {
    // Its unit tests are run where they are.
    let text = text.split("#[cfg(test)]").next().expect("a text has a beginning");
    text.replace("use crate::", own)
        .replace("core::sync::atomic::", "shuttle::sync::atomic::")
        .replace("use alloc::", "use std::")
        .replace("use base::", "use crate::copy::")
        .replace(" base::levels::", " crate::copy::levels::")
        .replace("use core::cell::Cell;", "use crate::world::Cell;")
        .replace("use lockorder::blocking::", "use crate::world::blocking::")
        .replace("Root, SpinLock, Task};", "Root, Task};\nuse crate::world::SpinLock;")
        .replace("use machine::", "use crate::world::")
        .replace("pub(super)", "pub")
        .replace("pub(crate)", "pub")
        .replace("const BUCKETS: usize = 256;", "const BUCKETS: usize = 2;")
        .replace("const BATCH: usize = 16;", "const BATCH: usize = 1;")
        .replace("const FEW: usize = 4;", "const FEW: usize = 1;")
        .replace("crate::copy", &format!("crate::copies::{copy}"))
}

/// Writes one copy, broken as `mutant` says.
fn copy(out: &Path, name: &str, mutant: Option<&Mutant>) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = out.join(name);
    for inner in ["sched/waiting", "futex"] {
        fs::create_dir_all(directory.join(inner)).expect("the directory is ours");
    }
    for (from, to) in FILES {
        let path = package.join("../..").join(from);
        println!("cargo::rerun-if-changed={}", path.display());
        let mut text = fs::read_to_string(&path).expect("the kernel's text");
        if let Some(mutant) = mutant.filter(|mutant| mutant.file == *from) {
            assert_eq!(text.matches(mutant.from).count(), 1, "`{}` has lost its place", mutant.name);
            text = text.replacen(mutant.from, mutant.to, 1);
        }
        let own = if to.starts_with("futex/") { "use crate::copy::futex::" } else { "use crate::copy::" };
        fs::write(directory.join(to), adapt(&text, name, own)).expect("the directory is ours");
    }
    for (from, to) in TEMPLATES {
        let path = package.join("template").join(from);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path)
            .expect("the template's text")
            .replace("crate::copy", &format!("crate::copies::{name}"));
        fs::write(directory.join(to), text).expect("the directory is ours");
    }
}

fn main() {
    let out = env::var("OUT_DIR").expect("cargo names the directory");
    let out = Path::new(&out);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/mutants.rs");
    let mut modules = String::new();
    let names =
        std::iter::once(("original", None)).chain(MUTANTS.iter().map(|mutant| (mutant.name, Some(mutant))));
    for (name, mutant) in names {
        copy(out, name, mutant);
        let path = out.join(name).join("mod.rs");
        writeln!(modules, "#[path = \"{}\"] pub(crate) mod {name};", path.display())
            .expect("a string takes everything");
    }
    let mut broken = String::from(
        "/// The model of each broken copy, by its name.\npub const BROKEN: &[(&str, fn())] = &[\n",
    );
    for Mutant { name, model, .. } in MUTANTS {
        writeln!(broken, "(\"{name}\", copies::{name}::models::{model}),")
            .expect("a string takes everything");
    }
    broken += "];\n";
    fs::write(out.join("copies.rs"), modules).expect("the directory is ours");
    fs::write(out.join("broken.rs"), broken).expect("the directory is ours");
}
