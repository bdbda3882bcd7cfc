//! The questions: for every call, position and context one function, and what its verdict means.
//!
//! Besides those that build the graph there are five kinds that must all fail: the token and the one it came from, used in
//! turn; two tokens of one; a token after its guard; a token kept outside of its closure; programs written by hand.

use std::collections::BTreeMap;

use crate::compiler::{Compiler, Verdict};
use crate::source::Source;
use crate::table::{Call, Kind, Table, Waits};

/// Contexts, from the freest to the strictest.
pub const CONTEXTS: [&str; 4] = ["Task", "Atomic", "IrqOff", "HardIrq"];
/// Levels and classes: positions that `hierarchy!` writes.
pub const DECLARED: [&str; 5] = ["Inner", "A", "B", "Tok", "C"];
/// Classes with a discipline, which are positions as well, and are not composed.
pub const DISCIPLINED: [&str; 3] = ["Addr", "Tree", "Key"];
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
    /// Whether a call, further in, gives the position that it should.
    GivesAt(usize),
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
    pub positions: Vec<Position>,
    /// What the compiler says.
    pub verdicts: BTreeMap<Key, Verdict>,
}

impl Answers {
    /// Whether it compiles.
    #[must_use]
    pub fn yes(&self, key: &Key) -> bool {
        self.verdicts.get(key).is_some_and(Verdict::compiles)
    }

    /// Asks more.
    fn add(&mut self, compiler: &Compiler, questions: Vec<(Key, String)>) -> Result<(), String> {
        let (keys, programs): (Vec<_>, Vec<_>) = questions.into_iter().unzip();
        self.verdicts.extend(keys.into_iter().zip(compiler.ask(PRELUDE, &programs)?));
        Ok(())
    }

    /// Fills in what follows: a call that compiles at a position, and in a context, compiles in both.
    fn fill(&mut self, table: &Table) {
        for index in 0..table.calls.len() {
            for place in 0..self.positions.len() {
                for context in 0..CONTEXTS.len() {
                    let key = Key::Call(index, place, context);
                    if self.verdicts.contains_key(&key) || !self.positions[place].is_in(context) {
                        continue;
                    }
                    let both = [Key::Call(index, place, 0), Key::Call(index, 0, context)];
                    if both.iter().all(|key| self.yes(key)) {
                        self.verdicts.insert(key, Verdict::Compiles);
                    }
                }
            }
        }
    }
}

/// A position: one that has a name, and classes whose locks have been tried under it, whose position has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// What the tables call it.
    pub name: String,
    /// The type of the token that it begins with.
    pub base: String,
    /// The classes.
    pub tried: Vec<String>,
}

impl Position {
    /// One that has a name.
    fn named(base: &str) -> Self {
        Self { name: base.to_owned(), base: base.to_owned(), tried: Vec::new() }
    }

    /// The position under a lock of `class` that was tried here.
    fn trying(&self, class: &str) -> Self {
        let mut tried = self.tried.clone();
        tried.push(class.to_owned());
        Self { name: format!("BothOf<{}, {class}>", self.name), base: self.base.clone(), tried }
    }

    /// Whether its type can be written.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.tried.is_empty()
    }

    /// Whether a token can be there in a context: what is tried in a handler has interrupts off.
    fn is_in(&self, context: usize) -> bool {
        self.is_named() || context < 3
    }

    /// What makes `h` a token there of one at the base, in a context.
    #[must_use]
    pub fn opening(&self, context: usize) -> String {
        let core = ["MUTEX", "TICKET", "IRQ", "IRQ"][context];
        let each = self.tried.iter().enumerate().map(|(index, class)| {
            let module = class.to_lowercase();
            format!(
                "let mut t{index} = h.try_lock_any(&{module}::{core}).unwrap(); let (_, mut i{index}) = t{index}.split(); \
                 let h = &mut i{index}; "
            )
        });
        each.collect()
    }
}

/// A function with a token.
fn at(position: &Position, context: usize, body: &str) -> String {
    let Position { base, .. } = position;
    format!(
        "fn NAME(h: &mut Held<'_, {base}, {}>) {{ {}{body} }}",
        CONTEXTS[context],
        position.opening(context)
    )
}

