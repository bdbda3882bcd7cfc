//! Which calls a random function is made of.
//!
//! The generator knows which class may come next, the context, and whether nothing is held: mostly it keeps to them, so that
//! much compiles; now and then it does not, so that what should be refused is tried as well.

mod locking;
mod moving;
mod waiting;

use super::chance::Chance;
use super::term::{BODY, Call};

/// Classes with locks, in their order.
const CLASSES: [&str; 3] = ["a", "b", "c"];
/// Calls and how often each is made.
const CALLS: &[(usize, Kind)] = &[
    (8, Kind::Lock),
    (6, Kind::With),
    (4, Kind::Loosen),
    (3, Kind::Odd),
    (2, Kind::Try),
    (4, Kind::TryAny),
    (2, Kind::For),
    (5, Kind::ReadWrite),
    (3, Kind::Permit),
    (3, Kind::Promise),
    (4, Kind::Event),
    (7, Kind::Serial),
    (3, Kind::Queue),
    (2, Kind::Cpu),
    (4, Kind::Dynamic),
    (6, Kind::Move),
    (3, Kind::Catch),
    (3, Kind::Set),
    (2, Kind::Once),
    (2, Kind::Sequence),
    (2, Kind::Notify),
    (2, Kind::Tree),
    (2, Kind::Join),
    (1, Kind::Scope),
    (1, Kind::Defer),
    (2, Kind::Panic),
    (1, Kind::Arc),
    (3, Kind::Serve),
    (4, Kind::Ranked),
    (1, Kind::Mapped),
];

/// A call.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Lock,
    With,
    Loosen,
    Odd,
    Try,
    TryAny,
    For,
    ReadWrite,
    Permit,
    Promise,
    Event,
    Serial,
    Queue,
    Cpu,
    Dynamic,
    Move,
    Catch,
    Set,
    Once,
    Sequence,
    Notify,
    Tree,
    Join,
    Scope,
    Defer,
    Panic,
    Arc,
    Serve,
    Ranked,
    Mapped,
}

/// What is known of a token.
#[derive(Clone, Debug)]
struct Token {
    /// Its variable.
    name: String,
    /// The number of the first class that may come next.
    next: usize,
    /// 0 for `Task`, 1 for `Atomic`, 2 for `IrqOff`.
    context: usize,
    /// Whether nothing is held.
    nothing: bool,
    /// How deep the call stands.
    depth: usize,
}

/// What a call is made of: names, a class, a core, and what is known of the tokens around it and inside.
#[derive(Clone, Debug)]
struct Parts {
    token: Token,
    /// The token's variable.
    h: String,
    /// A guard's.
    g: String,
    /// The inner token's.
    n: String,
    /// One of anything else.
    x: String,
    class: usize,
    /// The module of the class.
    l: &'static str,
    core: &'static str,
    /// The context inside of that core.
    context: usize,
    lock: String,
    inner: Token,
    same: Token,
    /// The body under the guard's token.
    held: String,
    /// Where a body stands.
    b: char,
}

/// Makes functions.
#[derive(Debug)]
pub struct Generator {
    chance: Chance,
    variables: usize,
    left: usize,
}

impl Generator {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed), variables: 0, left: 0 }
    }

    /// A function of a dozen calls at most, whose token is `h`.
    pub fn function(&mut self) -> Vec<Call> {
        self.variables = 0;
        self.left = 3 + self.chance.below(10);
        let mut calls = Vec::new();
        while calls.is_empty() {
            calls = self.body(&Token { name: "h".to_owned(), next: 0, context: 0, nothing: true, depth: 0 });
        }
        calls
    }

    /// A new name.
    fn name(&mut self, of: char) -> String {
        self.variables += 1;
        format!("{of}{}", self.variables)
    }

    /// A body.
    fn body(&mut self, token: &Token) -> Vec<Call> {
        let mut calls = Vec::new();
        for _ in 0..self.chance.one_of(&[1, 1, 2]) {
            if self.left == 0 || token.depth > 5 {
                break;
            }
            self.left -= 1;
            calls.push(self.call(token));
        }
        if self.chance.below(2) == 0 {
            calls.push(Call::plain("j(); ".to_owned()));
        }
        calls
    }

    /// A class that may come next, mostly.
    fn class(&mut self, token: &Token) -> usize {
        let next = token.next.min(CLASSES.len());
        if next < CLASSES.len() && self.chance.below(14) > 0 {
            next + self.chance.below(CLASSES.len() - next)
        } else {
            self.chance.below(CLASSES.len())
        }
    }

    /// A core that exists in a context, and the context inside.
    fn core(&mut self, context: usize) -> (&'static str, usize) {
        let (core, inside) = match context {
            0 => self.chance.one_of(&[
                ("MUTEX", 0),
                ("SLEEP", 0),
                ("ADAPTIVE", 0),
                ("TICKET", 1),
                ("QUEUE", 1),
                ("IRQ", 2),
            ]),
            1 => self.chance.one_of(&[("TICKET", 1), ("QUEUE", 1), ("IRQ", 2)]),
            _ => ("IRQ", 2),
        };
        (core, inside.max(context))
    }

    /// What is done with a guard at last.
    fn end(&mut self, guard: &str, condvar: &str, token: &Token) -> String {
        let mut ways =
            vec![format!("drop({guard}); "), format!("w(&mut {guard}); drop({guard}); "), String::new()];
        if token.context == 0 && token.nothing {
            ways.push(format!("let {guard} = {condvar}.wait_for({guard}, MS).0; "));
            ways.push(format!("let mut {guard} = {condvar}.wait_for({guard}, MS).0; w(&mut {guard}); "));
            ways.push(format!(
                "let mut {guard} = {condvar}.wait_while_for({guard}, MS, |d| {{ w(d); true }}).0; w(&mut {guard}); "
            ));
        }
        self.chance.one_of(&ways)
    }

    /// A call with bodies.
    fn with(&mut self, text: String, tokens: &[Token]) -> Call {
        let bodies = tokens.iter().map(|token| self.body(token)).collect();
        Call { text, bodies }
    }

    /// One call.
    fn call(&mut self, token: &Token) -> Call {
        let names = (self.name('g'), self.name('n'), self.name('x'));
        let class = self.class(token);
        let (core, context) = self.core(token.context);
        let depth = token.depth + 1;
        let parts = Parts {
            token: token.clone(),
            h: token.name.clone(),
            l: CLASSES[class],
            class,
            core,
            context,
            lock: format!("{}::{core}", CLASSES[class]),
            inner: Token { name: names.1.clone(), next: class + 1, context, nothing: false, depth },
            same: Token { name: names.1.clone(), depth, ..token.clone() },
            held: format!("{{ let mut {} = {}.held(); {BODY} }} ", names.1, names.0),
            b: BODY,
            g: names.0,
            n: names.1,
            x: names.2,
        };
        let kind = self.chance.weighted(CALLS);
        match kind {
            Kind::With
            | Kind::Lock
            | Kind::Loosen
            | Kind::Odd
            | Kind::Try
            | Kind::For
            | Kind::TryAny
            | Kind::ReadWrite
            | Kind::Arc
            | Kind::Mapped
            | Kind::Set
            | Kind::Tree => self.locking(kind, &parts),
            Kind::Permit
            | Kind::Promise
            | Kind::Event
            | Kind::Serve
            | Kind::Ranked
            | Kind::Queue
            | Kind::Join
            | Kind::Scope
            | Kind::Defer
            | Kind::Serial
            | Kind::Notify => self.waiting(kind, &parts),
            _ => self.moving(kind, &parts),
        }
    }
}
