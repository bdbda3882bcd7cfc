//! Copies the library's sleeping locks, as they are and once for each way to break them, onto a scheduler's atomics.
//!
//! The text is the library's own. What differs: atomics, threads and mutexes are those of a checker that tries schedules;
//! names of the crate lead to the copy, or to `crate::world`; what is private there is seen here; waiters lose their
//! patience sooner; and time is counted in looks at the clock. `template/` has the machine, plain stand-ins for tokens, locks
//! and guards, and the models, which are compiled against each copy.

use std::fs;
use std::path::Path;

use mutation::copies::Copies;

#[allow(unreachable_pub, dead_code, reason = "the library shares the table, and names what this does not")]
#[path = "src/mutants.rs"]
mod mutants;

use mutants::MUTANTS;

/// The library's files, by their place in its source and in a copy.
const FILES: &[(&str, &str)] = &[
    ("blocking.rs", "blocking/mod.rs"),
    ("blocking/completion.rs", "blocking/completion.rs"),
    ("blocking/condvar.rs", "blocking/condvar.rs"),
    ("blocking/event.rs", "blocking/event.rs"),
    ("blocking/notifications.rs", "blocking/notifications.rs"),
    ("blocking/owned.rs", "blocking/owned.rs"),
    ("blocking/ranked_condvar.rs", "blocking/ranked_condvar.rs"),
    ("blocking/read_write.rs", "blocking/read_write.rs"),
    ("blocking/semaphore.rs", "blocking/semaphore.rs"),
    ("blocking/serial.rs", "blocking/serial.rs"),
    ("blocking/serial/core.rs", "blocking/serial/core.rs"),
    ("blocking/serial/list.rs", "blocking/serial/list.rs"),
    ("blocking/serial/pool.rs", "blocking/serial/pool.rs"),
    ("blocking/serial/scope.rs", "blocking/serial/scope.rs"),
    ("blocking/signalling_semaphore.rs", "blocking/signalling_semaphore.rs"),
    ("blocking/wait_queue.rs", "blocking/wait_queue.rs"),
    ("host/wait_queue.rs", "wait_queue.rs"),
    ("pair.rs", "pair.rs"),
    ("raw/backoff.rs", "raw/backoff.rs"),
    ("raw/read_write.rs", "raw/read_write.rs"),
];

/// What stands for the module of the raw cores, most of which do not sleep.
const RAW: &str = "mod backoff;\npub mod read_write;\npub use backoff::Backoff;\n\
    pub use read_write::{ReadWrite, ReadWriteState};\n\
    pub use lockorder::raw::{HasOwner, WaitsOn};\n\
    pub use lockorder::{RawLock, RawReadWriteLock, RawTimedLock, RawTimedReadWriteLock};\n";

/// The files of `template/`, and their place in a copy.
const TEMPLATES: &[(&str, &str)] = &[
    ("machine.rs", "machine.rs"),
    ("typed.rs", "typed.rs"),
    ("models.rs", "models/mod.rs"),
    ("models/completions.rs", "models/completions.rs"),
    ("models/locks.rs", "models/locks.rs"),
    ("models/pairs.rs", "models/pairs.rs"),
    ("models/panics.rs", "models/panics.rs"),
    ("models/ranked.rs", "models/ranked.rs"),
    ("models/tokens.rs", "models/tokens.rs"),
    ("models/waits.rs", "models/waits.rs"),
];

/// A copy's modules, and their files.
const MODULES_OF_A_COPY: &[(&str, &str)] = &[
    ("raw", "raw/mod.rs"),
    ("blocking", "blocking/mod.rs"),
    ("wait_queue", "wait_queue.rs"),
    ("machine", "machine.rs"),
    ("pair", "pair.rs"),
    ("typed", "typed.rs"),
    ("models", "models/mod.rs"),
];

/// Leads a file's names to the copy, and what it shares between threads to the checker.
fn adapt(text: &str, copy: &str, _place: &str) -> String {
    let mut text = text
        .replace("core::sync::atomic::", "shuttle::sync::atomic::")
        .replace(
            "use std::sync::{Arc, Mutex, MutexGuard, PoisonError};",
            "use shuttle::sync::{Mutex, MutexGuard};\nuse std::sync::{Arc, PoisonError};",
        )
        .replace("use std::thread::{self, Thread};", "use shuttle::thread::{self, Thread};")
        .replace(
            "use std::time::{Duration, Instant};",
            "use crate::world::Instant;\nuse std::time::Duration;",
        )
        .replace("thread::park_timeout(left)", "crate::world::pass(left)")
        .replace("#[cfg_attr(feature = \"checker\", track_caller)]", "")
        .replace("pub(in crate::blocking)", "pub")
        .replace("pub(super)", "pub")
        .replace("pub(crate)", "pub");
    for own in ["blocking", "raw"] {
        text = text.replace(&format!("crate::{own}"), &format!("crate::copies::{copy}::{own}"));
    }
    for typed in ["evidence", "held", "guard", "lock", "set"] {
        text = text.replace(&format!("crate::{typed}::"), &format!("crate::copies::{copy}::typed::"));
    }
    for shared in ["context", "platform", "level", "mode", "observe", "order"] {
        text = text.replace(&format!("crate::{shared}"), &format!("crate::world::{shared}"));
    }
    // Schedules are short: a waiter is at the end of its patience at once.
    let mut kept = String::new();
    for line in text.lines().filter(|line| !line.starts_with("static_assertions::")) {
        // Modules that are private there.
        let private = line.starts_with("mod ");
        kept = kept + if private { "pub " } else { "" } + line + "\n";
    }
    kept.replace("const SPIN_ROUNDS: u32 = 6;", "const SPIN_ROUNDS: u32 = 0;")
        .replace("const LOOKS: u32 = 200;", "const LOOKS: u32 = 1;")
        .replace("const LOOKS: u32 = 100;", "const LOOKS: u32 = 1;")
        .replace("const PAUSES: u32 = 16;", "const PAUSES: u32 = 1;")
        .replace("const ATTEMPTS: u32 = 8;", "const ATTEMPTS: u32 = 2;")
        .replace("const PATIENCE: u32 = 4;", "const PATIENCE: u32 = 1;")
        .replace("const PATIENCE: u32 = 8;", "const PATIENCE: u32 = 2;")
        .replace("const SPIN_LIMIT: u32 = 64;", "const SPIN_LIMIT: u32 = 1;")
        .replace("const MISSES: u32 = 16;", "const MISSES: u32 = 1;")
}

/// Declares a copy, with what stands for the module of the raw cores.
fn declare(name: &str, folder: &Path) -> String {
    fs::write(folder.join("raw/mod.rs"), RAW).expect("the directory is ours");
    let modules = MODULES_OF_A_COPY
        .iter()
        .map(|(module, file)| format!("#[path = \"{}\"] pub mod {module};\n", folder.join(file).display()));
    format!("pub(crate) mod {name} {{\n{}}}\n", modules.collect::<String>())
}

fn main() {
    let copies = Copies { root: "../../lockorder/src", files: FILES, templates: TEMPLATES, mutants: MUTANTS };
    copies.write(adapt, declare);
}
