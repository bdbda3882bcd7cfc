//! The tables: how each public function is called, what it adds to what is held, and what it waits for.
//!
//! `tables/*.table` are text. A line that begins at the margin begins a record; eight blanks continue the line before.
//!
//! ```text
//! core TICKET = Ticket, Spinning             a lock core, where its locks lie in `world.rs`, and its kind
//! position Below 1                           a type that implements `Level`, and how many positions it is made of
//! type Guard = Guard<'static, A, …>          a public type that borrows, with parameters
//! copies IrqsOff                             such a type that may be copied
//! blocks park                                whoever calls this may wait
//! brief WaitQueue::leave = why               one that calls such a function and waits for nobody that holds anything
//! never E0505 = what it is: CODE             a program that must fail with this code
//! hole FINDING                               a finding that is known
//! macro NAME                                 a macro that others can call
//! expands WHERE = CODE because WHY           something odd that one writes, or a file of the procedural ones
//! [Held::lock]                               a public function, and below it:
//!     gives MUTEX TICKET: CODE => {L} inside lock
//!     asks: CODE => ranks
//!     moves types: CODE
//!     free: CODE
//!     wait: for what | who ends it | the bound | the rejected program
//!     within Held::read
//!     plain: why nothing has to be asked
//!     root: whose root its closure is given
//!     unsafe
//! ```
//!
//! In `gives`, `@` marks where the token `o` is in scope; behind the arrow stand its position, its context (`same`,
//! `inside` of the lock's kind, or one by name) and what is held more: `lock` (and waited for), `try` (held, not waited
//! for), `dynamic` (a lock, if a comparison at run time allows it), `tried` (perhaps out of order), `permit`, `promise`,
//! `spin`, `irq`, `queue`, `look`, `token` (waited for) or `trytoken`, or `-`.
//!
//! In `asks`, behind the arrow: `ranks` (a wait for the class `{L}` in the order), `spins` (the same, by spinning), or
//! `anyone` and the call that ends the wait, which then needs either a token or nothing held.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Classes that calls are made with unless they say otherwise.
const CLASSES: [&str; 3] = ["A", "B", "C"];

/// What a lock of some kind does to its holder's context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Waiters sleep.
    Sleeping,
    /// The holder is not preempted.
    Spinning,
    /// The holder is not interrupted.
    IrqSafe,
}

/// What can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// A lock, a permit or a promise, in order.
    InOrder,
    /// A lock that was only tried.
    Tried,
    /// Interrupts or preemption off.
    Cpu,
    /// A look at a condition: the thread stands in a queue.
    Queue,
    /// A reference to what a serialising token protects.
    Look,
    /// A serialising token.
    Token,
}

/// One thing that is held.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thing {
    /// In what way.
    pub how: How,
    /// Of which class, if of one.
    pub class: String,
    /// Of which kind.
    pub kind: Kind,
}

/// What a call waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Nothing.
    Never,
    /// A lock, or something that ranks like one.
    For(String, Kind),
    /// Whatever ends by this call.
    Anyone(String),
}

/// One way to call a function.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function.
    pub item: String,
    /// Where it gives a token, `@` marks the scope.
    pub code: String,
    /// The token that it gives: position and context.
    pub gives: Option<(String, String)>,
    /// What is held more.
    pub adds: Option<Thing>,
    /// What it waits for.
    pub waits: Waits,
    /// Whether it compares ranks when it runs, and fails unless its class comes after the token's position.
    pub compares: bool,
}

/// What one row of `docs/waits.md` says.
#[derive(Clone, Debug)]
pub struct Wait {
    /// The function.
    pub item: String,
    /// What is waited for, who ends that, the bound, the program.
    pub cells: [String; 4],
}

/// A lock core.
#[derive(Clone, Debug)]
pub struct Core {
    /// The name of its locks in `world.rs`.
    pub place: String,
    /// Its type's name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
}

/// All tables.
#[derive(Debug, Default)]
pub struct Table {
    /// Lock cores.
    pub cores: Vec<Core>,
    /// Types of positions, with the number of their parameters.
    pub positions: Vec<(String, usize)>,
    /// Types that borrow, with parameters.
    pub types: BTreeMap<String, String>,
    /// Those that may be copied.
    pub copies: BTreeSet<String>,
    /// Calls after which a function counts as waiting.
    pub blocks: BTreeSet<String>,
    /// Functions that call one of these and wait for nobody that holds anything.
    pub brief: BTreeMap<String, String>,
    /// Programs that must fail: name, codes, code.
    pub never: Vec<(String, Vec<String>, String)>,
    /// Findings that are known.
    pub holes: BTreeSet<String>,
    /// Macros that others can call.
    pub macros: BTreeSet<String>,
    /// What is odd in what they write, by where that is and what it is: the argument.
    pub expansions: BTreeMap<(String, String), String>,
    /// Functions that have a record.
    pub items: BTreeSet<String>,
    /// All ways to call them.
    pub calls: Vec<Call>,
    /// Moves: function, whether a value decides, code with `{Q}`.
    pub moves: Vec<(String, bool, String)>,
    /// Calls without a token: function, code.
    pub free: Vec<(String, String)>,
    /// Functions that must be unsafe.
    pub unsafe_items: BTreeSet<String>,
    /// Functions whose closures are given roots.
    pub roots: BTreeSet<String>,
    /// Functions about which nothing is asked.
    pub plain: BTreeMap<String, String>,
    /// Functions that others' calls use.
    pub within: Vec<(String, Vec<String>)>,
    /// Waits, for the page.
    pub waits: Vec<Wait>,
}

