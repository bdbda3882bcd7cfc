//! Copies the lock cores, each as it is and once for each way to break it, onto the model's atomics.
//!
//! The cores are compiled from the very text of the library. Few lines differ: they take their atomics from
//! `crate::atomic`, which a model checker watches; their size, which is another one there, is not asserted; and waiters
//! reach their spin limit sooner.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

#[allow(unreachable_pub, dead_code, reason = "the library shares the table, and names what this does not")]
#[path = "src/mutants.rs"]
mod mutants;

use mutants::{CORES, MUTANTS};

fn main() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = env::var("OUT_DIR").expect("cargo names the directory");
    let out = Path::new(&out);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/mutants.rs");

    let mut modules = String::new();
    let mut add = |name: &str, text: &str| {
        let path = out.join(format!("{name}.rs"));
        fs::write(&path, text).expect("the directory is ours");
        writeln!(modules, "#[path = \"{}\"]\npub mod {name};", path.display())
            .expect("a string takes everything");
    };

    let mut originals = HashMap::new();
    for core in CORES {
        let path = sources.join(core.file);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path)
            .expect("the core's text")
            .replace("use core::sync::atomic::", "use crate::atomic::")
            // What the kernel's text stands on, and whose links it reaches.
            .replace("use alloc::", "use std::")
            .replace("use core::cell::Cell;", "use crate::kernel::Cell;")
            .replace("use crate::leaf::", "use crate::kernel::")
            .replace("use crate::leaves::", "use crate::kernel::")
            .replace("use crate::sched::thread::", "use crate::kernel::")
            .replace("use machine::interrupts::", "use crate::kernel::")
            .replace("pub(super) const fn new(source", "pub(super) fn new(source")
            .replace("    const fn of(source", "    fn of(source")
            // Executions are short here: a waiter is at its spin limit at once.
            .replace("const SPIN_ROUNDS: u32 = 6;", "const SPIN_ROUNDS: u32 = 0;")
            .replace("const SPIN_LIMIT: u32 = 64;", "const SPIN_LIMIT: u32 = 1;");
        let kept: Vec<_> = text.lines().filter(|line| !line.starts_with("static_assertions::")).collect();
        let text = kept.join("\n") + "\n" + core.introduction;
        add(core.name, &text);
        originals.insert(core.name, text);
    }
    for mutant in MUTANTS {
        let original = &originals[mutant.core];
        assert_eq!(original.matches(mutant.from).count(), 1, "`{}` has lost its place", mutant.name);
        add(mutant.name, &original.replacen(mutant.from, mutant.to, 1));
    }
    fs::write(out.join("cores.rs"), modules).expect("the directory is ours");
}
