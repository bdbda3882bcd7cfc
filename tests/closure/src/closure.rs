//! The whole search: source, questions, values, graph; and everything that is found.
//!
//! A finding is one line: the rule that is broken, and by which function. What is wrong with the tables themselves, or
//! with a program that fails for another reason than it should, is an error of the test, and no finding.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::compiler::{Compiler, Verdict};
use crate::expansions::Expansions;
use crate::questions::{Answers, Extent, Key, ask};
use crate::search::{Findings, Search};
use crate::source::Source;
use crate::table::Table;
use crate::values;

/// Types in whose company a function is never plain: they are tokens, or hold locks.
const TOKENS: [&str; 5] = ["Held", "Root", "DynHeld", "SerialScope", "TokenScope"];
/// Errors of bounds.
const BOUNDS: [&str; 1] = ["E0277"];
/// Errors of borrowing and moving.
const BORROWS: [&str; 14] = [
    "E0277", "E0373", "E0382", "E0499", "E0500", "E0501", "E0502", "E0503", "E0505", "E0506", "E0515",
    "E0521", "E0597", "E0716",
];

/// What a search came to.
#[derive(Debug)]
pub struct Outcome {
    /// Rules that are broken.
    pub findings: Findings,
    /// What is wrong with the tables or the questions.
    pub errors: Vec<String>,
    /// Programs, positions and states.
    pub counts: [usize; 3],
}

/// The directory of this package.
#[must_use]
pub fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The workspace.
///
/// # Panics
///
/// Never: this package is in the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    package().ancestors().nth(2).expect("the package is in the workspace").to_path_buf()
}

/// The tables.
#[must_use]
pub fn table() -> Table {
    Table::read(&package().join("tables"))
}

/// What all programs share.
pub const WORLD: &str = include_str!("../world.rs");

/// What the tables and the source say differently.
#[must_use]
pub fn disagreements(source: &Source, table: &Table) -> Vec<String> {
    let mut wrong = source.unknown.clone();
    let codes = |item: &str| -> String {
        let calls = table.calls.iter().filter(|call| call.item == item).map(|call| call.code.as_str());
        let moves = table.moves.iter().filter(|(name, ..)| name == item).map(|(.., code)| code.as_str());
        calls.chain(moves).collect::<Vec<_>>().join(" ")
    };
    let last = |item: &str| item.rsplit("::").next().unwrap_or_default().to_owned();
    let uses = |code: &str, name: &str| {
        code.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == name)
    };
    for item in &source.items {
        let name = &item.name;
        if item.file.starts_with("checker") || item.file == "statistics.rs" {
            if item.mentions.iter().any(|word| TOKENS.contains(&word.as_str())) {
                wrong.push(format!("{name}: the checker takes a token"));
            }
            continue;
        }
        let of_type = format!("{}::*", name.split("::").next().unwrap_or_default());
        if !table.items.contains(name) && !table.items.contains(&of_type) {
            wrong.push(format!("{name} ({}) has no record", item.file));
        }
        if item.is_unsafe != table.unsafe_items.contains(name) {
            wrong.push(format!("{name} is {}unsafe", if item.is_unsafe { "" } else { "not " }));
        }
        let tokens = item.mentions.iter().any(|word| TOKENS.contains(&word.as_str()));
        if tokens && (table.plain.contains_key(name) || table.plain.contains_key(&of_type)) {
            wrong.push(format!("{name} has to do with tokens, and is said to be plain"));
        }
        if table.roots.contains(name) && item.mentions.iter().any(|word| word == "Held") {
            wrong.push(format!("{name} has to do with other tokens than roots"));
        }
    }
    for item in &table.items {
        let of_type = item
            .strip_suffix('*')
            .is_some_and(|of| source.items.iter().any(|item| item.name.starts_with(of)));
        if source.item(item).is_none() && !of_type {
            wrong.push(format!("{item} has a record, and does not exist"));
        }
        let code = codes(item);
        if !code.is_empty() && !uses(&code, &last(item)) {
            wrong.push(format!("{item}: its calls do not call it"));
        }
    }
    for (item, others) in &table.within {
        for other in others {
            if !uses(&codes(other), &last(item)) {
                wrong.push(format!("{item}: the calls of {other} do not call it"));
            }
        }
    }
    let said: BTreeSet<&str> = table.positions.iter().map(|(name, _)| name.as_str()).collect();
    let none = BTreeSet::new();
    let implemented = |name: &str| source.implementations.get(name).unwrap_or(&none);
    let there: BTreeSet<&str> = implemented("Level").iter().map(String::as_str).collect();
    for name in said.symmetric_difference(&there) {
        wrong.push(format!("{name} is a position in one of the table and the source, not in both"));
    }
    let listed: BTreeSet<&str> = table.cores.iter().map(|core| core.name.as_str()).collect();
    for name in implemented("RawLock").union(implemented("RawReadWriteLock")) {
        if !listed.contains(name.as_str()) {
            wrong.push(format!("{name} is a lock core, and not in the table"));
        }
    }
    let typed: BTreeSet<&str> = table.types.keys().map(String::as_str).collect();
    let borrowing: BTreeSet<&str> = source.borrowing.iter().map(String::as_str).collect();
    for name in typed.symmetric_difference(&borrowing) {
        wrong.push(format!("{name} borrows, in one of the table and the source, not in both"));
    }
    wrong
}

