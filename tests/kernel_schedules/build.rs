//! Copies the kernel's text of [`FILES`], as it is and once for each way to break it, onto a scheduler's atomics and threads.
//!
//! The text is the kernel's own, and stands on the library's tokens and typed locks. What differs: atomics are those of a checker that
//! tries schedules; names of the kernel's other modules lead to stand-ins (`src/world.rs`, `template/kernel.rs`); links of lists
//! notice that they are used after they are gone; and there are few buckets. `template/models.rs` is compiled against each copy.

use mutation::copies::Copies;

#[allow(unreachable_pub, dead_code, reason = "the library shares the table, and names what this does not")]
#[path = "src/mutants.rs"]
mod mutants;

use mutants::MUTANTS;

/// The kernel's files, by their place in the repository and in a copy.
const FILES: &[(&str, &str)] = &[
    ("kernel/base/src/sched/waiting.rs", "sched/waiting.rs"),
    ("kernel/base/src/sched/waiting/gathering.rs", "sched/waiting/gathering.rs"),
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
fn adapt(text: &str, copy: &str, place: &str) -> String {
    let own = if place.starts_with("futex/") { "use crate::copy::futex::" } else { "use crate::copy::" };
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
        .replace("use spin::Once;", "use crate::world::Once;")
        .replace("use machine::", "use crate::world::")
        .replace("pub(super)", "pub")
        .replace("pub(crate)", "pub")
        .replace("const BUCKETS: usize = 256;", "const BUCKETS: usize = 2;")
        .replace("const BATCH: usize = 16;", "const BATCH: usize = 1;")
        .replace("const FEW: usize = 4;", "const FEW: usize = 1;")
        .replace("crate::copy", &format!("crate::copies::{copy}"))
}

fn main() {
    let copies = Copies { root: "../..", files: FILES, templates: TEMPLATES, mutants: MUTANTS };
    copies.write(adapt, |name, folder| {
        format!("#[path = \"{}\"] pub(crate) mod {name};\n", folder.join("mod.rs").display())
    });
}