/// The code with something in the scope of its token, which is a reference in some closures and a value elsewhere.
fn scope(code: &str, value: &str, reference: &str) -> String {
    let lent = code.contains("|o|") || code.contains(", o|");
    code.replace('@', if lent { reference } else { value })
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

/// How many positions are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// The declared ones, and a few others: enough for a rule that is broken on purpose.
    Least,
    /// All that are composed once.
    Once,
    /// All that are composed twice; every call is asked at every position in every context.
    Twice,
}

/// The positions that there may be.
fn candidates(table: &Table, extent: Extent) -> Vec<Position> {
    let of = |parameters: usize| {
        table.positions.iter().filter(move |(_, count)| *count == parameters).map(|(name, _)| name.as_str())
    };
    let base: Vec<Position> = of(0).chain(DECLARED).map(Position::named).collect();
    let unary = |inner: &[Position]| -> Vec<Position> {
        let named = inner.iter().filter(|position| position.is_named());
        named
            .flat_map(|inner| of(1).map(|name| Position::named(&format!("{name}<{}>", inner.name))))
            .collect()
    };
    let pairs = |outer: &[Position]| -> Vec<Position> {
        let tried = ["A", "B", "C"].iter();
        outer.iter().flat_map(|outer| tried.clone().map(|class| outer.trying(class))).collect()
    };
    let mut first = unary(&base);
    first.extend(pairs(&base));
    let mut all = base;
    if extent == Extent::Least {
        let few = ["AnythingOutside<B>", "BothOf<A, B>", "BothOf<C, A>"];
        first.retain(|position| few.contains(&position.name.as_str()));
    }
    if extent == Extent::Twice {
        let second = unary(&first).into_iter().chain(pairs(&first));
        let second: Vec<_> = second.collect();
        first.extend(second);
    }
    all.extend(DISCIPLINED.map(Position::named));
    all.extend(first);
    all
}

/// The programs of a call that must all fail.
fn must_fail(code: &str) -> Vec<(&'static str, String)> {
    let mut programs = Vec::new();
    let mut add = |way, body: String| programs.push((way, at(&Position::named("Nothing"), 0, &body)));
    add("two usable tokens", scope(code, "u(h); u(&mut o);", "u(h); u(o);"));
    let both = scope(code, "u(&mut o2); u(&mut o);", "u(o2); u(o);");
    let begin = code.find('@').unwrap_or_default();
    let end = both.len() - (code.len() - begin - 1);
    let again = renamed(code).replace('@', &both[begin..end]);
    add("one token gives two", code.replace('@', &again));
    if code.contains("mut o|") {
        add(
            "a token outlives its closure",
            format!("let mut keep = None; {}", code.replace('@', "keep = Some(o);")),
        );
    }
    if !code.contains('|') {
        add("two usable tokens, one after the other", format!("{} u(&mut o);", code.replace('@', "u(h);")));
    }
    if code.contains("let mut g") {
        add("a token outlives its guard", code.replace('@', "drop(g); u(&mut o);"));
    }
    programs
}

/// Whether a call has to be asked at a position in a context: where no bound is about both, each is asked alone.
fn is_asked(call: &Call, source: &Source, place: usize, context: usize, extent: Extent) -> bool {
    let couples = || source.item(&call.item).is_none_or(|item| item.couples);
    place == 0 || context == 0 || extent == Extent::Twice || couples()
}

/// Questions that build the graph.
fn about_calls(table: &Table, source: &Source, positions: &[Position], extent: Extent) -> Vec<(Key, String)> {
    let mut asked = Vec::new();
    for (place, position) in positions.iter().enumerate() {
        asked.push((Key::NothingHeld(place), at(position, 0, "nothing(h);")));
        for (index, call) in table.calls.iter().enumerate() {
            let body = scope(&call.code, "u(&mut o);", "u(o);");
            for context in 0..CONTEXTS.len() {
                if position.is_in(context) && is_asked(call, source, place, context, extent) {
                    asked.push((Key::Call(index, place, context), at(position, context, &body)));
                }
            }
        }
        for (index, (_, _, code)) in table.moves.iter().enumerate() {
            for (to, target) in positions.iter().enumerate().filter(|(_, target)| target.is_named()) {
                let body = scope(&code.replace("{Q}", &target.name), "u(&mut o);", "");
                asked.push((Key::Moves(index, place, to), at(position, 0, &body)));
            }
        }
    }
    asked
}

/// Where it is asked as well what calls give that keep their position: everywhere else than where nothing is held.
pub const FURTHER_IN: &str = "A";

