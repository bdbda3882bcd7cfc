//! What is decided when a program runs, asked by running one.
//!
//! Ranks are constants of the positions; dynamic tokens compare them. Both are printed by one program and compared here.
//! A second one has every core whose waiters sleep contended by a thread with a serialising token: it must have given the
//! token back while it waits.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;

use crate::compiler::Compiler;
use crate::questions::{Answers, Key, PRELUDE, Position};
use crate::table::{Kind, Table};

/// Classes of which locks are asked.
const CLASSES: [&str; 7] = ["A", "B", "C", "Tok", "Addr", "Tree", "Key"];
/// Classes with locks for dynamic tokens.
const LOCKED: [&str; 4] = ["a", "b", "c", "addr"];

/// Ranks of positions, in their order, and of classes.
pub type Ranks = (Vec<u16>, BTreeMap<String, u16>);

/// Compiles a program and gives what it prints.
fn run(compiler: &Compiler, name: &str, body: &str) -> Result<String, String> {
    let program = compiler.program(name, &format!("{PRELUDE}\nfn main() {{\n{body}}}\n"))?;
    let output = Command::new(program).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`{name}` ends with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}

/// What makes `h` of a root a token at a position's base: none where that is written in no such way.
fn base(position: &Position) -> Option<String> {
    let base = &position.base;
    let how = match base.split_once('<') {
        None if base == "Nothing" => "h.reborrow()".to_owned(),
        None => format!("h.at::<{base}>()"),
        Some(("AnythingOutside", inner)) => format!("h.below::<{}>()", inner.trim_end_matches('>')),
        Some(_) => return None,
    };
    Some(format!("let mut k = {how}; let h = &mut k; {}", position.opening(0)))
}

/// Prints the rank of a position that has no name, by its dynamic token. A lock that is tried twice is got once.
fn of_tried(position: &Position) -> String {
    let opening = base(position).unwrap_or_default();
    let fresh = opening.replace("::MUTEX)", "::FRESH())");
    format!("host::with_root(|mut r| {{ let h = &mut r; {fresh} println!(\"{{}}\", h.erase().ceiling().rank().0); }});\n")
}

/// The ranks.
///
/// # Errors
///
/// When the program does not compile or run.
pub fn ranks(compiler: &Compiler, answers: &Answers) -> Result<Ranks, String> {
    let mut body = String::new();
    let print = |name: &str| format!("println!(\"{{}}\", <{name} as Level>::CEILING.rank().0);\n");
    let named = |position: &Position| position.is_named().then(|| print(&position.name));
    body.extend(answers.positions.iter().map(|position| named(position).unwrap_or_else(|| of_tried(position))));
    body.extend(CLASSES.iter().copied().chain(["Inner"]).map(print));
    let said = run(compiler, "ranks", &body)?;
    let mut numbers: Vec<u16> = said.lines().filter_map(|line| line.parse().ok()).collect();
    if numbers.len() != answers.positions.len() + CLASSES.len() + 1 {
        return Err(format!("the ranks are not all numbers: {said}"));
    }
    let classes = numbers.split_off(answers.positions.len());
    let names = CLASSES.iter().copied().chain(["Inner"]).map(str::to_owned);
    Ok((numbers, names.zip(classes).collect()))
}

/// Pairs of positions, and positions and classes, that dynamic tokens compare otherwise than their ranks; and how many
/// were asked.
///
/// # Errors
///
/// When the program does not compile or run.
pub fn compared(
    compiler: &Compiler,
    table: &Table,
    answers: &Answers,
    ranks: &Ranks,
) -> Result<(Vec<String>, usize), String> {
    let Some(typed) = table.moves.iter().position(|(_, by_value, _)| *by_value) else { return Ok((Vec::new(), 0)) };
    let from: Vec<(usize, String)> =
        answers.positions.iter().enumerate().filter_map(|(index, position)| Some((index, base(position)?))).collect();
    let to: Vec<usize> =
        (0..answers.positions.len()).filter(|to| answers.yes(&Key::Moves(typed, 0, *to))).collect();
    let mut body = "host::with_root(|mut root| { let h = &mut root;\n".to_owned();
    for (_, opening) in &from {
        let _ = write!(body, "{{ {} let mut d = h.erase();", opening.replace("::MUTEX)", "::FRESH())"));
        for other in &to {
            let name = &answers.positions[*other].name;
            let _ = write!(body, "print!(\"{{}}\", d.typed::<{name}>().is_ok() as u8);");
        }
        for class in LOCKED {
            let _ = write!(body, "print!(\"{{}}\", d.lock(&{class}::MUTEX).is_ok() as u8);");
        }
        body += "println!(); }\n";
    }
    body += "});";
    let said = run(compiler, "compared", &body)?;
    let rows: Vec<&str> = said.lines().collect();
    if rows.len() != from.len() || rows.iter().any(|row| row.len() != to.len() + LOCKED.len()) {
        return Err(format!("the comparisons are not all there: {said}"));
    }
    let (positions, classes) = ranks;
    let mut wrong = Vec::new();
    for ((one, _), row) in from.iter().zip(rows) {
        let at = &answers.positions[*one].name;
        let (typed, locked) = row.split_at(to.len());
        for (other, said) in to.iter().zip(typed.chars()) {
            if (said == '1') != (positions[*one] <= positions[*other]) {
                wrong.push(format!("{at} as {}", answers.positions[*other].name));
            }
        }
        for (module, said) in LOCKED.iter().zip(locked.chars()) {
            let class = CLASSES.iter().find(|class| class.to_lowercase() == *module).expect("listed");
            if (said == '1') != (positions[*one] < classes[*class]) {
                wrong.push(format!("{class} under {at}"));
            }
        }
    }
    Ok((wrong, from.len() * (to.len() + LOCKED.len())))
}

/// The sleeping cores that keep a serialising token while they wait.
///
/// # Errors
///
/// When the program does not compile or run.
pub fn keepers(compiler: &Compiler, table: &Table) -> Result<Vec<String>, String> {
    let sleeping = table.cores.iter().filter(|core| core.kind == Kind::Sleeping);
    let mut body = String::new();
    for core in sleeping {
        let shared = core.place.ends_with("RW");
        let ways: &[(&str, &str)] = if shared {
            &[("read", "write"), ("write", "read"), ("upgradeable", "write")]
        } else {
            &[("lock", "lock")]
        };
        for (wait, hold) in ways {
            let place = &core.place;
            let _ = writeln!(
                body,
                "keeps(\"{place} {wait}\", |h| {{ let mut g = h.{hold}(&b::{place}); hold_on(); drop(g); }}, \
                 |h| {{ drop(h.{wait}(&b::{place})); }});"
            );
        }
    }
    let said = run(compiler, "keepers", &body)?;
    Ok(said.lines().filter_map(|line| line.strip_prefix("KEEPS ")).map(str::to_owned).collect())
}