/// A kind by its name.
fn kind(name: &str) -> Kind {
    match name {
        "Sleeping" => Kind::Sleeping,
        "Spinning" => Kind::Spinning,
        "IrqSafe" => Kind::IrqSafe,
        other => panic!("`{other}` is not a kind"),
    }
}

impl Table {
    /// Reads all tables of a directory.
    ///
    /// # Panics
    ///
    /// When a line is not one of the forms above.
    #[must_use]
    pub fn read(directory: &Path) -> Self {
        let mut table = Self::default();
        let mut paths: Vec<_> = fs::read_dir(directory)
            .expect("the tables")
            .map(|entry| entry.expect("readable").path())
            .collect();
        // The cores come first.
        paths.sort();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "table")) {
            let text = fs::read_to_string(path).expect("readable");
            let mut lines: Vec<String> = Vec::new();
            for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
                match (line.strip_prefix("        "), lines.last_mut()) {
                    (Some(more), Some(last)) => last.extend([" ", more.trim()]),
                    _ => lines.push(line.to_owned()),
                }
            }
            let mut item = String::new();
            for line in lines {
                if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                    name.clone_into(&mut item);
                    assert!(table.items.insert(item.clone()), "`{item}` has two records");
                } else if let Some(line) = line.strip_prefix("    ") {
                    table.of_item(&item, line);
                } else {
                    table.directive(&line);
                }
            }
        }
        table
    }

    /// Takes a line at the margin.
    fn directive(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let halves = || rest.split_once(" = ").unwrap_or_else(|| panic!("`{line}` has no ` = `"));
        match word {
            "core" => {
                let (place, rest) = halves();
                let (name, of) = rest.split_once(", ").expect("a core and its kind");
                self.cores.push(Core { place: place.to_owned(), name: name.to_owned(), kind: kind(of) });
            }
            "position" => {
                let (name, count) = rest.split_once(' ').expect("a position and a number");
                self.positions.push((name.to_owned(), count.parse().expect("a number")));
            }
            "type" => {
                let (name, full) = halves();
                self.types.insert(name.to_owned(), full.to_owned());
            }
            "copies" => {
                self.copies.insert(rest.to_owned());
            }
            "blocks" => self.blocks.extend(rest.split_whitespace().map(str::to_owned)),
            "never" => {
                let (codes, rest) = halves();
                let (name, code) = rest.split_once(": ").expect("a name and a program");
                let codes = codes.split_whitespace().map(str::to_owned).collect();
                self.never.push((name.to_owned(), codes, code.to_owned()));
            }
            "brief" => {
                let (name, why) = halves();
                self.brief.insert(name.to_owned(), why.to_owned());
            }
            "hole" => {
                self.holes.insert(rest.to_owned());
            }
            "macro" => {
                self.macros.insert(rest.to_owned());
            }
            "expands" => {
                let (place, rest) = halves();
                let (code, why) = rest.rsplit_once(" because ").expect("code and an argument");
                self.expansions.insert((place.to_owned(), code.to_owned()), why.to_owned());
            }
            other => panic!("`{other}` begins no record"),
        }
    }

    /// Takes a line below a function's name.
    fn of_item(&mut self, item: &str, line: &str) {
        let (head, rest) = match line.split_once(": ") {
            Some((head, rest)) => (head.trim(), rest.trim()),
            None => (line.trim(), ""),
        };
        let mut words = head.split_whitespace();
        let word = words.next().unwrap_or_default();
        let words: Vec<_> = words.collect();
        match word {
            "gives" => self.gives(item, &words, rest),
            "asks" => self.asks(item, &words, rest),
            "moves" => self.moves.push((item.to_owned(), words.first() == Some(&"values"), rest.to_owned())),
            "free" => self.free.push((item.to_owned(), rest.to_owned())),
            "plain" => {
                assert!(!rest.is_empty(), "`{item}` is plain for no reason");
                self.plain.insert(item.to_owned(), rest.to_owned());
            }
            "root" => {
                self.roots.insert(item.to_owned());
            }
            "unsafe" => {
                self.unsafe_items.insert(item.to_owned());
            }
            "within" => {
                let others = words.iter().map(|word| (*word).to_owned()).collect();
                self.within.push((item.to_owned(), others));
            }
            "wait" => {
                let cells: Vec<_> = rest.split(" | ").map(|cell| cell.trim().to_owned()).collect();
                let cells = cells.try_into().unwrap_or_else(|_| panic!("`{item}`: a wait has four cells"));
                self.waits.push(Wait { item: item.to_owned(), cells });
            }
            other => panic!("`{item}`: `{other}` says nothing"),
        }
    }

    /// Every core and class that a line is for: its place, its kind, and the class.
    fn each(&self, words: &[&str], code: &str) -> Vec<(String, Kind, String)> {
        let at = words.iter().position(|word| *word == "@").unwrap_or(words.len());
        let named = words.get(at + 1..).unwrap_or_default();
        let generic = code.contains("{L}") || code.contains("{l}");
        let classes: Vec<&str> = match (named.is_empty(), generic) {
            (false, _) => named.to_vec(),
            (true, true) => CLASSES.to_vec(),
            (true, false) => vec![""],
        };
        let of = |place: &str| {
            let found = self.cores.iter().find(|core| core.place == place);
            found.unwrap_or_else(|| panic!("`{place}` is not a core")).kind
        };
        let mut places: Vec<_> = words[..at].iter().map(|place| ((*place).to_owned(), of(place))).collect();
        if places.is_empty() {
            places.push((String::new(), Kind::Sleeping));
        }
        let pairs = places.iter().flat_map(|(place, kind)| {
            classes.iter().map(move |class| (place.clone(), *kind, (*class).to_owned()))
        });
        pairs.collect()
    }

    /// A line of a call that gives a token.
    fn gives(&mut self, item: &str, words: &[&str], rest: &str) {
        let (code, outcome) = rest.split_once(" => ").unwrap_or_else(|| panic!("`{item}` gives what?"));
        for (place, kind, class) in self.each(words, rest) {
            let fill = |text: &str| {
                text.replace("{L}", &class).replace("{l}", &class.to_lowercase()).replace("{X}", &place)
            };
            let outcome = fill(outcome);
            let (rest, effect) = outcome.rsplit_once(' ').expect("a position, a context and an effect");
            let (position, context) = rest.rsplit_once(' ').expect("a position and a context");
            let context = match (context, kind) {
                ("inside", Kind::Sleeping) => "same",
                ("inside", Kind::Spinning) => "Atomic",
                ("inside", Kind::IrqSafe) => "IrqOff",
                (other, _) => other,
            };
            let thing = |how, kind| Some(Thing { how, class: class.clone(), kind });
            let adds = match effect {
                "lock" | "try" | "dynamic" => thing(How::InOrder, kind),
                "permit" | "promise" => thing(How::InOrder, Kind::Sleeping),
                "tried" => thing(How::Tried, kind),
                "spin" => thing(How::Cpu, Kind::Spinning),
                "irq" => thing(How::Cpu, Kind::IrqSafe),
                "queue" => thing(How::Queue, Kind::Sleeping),
                "look" => thing(How::Look, Kind::Sleeping),
                "token" | "trytoken" => thing(How::Token, Kind::Sleeping),
                "-" => None,
                other => panic!("`{item}`: `{other}` is nothing that is held"),
            };
            let waits = match effect {
                "lock" | "permit" | "dynamic" => Waits::For(class.clone(), kind),
                "token" => Waits::For(String::new(), Kind::Sleeping),
                _ => Waits::Never,
            };
            self.calls.push(Call {
                item: item.to_owned(),
                code: fill(code),
                gives: Some((position.to_owned(), context.to_owned())),
                adds,
                waits,
                compares: effect == "dynamic",
            });
        }
    }

    /// A line of a call that waits.
    fn asks(&mut self, item: &str, words: &[&str], rest: &str) {
        let (code, outcome) = rest.split_once(" => ").unwrap_or_else(|| panic!("`{item}` asks what?"));
        for (place, kind, class) in self.each(words, rest) {
            let fill = |text: &str| {
                text.replace("{L}", &class).replace("{l}", &class.to_lowercase()).replace("{X}", &place)
            };
            let waits = match outcome.split_once(' ') {
                None if outcome == "ranks" => Waits::For(class.clone(), Kind::Sleeping),
                None if outcome == "spins" => Waits::For(class.clone(), kind),
                Some(("anyone", waker)) => Waits::Anyone(fill(waker)),
                _ => panic!("`{item}`: `{outcome}` is no wait"),
            };
            let (item, code) = (item.to_owned(), fill(code));
            self.calls.push(Call { item, code, gives: None, adds: None, waits, compares: false });
        }
    }
}
