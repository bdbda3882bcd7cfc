//! The questions: for every call, position and context one function, and what its verdict means.
//!
//! Besides those that build the graph there are five kinds that must all fail: the token and the one it came from, used in
//! turn; two tokens of one; a token after its guard; a token kept outside of its closure; programs written by hand.

use std::collections::BTreeMap;

use crate::compiler::{Compiler, Verdict};
use crate::table::{Kind, Table, Waits};

/// Contexts, from the freest to the strictest.
pub const CONTEXTS: [&str; 4] = ["Task", "Atomic", "IrqOff", "HardIrq"];
/// Levels and classes: positions that `hierarchy!` writes.
pub const DECLARED: [&str; 5] = ["Inner", "A", "B", "Tok", "C"];
/// What a token and a guard must not be.
const TRAITS: [&str; 5] = ["Send", "Sync", "Clone", "Copy", "Default"];
/// What every program begins with.
pub const PRELUDE: &str = "#![allow(warnings)] extern crate world; use world::*;";

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Whether a type is a position.
    Position(usize),
    /// Whether nothing is held there.
    NothingHeld(usize),
    /// Whether a call compiles at a position in a context.
    Call(usize, usize, usize),
    /// Whether a call, at the outermost position in one context, gives what it should in another.
    Gives(usize, usize, usize),
    /// Whether a token moves from one position to another.
    Moves(usize, usize, usize),
    /// A program of a call that must fail: which, and in what way.
    Must(usize, &'static str),
    /// Whether what ends a wait compiles without a token.
    Waker(usize),
    /// Whether a call without a token compiles.
    Free(usize),
    /// Whether a type has a trait.
    Trait(String, &'static str),
    /// A program written by hand.
    Never(usize),
    /// Whether a core is of a kind.
    Core(usize),
}

/// The answers.
#[derive(Debug)]
pub struct Answers {
    /// The positions that there are.
    pub positions: Vec<String>,
    /// What the compiler says.
    pub verdicts: BTreeMap<Key, Verdict>,
}

impl Answers {
    /// Whether it compiles.
    #[must_use]
    pub fn yes(&self, key: &Key) -> bool {
        self.verdicts.get(key).is_some_and(Verdict::compiles)
    }
}

/// A function with a token.
fn at(position: &str, context: &str, body: &str) -> String {
    format!("fn NAME(h: &mut Held<'_, {position}, {context}>) {{ {body} }}")
}

/// The code with something in the scope of its token, which is a reference in a condition and a value elsewhere.
fn scope(code: &str, value: &str, reference: &str) -> String {
    code.replace('@', if code.contains("|o|") { reference } else { value })
}

/// The same code with other names, so that it can stand in the scope of itself.
fn renamed(code: &str) -> String {
    let mut result = String::new();
    let mut word = String::new();
    for letter in code.chars().chain([' ']) {
        if letter.is_alphanumeric() || letter == '_' {
            word.push(letter);
            continue;
        }
        let ours = ["o", "g", "k", "s", "v", "d", "x", "_l", "_d", "_p"].contains(&word.as_str());
        result += &word;
        result += if ours { "2" } else { "" };
        word.clear();
        result.push(letter);
    }
    result
}

/// The types that may be positions, composed to a depth.
#[must_use]
pub fn candidates(table: &Table, depth: usize) -> Vec<String> {
    let plain = table.positions.iter().filter(|(_, count)| *count == 0).map(|(name, _)| name.clone());
    let base: Vec<String> = plain.chain(DECLARED.map(str::to_owned)).collect();
    let compose = |of: &[String], pairs: &[(String, String)]| {
        let mut made = Vec::new();
        for (name, count) in &table.positions {
            match count {
                1 => made.extend(of.iter().map(|inner| format!("{name}<{inner}>"))),
                2 => made.extend(pairs.iter().map(|(one, other)| format!("{name}<{one}, {other}>"))),
                _ => {}
            }
        }
        made
    };
    let few = ["Nothing", "A", "Tok", "C"];
    let pairs: Vec<_> =
        few.iter().flat_map(|one| few.map(|other| ((*one).to_owned(), other.to_owned()))).collect();
    let first = compose(&base, &pairs);
    let mut all = base;
    all.extend(first.iter().cloned());
    if depth > 1 {
        // One of each shape beside the outermost and the innermost is enough for pairs.
        let shapes = first.iter().filter(|shape| shape.ends_with("<Tok>") || shape.ends_with("<B>"));
        let pairs: Vec<_> = shapes
            .flat_map(|shape| ["Nothing", "C"].map(|other| (shape.clone(), other.to_owned())))
            .flat_map(|(one, other)| [(one.clone(), other.clone()), (other, one)])
            .collect();
        all.extend(compose(&first, &pairs));
    }
    all
}

/// The programs of a call that must all fail.
fn must_fail(code: &str) -> Vec<(&'static str, String)> {
    let mut programs = Vec::new();
    let mut add = |way, body: String| programs.push((way, at("Nothing", "Task", &body)));
    add("two usable tokens", scope(code, "u(h); u(&mut o);", "u(h); u(o);"));
    let again = scope(&renamed(code), "u(&mut o2); u(&mut o);", "u(o2); u(o);");
    add("one token gives two", code.replace('@', &again));
    if code.contains("mut o|") {
        add("a token outlives its closure", format!("let mut keep = None; {}", code.replace('@', "keep = Some(o);")));
    }
    if !code.contains('|') {
        add("two usable tokens, one after the other", format!("{} u(&mut o);", code.replace('@', "u(h);")));
    }
    if code.contains("let mut g") {
        add("a token outlives its guard", code.replace('@', "drop(g); u(&mut o);"));
    }
    programs
}

/// All questions about some positions.
fn questions(table: &Table, positions: &[String]) -> Vec<(Key, String)> {
    let mut asked = Vec::new();
    for (place, position) in positions.iter().enumerate() {
        let is = format!("fn NAME() {{ fn is<H: NothingHeld>() {{}} is::<{position}>() }}");
        asked.push((Key::NothingHeld(place), is));
        for (index, call) in table.calls.iter().enumerate() {
            let body = scope(&call.code, "u(&mut o);", "u(o);");
            for (context, name) in CONTEXTS.iter().enumerate() {
                asked.push((Key::Call(index, place, context), at(position, name, &body)));
            }
        }
        for (index, (_, _, code)) in table.moves.iter().enumerate() {
            for (to, target) in positions.iter().enumerate() {
                let body = scope(&code.replace("{Q}", target), "u(&mut o);", "");
                asked.push((Key::Moves(index, place, to), at(position, "Task", &body)));
            }
        }
    }
    for (index, call) in table.calls.iter().enumerate() {
        let Some((position, _)) = &call.gives else { continue };
        let position = position.replace("{P}", "Nothing");
        for (from, context) in CONTEXTS.iter().enumerate() {
            for (to, given) in CONTEXTS.iter().enumerate() {
                let value = format!("let _: Held<'_, {position}, {given}> = o;");
                let reference = format!("let _: &mut Held<'_, {position}, {given}> = o;");
                let body = scope(&call.code, &value, &reference);
                asked.push((Key::Gives(index, from, to), at("Nothing", context, &body)));
            }
        }
        for (way, program) in must_fail(&call.code) {
            asked.push((Key::Must(index, way), program));
        }
    }
    for (index, call) in table.calls.iter().enumerate() {
        if let Waits::Anyone(waker) = &call.waits {
            asked.push((Key::Waker(index), format!("fn NAME() {{ {waker} }}")));
        }
    }
    for (index, (_, code)) in table.free.iter().enumerate() {
        asked.push((Key::Free(index), format!("fn NAME() {{ {code} }}")));
    }
    for (name, full) in &table.types {
        for wanted in TRAITS {
            let is = format!("fn NAME() {{ fn is<X: {wanted}>() {{}} is::<{full}>() }}");
            asked.push((Key::Trait(name.clone(), wanted), is));
        }
    }
    for (index, (_, _, code)) in table.never.iter().enumerate() {
        asked.push((Key::Never(index), at("Nothing", "Task", code)));
    }
    for (index, core) in table.cores.iter().enumerate() {
        let kind = match core.kind {
            Kind::Sleeping => "Sleeping",
            Kind::Spinning => "Spinning",
            Kind::IrqSafe => "IrqSafe",
        };
        let is = format!("fn NAME() {{ fn is<O: OfKind<{kind}>>(_: &O) {{}} is(&a::{}) }}", core.place);
        asked.push((Key::Core(index), is));
    }
    asked
}

/// Asks everything, with positions composed to a depth.
///
/// # Errors
///
/// What the compiler says that belongs to no question.
pub fn ask(compiler: &Compiler, table: &Table, depth: usize) -> Result<Answers, String> {
    let candidates = candidates(table, depth);
    let programs: Vec<_> = candidates.iter().map(|position| at(position, "Task", "u(h);")).collect();
    let verdicts = compiler.ask(PRELUDE, &programs)?;
    let positions: Vec<_> = candidates
        .into_iter()
        .zip(verdicts)
        .filter(|(_, verdict)| verdict.compiles())
        .map(|(position, _)| position)
        .collect();
    let (keys, programs): (Vec<_>, Vec<_>) = questions(table, &positions).into_iter().unzip();
    let verdicts = compiler.ask(PRELUDE, &programs)?;
    Ok(Answers { positions, verdicts: keys.into_iter().zip(verdicts).collect() })
}
