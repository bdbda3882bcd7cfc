//! The search: every token that calls can give, under everything that can be held, to the end.
//!
//! A state is a position, a context, and a set of things that are held. The compiler has said which calls there are at
//! each position and context, and what they give. A state that breaks a rule is told, with the calls that lead there, and
//! not gone on from. So is a call that breaks one:
//!
//! | rule | broken by |
//! |---|---|
//! | the ceiling is at what is held or inside of it | a state |
//! | the context is no freer than what is held allows | a state |
//! | nothing held means nothing held | a state |
//! | a position moves inwards, a context becomes stricter | a call |
//! | what is waited for comes after all that is held | a call |
//! | what may need anything is waited for with nothing held | a call |
//! | sleeping is for tasks, plain spinning for where interrupts are on | a call |

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::questions::{Answers, CONTEXTS, DECLARED, DISCIPLINED, FURTHER_IN, Key, expected};
use crate::table::{Call, How, Kind, Table, Thing, Waits};

/// What is found, and one way there.
pub type Findings = BTreeMap<String, String>;

/// A token, and what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    position: usize,
    context: usize,
    /// One bit for each thing.
    held: u64,
}

/// Where a call leads from one position and context.
#[derive(Clone, Copy, Debug)]
struct Step {
    call: usize,
    /// Position and context of the token that it gives.
    to: Option<(usize, usize)>,
    adds: u64,
}

/// A search under way.
pub struct Search<'a> {
    table: &'a Table,
    answers: &'a Answers,
    ranks: &'a [u16],
    class_ranks: &'a BTreeMap<String, u16>,
    things: Vec<&'a Thing>,
    /// For each position and context, what can be called.
    steps: HashMap<(usize, usize), Vec<Step>>,
    /// For each state, the one before it and the call.
    seen: HashMap<State, Option<(State, String)>>,
    findings: Findings,
    limit: u32,
}

impl std::fmt::Debug for Search<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Search({} states, {} findings)", self.seen.len(), self.findings.len())
    }
}

/// How free a context is: a handler's is as strict as one with interrupts off.
fn strictness(context: usize) -> usize {
    context.min(2)
}

impl<'a> Search<'a> {
    /// Prepares: what can be called where, and what it gives.
    ///
    /// # Panics
    ///
    /// When the tables have more than 64 things that can be held.
    #[must_use]
    pub fn new(
        table: &'a Table,
        answers: &'a Answers,
        ranks: &'a [u16],
        class_ranks: &'a BTreeMap<String, u16>,
        limit: u32,
    ) -> Self {
        let things: BTreeSet<&Thing> = table.calls.iter().filter_map(|call| call.adds.as_ref()).collect();
        assert!(things.len() <= 64, "more things than bits");
        let mut search = Self {
            table,
            answers,
            ranks,
            class_ranks,
            things: things.into_iter().collect(),
            steps: HashMap::new(),
            seen: HashMap::new(),
            findings: Findings::new(),
            limit,
        };
        search.find_steps();
        search
    }

    /// Notes a finding, the first way there only.
    fn found(&mut self, what: String, example: impl FnOnce() -> String) {
        self.findings.entry(what).or_insert_with(example);
    }

    /// Which contexts a call gives, called in a context.
    fn contexts(&self, call: usize, from: usize) -> Vec<usize> {
        (0..CONTEXTS.len()).filter(|to| self.answers.yes(&Key::Gives(call, from, *to))).collect()
    }