/// Programs that fail for another reason than they should.
fn wrong_reasons(table: &Table, answers: &Answers) -> Vec<String> {
    let mut wrong = BTreeSet::new();
    for (key, verdict) in &answers.verdicts {
        let Verdict::Fails(codes) = verdict else { continue };
        let (expected, what): (Vec<&str>, String) = match key {
            Key::Never(index) => {
                let (name, codes, _) = &table.never[*index];
                (codes.iter().map(String::as_str).collect(), format!("never: {name}"))
            }
            Key::Must(index, way) => (BORROWS.to_vec(), format!("{way}: {}", table.calls[*index].code)),
            Key::Gives(index, ..) | Key::GivesAt(index) => {
                (vec!["E0308", "E0277"], table.calls[*index].code.clone())
            }
            Key::Waker(_) | Key::Free(_) => continue,
            Key::Call(index, ..) => (BOUNDS.to_vec(), table.calls[*index].code.clone()),
            Key::Moves(index, ..) => (BOUNDS.to_vec(), table.moves[*index].2.clone()),
            Key::Core(index) => (Vec::new(), format!("kind of {}", table.cores[*index].place)),
            Key::Position(_) | Key::NothingHeld(_) => (BOUNDS.to_vec(), "a position".to_owned()),
            Key::Trait(name, wanted) => (BOUNDS.to_vec(), format!("{name} as {wanted}")),
        };
        if !codes.iter().all(|code| expected.contains(&code.as_str())) {
            wrong.insert(format!("fails for {codes:?}: {what}"));
        }
    }
    wrong.into_iter().collect()
}

/// Programs that compile and must not.
fn compiled(table: &Table, answers: &Answers) -> Findings {
    let mut findings = Findings::new();
    for (key, verdict) in &answers.verdicts {
        if !verdict.compiles() {
            continue;
        }
        let found = match key {
            Key::Must(index, way) => {
                (format!("{way}: by {}", table.calls[*index].item), table.calls[*index].code.clone())
            }
            Key::Never(index) => {
                let (name, _, code) = &table.never[*index];
                (format!("must not compile: {name}"), code.clone())
            }
            Key::Free(index) => {
                let (item, code) = &table.free[*index];
                (format!("waits without a token: by {item}"), code.clone())
            }
            Key::Trait(name, wanted) => {
                if table.copies.contains(name) && ["Clone", "Copy"].contains(wanted) {
                    continue;
                }
                (format!("{name} is {wanted}"), String::new())
            }
            _ => continue,
        };
        findings.entry(found.0).or_insert(found.1);
    }
    findings
}

/// Searches a workspace's library.
///
/// # Errors
///
/// When something that all questions need does not compile.
pub fn search(workspace: &Path, target: &Path, place: &Path, extent: Extent) -> Result<Outcome, String> {
    let table = table();
    let source = Source::read(&workspace.join("lockorder/src"));
    let mut errors = disagreements(&source, &table);
    errors.extend(Expansions::read(workspace).disagreements(&table));
    let compiler = Compiler::new(workspace, target, place, WORLD)?;
    let answers = ask(&compiler, &table, &source, extent)?;
    errors.extend(wrong_reasons(&table, &answers));
    for (index, call) in table.calls.iter().enumerate() {
        if !(0..4).any(|context| answers.yes(&Key::Call(index, 0, context))) {
            errors.push(format!("compiles at no root: {}", call.code));
        }
    }
    let mut findings = compiled(&table, &answers);
    let ranks = values::ranks(&compiler, &answers)?;
    let (wrong, compared) = values::compared(&compiler, &table, &answers, &ranks)?;
    for pair in wrong.iter().take(1) {
        findings.insert("dynamic tokens compare otherwise than ranks".to_owned(), pair.clone());
    }
    for core in values::keepers(&compiler, &table)? {
        findings.insert(format!("keeps serialising tokens while it waits: {core}"), String::new());
    }
    if values::has_two_roots(&compiler)? {
        findings.insert("a thread has two roots".to_owned(), String::new());
    }
    let limit = if extent == Extent::Twice { 3 } else { 2 };
    let (searched, states) = Search::new(&table, &answers, &ranks.0, &ranks.1, limit).run();
    findings.extend(searched);
    let counts = [answers.verdicts.len() + compared, answers.positions.len(), states];
    Ok(Outcome { findings, errors, counts })
}
