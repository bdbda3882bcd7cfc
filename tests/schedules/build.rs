//! Copies the library's sleeping locks, as they are and once for each way to break them, onto a scheduler's atomics.
//!
//! The text is the library's own. What differs: atomics, threads and mutexes are those of a checker that tries schedules;
//! names of the crate lead to the copy, or to `crate::world`; what is private there is seen here; and waiters lose their
//! patience sooner. `template/` has the machine and the models, which are compiled against each copy.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

#[allow(unreachable_pub, dead_code, reason = "the library shares the table, and names what this does not")]
#[path = "src/mutants.rs"]
mod mutants;

use mutants::{MUTANTS, Mutant};

/// The library's files, by their place in its source and in a copy.
const FILES: &[(&str, &str)] = &[
    ("blocking.rs", "blocking/mod.rs"),
    ("blocking/notifications.rs", "blocking/notifications.rs"),
    ("blocking/owned.rs", "blocking/owned.rs"),
    ("blocking/read_write.rs", "blocking/read_write.rs"),
    ("blocking/token/core.rs", "blocking/token/core.rs"),
    ("blocking/token/list.rs", "blocking/token/list.rs"),
    ("host/wait_queue.rs", "wait_queue.rs"),
    ("raw/backoff.rs", "raw/backoff.rs"),
    ("raw/read_write.rs", "raw/read_write.rs"),
];

/// What stands for the modules that only gather others.
const GATHERING: &[(&str, &str)] = &[
    (
        "raw/mod.rs",
        "mod backoff;\npub mod read_write;\npub use backoff::Backoff;\npub use read_write::ReadWrite;\n\
         pub use lockorder::{RawLock, RawReadWriteLock, RawTimedLock, RawTimedReadWriteLock};\n",
    ),
    (
        "blocking/token.rs",
        "pub mod core;\npub mod list;\npub use self::core::{Sharing, TokenCore};\n\
         pub use list::{HeldSerialTokens, MOST_SERIAL_TOKENS, Notes};\n",
    ),
];

/// What the module of blocking has instead of the typed parts.
const MODULES: &str = "pub mod notifications;\npub mod owned;\npub mod read_write;\npub mod token;\n\
    pub use notifications::Notifications;\npub use owned::{Adaptive, Owned, Sleep};\npub use read_write::SleepReadWrite;\n";

/// A copy's modules, and their files.
const MODULES_OF_A_COPY: &[(&str, &str)] = &[
    ("raw", "raw/mod.rs"),
    ("blocking", "blocking/mod.rs"),
    ("wait_queue", "wait_queue.rs"),
    ("machine", "machine.rs"),
    ("models", "models.rs"),
];

/// Leads a file's names to the copy, and what it shares between threads to the checker.
fn adapt(text: &str, copy: &str) -> String {
    let mut text = text
        .replace("core::sync::atomic::", "shuttle::sync::atomic::")
        .replace(
            "use std::sync::{Arc, Mutex, MutexGuard, PoisonError};",
            "use shuttle::sync::{Mutex, MutexGuard};\nuse std::sync::{Arc, PoisonError};",
        )
        .replace("use std::thread::{self, Thread};", "use shuttle::thread::{self, Thread};")
        .replace("#[cfg_attr(feature = \"checker\", track_caller)]", "")
        .replace("pub(in crate::blocking)", "pub")
        .replace("pub(super)", "pub")
        .replace("pub(crate)", "pub");
    for own in ["blocking", "raw"] {
        text = text.replace(&format!("crate::{own}"), &format!("crate::copies::{copy}::{own}"));
    }
    for shared in ["context", "platform", "level", "observe"] {
        text = text.replace(&format!("crate::{shared}"), &format!("crate::world::{shared}"));
    }
    // Schedules are short: a waiter is at the end of its patience at once.
    let kept: Vec<_> = text.lines().filter(|line| !line.starts_with("static_assertions::")).collect();
    (kept.join("\n") + "\n")
        .replace("const SPIN_ROUNDS: u32 = 6;", "const SPIN_ROUNDS: u32 = 0;")
        .replace("const LOOKS: u32 = 200;", "const LOOKS: u32 = 1;")
        .replace("const LOOKS: u32 = 100;", "const LOOKS: u32 = 1;")
        .replace("const PAUSES: u32 = 16;", "const PAUSES: u32 = 1;")
        .replace("const PATIENCE: u32 = 4;", "const PATIENCE: u32 = 1;")
        .replace("const PATIENCE: u32 = 8;", "const PATIENCE: u32 = 2;")
        .replace("const SPIN_LIMIT: u32 = 64;", "const SPIN_LIMIT: u32 = 1;")
        .replace("const MISSES: u32 = 16;", "const MISSES: u32 = 1;")
}

/// Drops the list of the typed modules.
fn without_typed_parts(text: &str) -> String {
    let listed = |line: &str| {
        (line.starts_with("mod ") || line.starts_with("pub mod ") || line.starts_with("pub use "))
            && line.ends_with(';')
    };
    let kept: Vec<_> = text.lines().filter(|line| !listed(line)).collect();
    kept.join("\n") + "\n" + MODULES
}

/// Writes one copy, broken as `mutant` says.
fn copy(out: &Path, name: &str, mutant: Option<&Mutant>) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = out.join(name);
    fs::create_dir_all(directory.join("blocking/token")).expect("the directory is ours");
    fs::create_dir_all(directory.join("raw")).expect("the directory is ours");
    for (from, to) in FILES {
        let path = package.join("../../lockorder/src").join(from);
        println!("cargo::rerun-if-changed={}", path.display());
        let mut text = fs::read_to_string(&path).expect("the library's text");
        if let Some(mutant) = mutant.filter(|mutant| mutant.file == *from) {
            assert_eq!(text.matches(mutant.from).count(), 1, "`{}` has lost its place", mutant.name);
            text = text.replacen(mutant.from, mutant.to, 1);
        }
        if *from == "blocking.rs" {
            text = without_typed_parts(&text);
        }
        fs::write(directory.join(to), adapt(&text, name)).expect("the directory is ours");
    }
    for (to, text) in GATHERING {
        fs::write(directory.join(to), text).expect("the directory is ours");
    }
    for template in ["machine.rs", "models.rs"] {
        let path = package.join("template").join(template);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path)
            .expect("the template's text")
            .replace("crate::copy", &format!("crate::copies::{name}"));
        fs::write(directory.join(template), text).expect("the directory is ours");
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
        writeln!(modules, "pub mod {name} {{").expect("a string takes everything");
        for (module, file) in MODULES_OF_A_COPY {
            let path = out.join(name).join(file);
            writeln!(modules, "#[path = \"{}\"] pub mod {module};", path.display())
                .expect("a string takes everything");
        }
        modules += "}\n";
    }
    let mut broken = String::from(
        "/// The models of each broken copy, by its name.\npub const BROKEN: &[(&str, &[(&str, fn())])] = &[\n",
    );
    for mutant in MUTANTS {
        writeln!(broken, "(\"{0}\", copies::{0}::models::ALL),", mutant.name)
            .expect("a string takes everything");
    }
    broken += "];\n";
    fs::write(out.join("copies.rs"), modules).expect("the directory is ours");
    fs::write(out.join("broken.rs"), broken).expect("the directory is ours");
}
