//! Every function that may wait, as a page: what it waits for, who ends that, and which bound makes it safe.
//!
//! The rows are the `wait` lines of the tables. That no function is forgotten is checked twice: each call that the search
//! knows to wait has a row; and a function whose body calls what blocks (`blocks` lines) is itself one of those, or public
//! with a row, or is said to wait for nothing that anybody holds (`brief` lines). That a row is true is checked against the
//! source, which must have the bound, and against the corpus, which must have the program.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use crate::source::Source;
use crate::table::{Table, Waits};

/// The page.
#[must_use]
pub fn page(table: &Table) -> String {
    let mut page = format!(
        "# Who waits for what\n\n\
         Every public function that may wait, what it waits for, who ends that wait, and which bound makes it safe; the\n\
         program is one that the bound rejects, under [`ui-tests/rejected`](../ui-tests/README.md). That whoever ends a wait\n\
         needs nothing of what the waiter holds is what [`soundness.md`](soundness.md) rests on; `cargo test -p\n\
         closure-tests` searches for a way around it.\n\n\
         {} functions. This page is generated: `BLESS=1 cargo test -p closure-tests --test waits`.\n\n\
         | function | waits for | ended by | bound | program |\n|---|---|---|---|---|\n",
        table.waits.len()
    );
    let mut waits: Vec<_> = table.waits.iter().collect();
    waits.sort_by(|one, other| one.item.cmp(&other.item));
    for wait in waits {
        let [what, who, bound, program] = &wait.cells;
        let name = program.rsplit('/').next().unwrap_or_default();
        let _ = writeln!(page, "| `{}` | {what} | {who} | `{bound}` | `{name}` |", wait.item);
    }
    page
}

/// A text without blanks.
fn dense(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// Whether a signature has a bound, `X: Y`, alone or among others of `X`; or anything else, as it stands.
fn has_bound(signature: &str, bound: &str) -> bool {
    let Some((parameter, wanted)) = bound.split_once(':').filter(|_| !bound.contains("::")) else {
        return signature.contains(bound);
    };
    let of = format!("{parameter}:");
    let mut bounds = signature.match_indices(&of).map(|(begin, _)| &signature[begin + of.len()..]);
    bounds.any(|rest| {
        rest.split(',').next().is_some_and(|rest| rest.split('+').any(|one| one.starts_with(wanted)))
    })
}

/// What is wrong with the rows.
#[must_use]
pub fn wrong(table: &Table, source: &Source, corpus: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let rows: BTreeSet<&str> = table.waits.iter().map(|wait| wait.item.as_str()).collect();
    for wait in &table.waits {
        let [_, _, bound, program] = &wait.cells;
        let signature = source.item(&wait.item).map(|item| dense(&item.signature)).unwrap_or_default();
        if !has_bound(&signature, &dense(bound)) {
            wrong.push(format!("{} has no bound `{bound}`", wait.item));
        }
        if !corpus.join(program).with_extension("rs").is_file() {
            wrong.push(format!("{}: there is no program {program}", wait.item));
        }
    }
    for call in &table.calls {
        if call.gives.is_none() && call.waits != Waits::Never && !rows.contains(call.item.as_str()) {
            wrong.push(format!("{} waits, and has no row", call.item));
        }
    }
    for body in source.bodies.iter().filter(|body| !body.file.starts_with("checker/")) {
        let last = body.name.rsplit("::").next().unwrap_or_default();
        let blocking: Vec<_> = body.calls.iter().filter(|call| table.blocks.contains(*call)).collect();
        let known = table.blocks.contains(last) && !body.is_public
            || rows.contains(body.name.as_str())
            || table.unsafe_items.contains(&body.name)
            || table.brief.contains_key(&body.name);
        if !blocking.is_empty() && !known {
            wrong.push(format!("{} ({}) calls {blocking:?}, and has no row", body.name, body.file));
        }
    }
    wrong
}
