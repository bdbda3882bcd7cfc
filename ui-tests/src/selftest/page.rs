//! The files of a pair, and the page with the score.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::mapping::{Outcome, outcome};
use super::row::{Pair, pairs};

/// The name of a pair's program.
#[must_use]
pub fn name(pair: &Pair) -> String {
    format!("{}_{}", pair.case, pair.kind).to_lowercase()
}

/// The texts of all programs: name, rejected, accepted.
#[must_use]
pub fn programs() -> Vec<(String, String, String)> {
    let mut programs = Vec::new();
    for pair in pairs() {
        let Outcome::Rejected(program) = outcome(&pair) else { continue };
        let first = format!(
            "//! {} Source: lockdep self-test, {}, {}, {}.\n//!\n",
            program.bug, pair.group, pair.case, pair.kind
        );
        let rejected =
            format!("{first}//! {}\n//! fix: {}\n\n{}", program.error, program.fix, program.rejected);
        let accepted = format!("{first}//! accepted: {}\n\n{}", program.fix, program.accepted);
        programs.push((name(&pair), rejected, accepted));
    }
    programs
}

/// The programs of the pairs that are allowed: name and text.
#[must_use]
pub fn allowed() -> Vec<(String, String)> {
    let text = |pair: Pair| match outcome(&pair) {
        Outcome::Allowed(text) => Some((name(&pair), text)),
        _ => None,
    };
    pairs().into_iter().filter_map(text).collect()
}

/// The page.
#[must_use]
pub fn page() -> String {
    let mut text = String::from(
        "# The self-tests of lockdep as programs\n\n\
         The run-time checker runs every row of the matrix of Linux's lockdep self-tests ([its score](selftest.md)). Here\n\
         the same table is put to the compiler: each pair of a case and a kind of lock that must be rejected is a program\n\
         that does not compile, beside a twin that does (`ui-tests/rejected/selftest`), or a line below that says why only\n\
         the checker can see it. Generated: `BLESS=1 cargo test -p ui-tests --test selftest`.\n\n",
    );
    let mut score: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    let (mut checker, mut refused) = (BTreeMap::new(), BTreeMap::new());
    for pair in pairs() {
        let row = score.entry(pair.group).or_default();
        let full = format!("`{}` {}", pair.case, pair.kind);
        match outcome(&pair) {
            Outcome::Rejected(_) => row[1] += 1,
            Outcome::CheckerOnly(why) => {
                row[2] += 1;
                checker.entry(why).or_insert_with(Vec::new).push(full);
            }
            Outcome::Allowed(_) => row[4] += 1,
            Outcome::Refused(why) => refused.entry(why).or_insert_with(Vec::new).push(full),
        }
        row[if pair.reject { 0 } else { 3 }] += 1;
    }
    text += "| group | must be rejected | does not compile | only the checker sees it | is allowed | compiles |\n|---|---:|---:|---:|---:|---:|\n";
    let sum = score.values().fold([0; 5], |sum, row| [0, 1, 2, 3, 4].map(|index| sum[index] + row[index]));
    for (group, row) in score.into_iter().chain([("all", sum)]) {
        let cells: Vec<_> = row.iter().map(ToString::to_string).collect();
        writeln!(text, "| {group} | {} |", cells.join(" | ")).expect("a string takes everything");
    }
    for (title, lists) in [
        ("Rejected by lockdep, seen by the checker only", checker),
        ("Allowed by lockdep, refused by the types", refused),
    ] {
        write!(text, "\n## {title}\n").expect("a string takes everything");
        for (why, pairs) in lists {
            write!(text, "\n{} pairs: {why}.\n\n{}.\n", pairs.len(), pairs.join(", "))
                .expect("a string takes everything");
        }
    }
    text
}