/// The program that asks whether a call, at a position in one context, gives what the table says in another.
fn giving(call: &Call, place: &str, from: usize, to: usize) -> Option<String> {
    let (position, _) = call.gives.as_ref()?;
    let position = position.replace("{P}", place);
    let given = CONTEXTS[to];
    let body = if position.starts_with("BothOf<") {
        scope(&call.code, &format!("in_context::<{given}, _>(&o);"), "")
    } else {
        let value = format!("let _: Held<'_, {position}, {given}> = o;");
        let reference = format!("let _: &mut Held<'_, {position}, {given}> = o;");
        scope(&call.code, &value, &reference)
    };
    Some(at(&Position::named(place), from, &body))
}

/// The context that the table says a call gives.
#[must_use]
pub fn expected(call: &Call, from: usize) -> Option<usize> {
    let (_, context) = call.gives.as_ref()?;
    if context == "same" { Some(from) } else { CONTEXTS.iter().position(|name| name == context) }
}

/// Questions about what calls give: in the context expected, and in the freest other one.
fn about_outcomes(table: &Table) -> Vec<(Key, String)> {
    let mut asked = Vec::new();
    for (index, call) in table.calls.iter().enumerate() {
        for from in 0..CONTEXTS.len() {
            let Some(expected) = expected(call, from) else { continue };
            for to in [expected, usize::from(expected == 0)] {
                asked.extend(
                    giving(call, "Nothing", from, to).map(|program| (Key::Gives(index, from, to), program)),
                );
            }
        }
        let keeps = call.gives.as_ref().is_some_and(|(position, _)| position == "{P}");
        if let (true, Some(to)) = (keeps, expected(call, 0)) {
            asked.extend(giving(call, FURTHER_IN, 0, to).map(|program| (Key::GivesAt(index), program)));
        }
        if call.gives.is_some() {
            for (way, program) in must_fail(&call.code) {
                asked.push((Key::Must(index, way), program));
            }
        }
    }
    asked
}

/// Questions that are asked once.
fn about_the_rest(table: &Table) -> Vec<(Key, String)> {
    let mut asked = Vec::new();
    for (index, call) in table.calls.iter().enumerate() {
        if let Waits::Anyone(waker) = &call.waits {
            asked.push((Key::Waker(index), format!("fn NAME() {{ {waker} }}")));
        }
    }
    for (index, (_, code)) in table.free.iter().enumerate() {
        asked.push((Key::Free(index), format!("fn NAME() {{ {code} }}")));
    }
    for (name, full) in table.types.iter().filter(|(_, full)| *full != "-") {
        for wanted in TRAITS {
            let is = format!("fn NAME() {{ fn is<X: {wanted}>() {{}} is::<{full}>() }}");
            asked.push((Key::Trait(name.clone(), wanted), is));
        }
    }
    for (index, (_, _, code)) in table.never.iter().enumerate() {
        asked.push((Key::Never(index), at(&Position::named("Nothing"), 0, code)));
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

/// Asks everything.
///
/// # Errors
///
/// What the compiler says that belongs to no question.
pub fn ask(compiler: &Compiler, table: &Table, source: &Source, extent: Extent) -> Result<Answers, String> {
    let candidates = candidates(table, extent);
    let programs: Vec<_> = candidates.iter().map(|position| at(position, 0, "u(h);")).collect();
    let verdicts = compiler.ask(PRELUDE, &programs)?;
    let positions: Vec<_> = candidates
        .into_iter()
        .zip(verdicts)
        .filter(|(_, verdict)| verdict.compiles())
        .map(|(position, _)| position)
        .collect();
    let mut questions = about_calls(table, source, &positions, extent);
    questions.extend(about_outcomes(table));
    questions.extend(about_the_rest(table));
    let mut answers = Answers { positions, verdicts: BTreeMap::new() };
    answers.add(compiler, questions)?;
    answers.fill(table);
    // Where a call gives something else than the table says: what?
    let mut more = Vec::new();
    for (index, call) in table.calls.iter().enumerate() {
        for from in 0..CONTEXTS.len() {
            let Some(expected) = expected(call, from) else { continue };
            if answers.yes(&Key::Call(index, 0, from)) && !answers.yes(&Key::Gives(index, from, expected)) {
                let programs = (0..CONTEXTS.len()).map(|to| (to, giving(call, "Nothing", from, to)));
                more.extend(
                    programs.filter_map(|(to, program)| Some((Key::Gives(index, from, to), program?))),
                );
            }
        }
    }
    answers.add(compiler, more)?;
    Ok(answers)
}