    /// Finds the steps, and the calls about which the table is wrong.
    fn find_steps(&mut self) {
        let number: HashMap<&str, usize> = self
            .answers
            .positions
            .iter()
            .enumerate()
            .map(|(index, position)| (position.name.as_str(), index))
            .collect();
        for (index, call) in self.table.calls.iter().enumerate() {
            let adds = call.adds.as_ref().map_or(0, |thing| {
                1 << self.things.iter().position(|other| *other == thing).expect("listed")
            });
            for (from, name) in CONTEXTS.iter().enumerate() {
                let compiles = self.answers.yes(&Key::Call(index, 0, from));
                let Some(expected) = expected(call, from) else { continue };
                let said = self.contexts(index, from);
                if compiles && said != [expected] {
                    let told: Vec<_> = said.iter().map(|context| CONTEXTS[*context]).collect();
                    self.found(
                        format!("the table says something else than the compiler: by {}", call.item),
                        || format!("`{}` in {name} gives {told:?}", call.code),
                    );
                }
            }
            // What is composed once more than the positions is not gone on with; a class never is that.
            let given = call.gives.as_ref().map_or("{P}", |(given, _)| given.as_str());
            if !given.contains(['<', '{']) && !number.contains_key(given) {
                self.found(format!("what is given is no position: by {}", call.item), || given.to_owned());
            }
            let further_in = self.answers.positions.iter().position(|position| position.name == FURTHER_IN);
            let compiles = further_in.is_some_and(|place| self.answers.yes(&Key::Call(index, place, 0)));
            if compiles
                && self.answers.verdicts.contains_key(&Key::GivesAt(index))
                && !self.answers.yes(&Key::GivesAt(index))
            {
                self.found(
                    format!("the table says something else than the compiler: by {}", call.item),
                    || format!("`{}` gives another position than the one that it is called at", call.code),
                );
            }
            for (place, position) in self.answers.positions.iter().enumerate() {
                for from in 0..CONTEXTS.len() {
                    if !self.answers.yes(&Key::Call(index, place, from)) {
                        continue;
                    }
                    let steps = self.steps.entry((place, from)).or_default();
                    let Some((given, _)) = &call.gives else {
                        steps.push(Step { call: index, to: None, adds });
                        continue;
                    };
                    let target = number.get(given.replace("{P}", &position.name).as_str());
                    for to in (0..CONTEXTS.len()).filter(|to| self.answers.yes(&Key::Gives(index, from, *to)))
                    {
                        if let Some(target) = target {
                            steps.push(Step { call: index, to: Some((*target, to)), adds });
                        }
                    }
                }
            }
        }
    }

    /// The rank of a class.
    fn rank(&self, class: &str) -> u16 {
        self.class_ranks.get(class).copied().unwrap_or(0)
    }

    /// What is held in a state.
    fn held(&self, state: State) -> impl Iterator<Item = &'a Thing> + use<'a, '_> {
        self.things
            .iter()
            .enumerate()
            .filter(move |(index, _)| state.held & (1 << index) != 0)
            .map(|(_, thing)| *thing)
    }

    /// How a state breaks the rules of states.
    fn broken(&self, state: State) -> Option<&'static str> {
        let nothing = self.answers.yes(&Key::NothingHeld(state.position));
        let rank = self.ranks[state.position];
        self.held(state).find_map(|thing| {
            let ranked = matches!(thing.how, How::InOrder | How::Tried);
            let counted = ranked || thing.how == How::Cpu;
            if ranked && nothing {
                Some("nothing is held, says the token, and something is")
            } else if ranked && rank < self.rank(&thing.class) {
                Some("the ceiling lies outside of what is held")
            } else if counted && thing.kind == Kind::Spinning && strictness(state.context) < 1 {
                Some("the context is freer than a spinning lock allows")
            } else if counted && thing.kind == Kind::IrqSafe && strictness(state.context) < 2 {
                Some("the context is freer than an interrupt-safe lock allows")
            } else if matches!(thing.how, How::Queue | How::Look) && state.context == 0 {
                Some("what may sleep is reached where nothing may")
            } else {
                None
            }
        })
    }

    /// How a call breaks the rules of calls in a state.
    fn breaks(&self, call: &Call, index: usize, state: State, to: Option<(usize, usize)>) -> Option<String> {
        if let Some((position, context)) = to {
            if self.ranks[position] < self.ranks[state.position] {
                return Some("a position moves outwards".to_owned());
            }
            if strictness(context) < strictness(state.context) {
                return Some("a context becomes freer".to_owned());
            }
        }
        match &call.waits {
            Waits::Never => None,
            Waits::For(class, kind) => {
                let ranked = |thing: &&Thing| matches!(thing.how, How::InOrder | How::Tried);
                let against = |thing: &Thing| self.rank(&thing.class) >= self.rank(class);
                if *kind == Kind::Sleeping && state.context > 0 {
                    Some(format!("sleeping in {}", CONTEXTS[state.context]))
                } else if *kind == Kind::Spinning && state.context > 1 {
                    Some(format!("plain spinning in {}", CONTEXTS[state.context]))
                } else if !class.is_empty() && self.held(state).filter(ranked).any(against) {
                    Some("waiting against the order".to_owned())
                } else {
                    None
                }
            }
            Waits::Anyone(_) => {
                let locked = self.held(state).any(|thing| matches!(thing.how, How::InOrder | How::Tried));
                if state.context > 0 {
                    Some(format!("sleeping in {}", CONTEXTS[state.context]))
                } else if locked && self.answers.yes(&Key::Waker(index)) {
                    Some("a wait whose waker may need what is held".to_owned())
                } else {
                    None
                }
            }
        }
    }

    /// The calls that lead to a state.
    fn path(&self, state: State) -> String {
        let mut calls = Vec::new();
        let mut state = state;
        while let Some(Some((before, call))) = self.seen.get(&state) {
            calls.push(call.as_str());
            state = *before;
        }
        calls.reverse();
        if calls.is_empty() { "at the root".to_owned() } else { calls.join("; then ") }
    }

    /// Comes to a state from another.
    fn visit(&mut self, to: State, from: State, item: &str, code: &str, todo: &mut VecDeque<State>) {
        let broken = self.broken(to);
        if let Some(rule) = broken {
            let path = self.path(from);
            self.found(format!("{rule}: by {item}"), || format!("{path}; then {code}"));
        }
        if let Entry::Vacant(place) = self.seen.entry(to) {
            place.insert(Some((from, code.to_owned())));
            if broken.is_none() {
                todo.push_back(to);
            }
        }
    }

    /// Searches to the end, and gives what is found and the number of states.
    #[must_use]
    pub fn run(mut self) -> (Findings, usize) {
        let mut todo = VecDeque::new();
        for context in 0..CONTEXTS.len() {
            let root = State { position: 0, context, held: 0 };
            self.seen.insert(root, None);
            todo.push_back(root);
        }
        let table = self.table;
        let looks: u64 = self
            .things
            .iter()
            .enumerate()
            .filter(|(_, thing)| thing.how == How::Look)
            .fold(0, |bits, (index, _)| bits | 1 << index);
        while let Some(state) = todo.pop_front() {
            let steps = self.steps.get(&(state.position, state.context)).cloned().unwrap_or_default();
            for step in steps {
                let call = &table.calls[step.call];
                let allowed = || match &call.adds {
                    Some(thing) => self.ranks[state.position] < self.rank(&thing.class),
                    None => true,
                };
                if call.compares && !allowed() {
                    continue;
                }
                if let Some(rule) = self.breaks(call, step.call, state, step.to) {
                    let path = self.path(state);
                    self.found(format!("{rule}: by {}", call.item), || format!("{path}; then {}", call.code));
                    continue;
                }
                let held = state.held | step.adds;
                if (held & !looks).count_ones() > self.limit {
                    continue;
                }
                if let Some((position, context)) = step.to {
                    let to = State { position, context, held };
                    self.visit(to, state, &call.item, &call.code, &mut todo);
                }
            }
            for (index, (item, by_value, code)) in table.moves.iter().enumerate() {
                for target in 0..self.ranks.len() {
                    let compiles = self.answers.yes(&Key::Moves(index, state.position, target));
                    let inwards = self.ranks[state.position] <= self.ranks[target];
                    if !compiles || (*by_value && !inwards) {
                        continue;
                    }
                    let name = &self.answers.positions[target].name;
                    let code = code.replace("{Q}", name);
                    if !DECLARED.iter().chain(&DISCIPLINED).any(|declared| declared == name) {
                        self.found(
                            format!("a move to a position that nobody has declared: by {item}"),
                            || code.clone(),
                        );
                    }
                    if !inwards {
                        let path = self.path(state);
                        self.found(format!("a position moves outwards: by {item}"), || {
                            format!("{path}; then {code}")
                        });
                    }
                    let to = State { position: target, ..state };
                    self.visit(to, state, item, &code, &mut todo);
                }
            }
        }
        (self.findings, self.seen.len())
    }
}
