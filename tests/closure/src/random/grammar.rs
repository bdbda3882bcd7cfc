//! Which calls a random function is made of.
//!
//! The generator knows which class may come next, the context, and whether nothing is held: mostly it keeps to them, so that
//! much compiles; now and then it does not, so that what should be refused is tried as well.

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
    #[allow(clippy::too_many_lines, reason = "one arm for each call")]
    fn call(&mut self, token: &Token) -> Call {
        let h = token.name.clone();
        let (g, n, x) = (self.name('g'), self.name('n'), self.name('x'));
        let class = self.class(token);
        let l = CLASSES[class];
        let (core, context) = self.core(token.context);
        let lock = format!("{l}::{core}");
        let inner =
            Token { name: n.clone(), next: class + 1, context, nothing: false, depth: token.depth + 1 };
        let same = Token { name: n.clone(), depth: token.depth + 1, ..token.clone() };
        let held = format!("{{ let mut {n} = {g}.held(); {BODY} }} ");
        let b = BODY;
        match self.chance.weighted(CALLS) {
            Kind::With => {
                self.with(format!("{h}.with(&{lock}, |{x}, mut {n}| {{ w({x}); {b} }}); "), &[inner])
            }
            Kind::Lock => {
                let verb = self.chance.one_of(&["lock", "lock", "acquire"]);
                let end = self.end(&g, &format!("{l}::ON_{core}"), token);
                self.with(format!("let mut {g} = {h}.{verb}(&{lock}); w(&mut {g}); {held}{end}"), &[inner])
            }
            Kind::Loosen => self.with(
                format!(
                    "let (mut {g}, mut {n}) = {h}.lock(&{lock}).loosen(); w(&mut {g}); {b} drop({g}); {b}"
                ),
                &[inner.clone(), inner],
            ),
            Kind::Odd => {
                let (other, m) = (self.name('g'), self.name('n'));
                let further = CLASSES[(class + 1).min(2)];
                let (first, second) = self.chance.one_of(&[(&g, &other), (&other, &g)]);
                let token = Token { name: m.clone(), next: class + 2, ..inner };
                self.with(
                    format!(
                        "let (mut {g}, mut {n}) = {h}.lock(&{lock}).loosen(); \
                         let (mut {other}, mut {m}) = {n}.lock(&{further}::{core}).loosen(); \
                         w(&mut {g}); w(&mut {other}); drop({first}); {b} w(&mut {second}); drop({second}); {b}"
                    ),
                    &[token.clone(), token],
                )
            }
            Kind::Try => {
                let end = self.end(&g, &format!("{l}::ON_{core}"), token);
                self.with(
                    format!("if let Some(mut {g}) = {h}.try_lock(&{lock}) {{ w(&mut {g}); {held}{end} }} "),
                    &[inner],
                )
            }
            Kind::For => {
                let core = self.chance.one_of(&["MUTEX", "SLEEP", "ADAPTIVE"]);
                let end = self.end(&g, &format!("{l}::ON_{core}"), token);
                self.with(
                    format!("if let Some(mut {g}) = {h}.lock_for(&{l}::{core}, MS) {{ w(&mut {g}); {held}{end} }} "),
                    &[Token { context: token.context, ..inner }],
                )
            }
            Kind::TryAny => {
                let class = self.chance.below(CLASSES.len());
                let lock = format!("{}::{core}", CLASSES[class]);
                let inner = Token { next: token.next.max(class + 1), ..inner };
                self.with(
                    format!(
                        "if let Some(mut {g}) = {h}.try_lock_any(&{lock}) {{ let ({x}, mut {n}) = {g}.split(); w({x}); {b} }} "
                    ),
                    &[inner],
                )
            }
            Kind::ReadWrite => self.read_write(token, l, class),
            Kind::Permit => {
                let text = self.chance.one_of(&[
                    format!("{{ let ({g}, mut {n}) = {l}::SEMAPHORE.acquire(&mut {h}); {b} drop({g}); {b} }} "),
                    format!(
                        "if let Some(({g}, mut {n})) = {l}::SEMAPHORE.acquire_for(&mut {h}, MS) {{ {b} drop({g}); {b} }} "
                    ),
                    format!(
                        "if let Some(({g}, mut {n})) = {l}::SEMAPHORE.try_acquire(&mut {h}) {{ {b} drop({g}); {b} }} "
                    ),
                ]);
                let inner = Token { context: token.context, ..inner };
                self.with(text, &[inner.clone(), inner])
            }
            Kind::Promise => self.with(
                format!("let _ = event(&{l}::EVENTS).promise(&mut {h}, |mut {n}| {{ {b} }}); "),
                &[Token { context: token.context, ..inner }],
            ),
            Kind::Event => Call::plain(format!("let _ = event(&{l}::EVENTS).wait(&mut {h}); ")),
            Kind::Serve => self.with(
                format!("{l}::RANKED.serve(&mut {h}, |mut {n}| {{ {b} {l}::RANKED.notify_all(); {b} }}); "),
                &[
                    Token { context: token.context, ..inner.clone() },
                    Token { context: token.context, ..inner },
                ],
            ),
            Kind::Ranked => {
                let ranked = CLASSES[self.class(token)];
                let wait = self.chance.one_of(&[
                    format!("{ranked}::RANKED.wait({g}).map(|mut {g}| w(&mut {g}))"),
                    format!("{ranked}::RANKED.wait_for({g}, MS).map(|(mut {g}, _)| w(&mut {g}))"),
                ]);
                Call::plain(format!("let mut {g} = {h}.lock(&{lock}); w(&mut {g}); let _ = {wait}; "))
            }
            Kind::Serial => self.serial(&same, &h),
            Kind::Queue => {
                let text = self.chance.one_of(&[
                    format!("let _ = WAIT_QUEUE.wait_until_for(&mut {h}, MS, |{n}| {{ {b} false }}); "),
                    format!("WAIT_QUEUE.wait_until(&mut {h}, |{n}| {{ {b} true }}); "),
                    format!("WAIT_QUEUE.wait_until_may_sleep(&mut {h}, |{n}| {{ {b} true }}); "),
                    format!(
                        "let _ = SIGNALS.wait_for(&mut {h}, MS); {{ let mut {n} = {h}.to_atomic(); {b} }} "
                    ),
                ]);
                let context = if text.contains("may_sleep") { token.context } else { token.context.max(1) };
                self.with(text, &[Token { context, ..same }])
            }
            Kind::Cpu => {
                let (verb, context) = self.chance.one_of(&[("irqs_off", 2), ("no_preempt", 1)]);
                self.with(
                    format!("{{ let mut {g} = {h}.{verb}::<Host>(); let mut {n} = {g}.held(); {b} }} "),
                    &[Token { context: token.context.max(context), ..same }],
                )
            }
            Kind::Dynamic => {
                let class = self.chance.below(CLASSES.len());
                let (name, lock) = (CLASSES[class].to_uppercase(), format!("{}::{core}", CLASSES[class]));
                let text = self.chance.one_of(&[
                    format!(
                        "{{ let mut {x} = {h}.erase(); if let Ok(mut {g}) = {x}.lock(&{lock}) {{ w(&mut {g}); \
                         let mut {x} = {g}.split().1; if let Ok(mut {n}) = {x}.typed::<{name}>() {{ {b} }} }} }} "
                    ),
                    format!(
                        "{{ let mut {x} = {h}.erase(); if let Ok(mut {n}) = {x}.typed::<{name}>() {{ {b} }} }} "
                    ),
                ]);
                let context = if text.contains("lock") { context } else { token.context };
                self.with(text, &[Token { next: class + 1, context, ..inner }])
            }
            Kind::Move => {
                let (how, next) = self.chance.one_of(&[
                    ("at::<A>()", 1),
                    ("at::<B>()", 2),
                    ("at::<Tok>()", 2),
                    ("at::<Inner>()", 1),
                    ("below::<B>()", 1),
                    ("below::<C>()", 2),
                    ("reborrow()", token.next),
                    ("to_task()", token.next),
                    ("to_nothing()", 0),
                ]);
                let kept = how.starts_with("re") || how.starts_with("to");
                let inner = Token { next, nothing: token.nothing && kept, ..same };
                self.with(format!("{{ let mut {n} = {h}.{how}; {b} }} "), &[inner])
            }
            Kind::Catch => {
                let end = self.chance.one_of(&["std::panic::panic_any(\"chance\"); ", ""]);
                let text = format!(
                    "let _ = catch_unwind(AssertUnwindSafe(|| {{ let mut {n} = {h}.reborrow(); {b} {end}}})); "
                );
                self.with(text, &[same])
            }
            Kind::Panic => Call::plain("p(); ".to_owned()),
            Kind::Set => {
                let (i, k) = (self.chance.below(3), self.chance.below(3));
                let text = self.chance.one_of(&[
                    format!(
                        "if let Ok(mut {g}) = {h}.lock_pair(&ADDR[{i}], &ADDR[{k}]) {{ let ([d, e], mut {n}) = {g}.split(); \
                         w(d); w(e); {b} }} "
                    ),
                    format!(
                        "{{ let mut {x} = [&ADDR[{k}], &ADDR[{i}]]; if let Ok(mut {g}) = {h}.lock_slice(&mut {x}) {{ \
                         let (mut d, mut {n}) = {g}.split(); d.iter_mut().for_each(w); {b} }} }} "
                    ),
                ]);
                self.with(text, &[Token { next: token.next.max(1), nothing: false, ..same }])
            }
            Kind::Tree => {
                let text = self.chance.one_of(&[
                    format!(
                        "{{ let mut {g} = {h}.lock(&TREE[0]); if let Ok((d, mut {x})) = {g}.descend(&TREE[1]) {{ w(d); \
                         w(&mut {x}); let mut {n} = {x}.held(); {b} }} }} "
                    ),
                    format!(
                        "{{ let {g} = {h}.lock(&TREE[0]); if let Ok(mut {g}) = {g}.step(&TREE[1]) {{ w(&mut {g}); \
                         let mut {n} = {g}.held(); {b} }} }} "
                    ),
                ]);
                self.with(text, &[Token { next: token.next.max(1), nothing: false, ..same }])
            }
            Kind::Once => self.with(
                format!("let _ = {h}.get_or_init(&{l}::ONCE, |mut {n}| {{ {b} 1 }}); "),
                &[Token { context: token.context.max(1), ..inner }],
            ),
            Kind::Sequence => {
                let text = format!("{h}.update(&{l}::SEQ, |v, mut {n}| {{ *v += 1; {b} }}); ");
                if self.chance.below(2) == 0 {
                    return Call::plain(format!("let _ = {h}.snapshot(&{l}::SEQ); "));
                }
                self.with(text, &[Token { context: token.context.max(1), ..inner }])
            }
            Kind::Notify => Call::plain(self.chance.one_of(&[
                format!("{l}::ON_{core}.notify_all(); "),
                format!("{l}::ON_{core}.notify_one(); "),
                format!("{l}::RANKED.notify_one(); "),
                "ON_TOKENS[0].notify_one(); ".to_owned(),
                "WAIT_QUEUE.wake_one(); ".to_owned(),
                "SIGNALS.signal(); ".to_owned(),
            ])),
            Kind::Join => {
                let fresh = Token { next: 0, context: 0, nothing: true, ..same };
                let here = Token { name: h.clone(), depth: token.depth + 1, ..token.clone() };
                self.with(
                    format!(
                        "{{ let {x} = host::spawn(|mut {n}| {{ {b} }}); {b} let _ = {x}.join(&mut {h}); }} "
                    ),
                    &[fresh, here],
                )
            }
            Kind::Scope => {
                let fresh = Token { next: 0, context: 0, nothing: true, ..same.clone() };
                let m = self.name('n');
                let lent = Token { name: m.clone(), ..same };
                self.with(
                    format!("host::scope(&mut {h}, |{x}, {m}| {{ {x}.spawn(|mut {n}| {{ {b} }}); {b} }}); "),
                    &[fresh, lent],
                )
            }
            Kind::Defer => {
                let fresh = Token { next: 0, context: 0, nothing: true, depth: 4, ..same };
                self.with(format!("host::defer(|mut {n}| {{ {b} }}); "), &[fresh])
            }
            Kind::Arc => self.with(
                format!("{{ let mut {g} = {h}.lock_arc({l}::arc()); w(&mut {g}); {held} }} "),
                &[Token { context: token.context, ..inner }],
            ),
            Kind::Mapped => self.with(
                format!(
                    "{{ let mut {g} = {h}.lock(&{lock}).map(|d| d); w(&mut {g}); {held} w(&mut {g}); }} "
                ),
                &[inner],
            ),
        }
    }

    /// A reader-writer lock, held one way and perhaps another.
    fn read_write(&mut self, token: &Token, l: &str, class: usize) -> Call {
        let h = &token.name;
        let (g, n) = (self.name('g'), self.name('n'));
        let (core, context) =
            if token.context == 0 { self.chance.one_of(&[("SLEEP_RW", 0), ("RW", 1)]) } else { ("RW", 1) };
        let lock = format!("{l}::{core}");
        let context = context.max(token.context);
        let inner =
            Token { name: n.clone(), next: class + 1, context, nothing: false, depth: token.depth + 1 };
        let b = format!("{{ let mut {n} = {g}.held(); {BODY} }} ");
        let text = self.chance.one_of(&[
            format!("{{ let mut {g} = {h}.read(&{lock}); r(&{g}); {b} r(&{g}); }} "),
            format!("{{ let mut {g} = {h}.write(&{lock}); w(&mut {g}); {b} w(&mut {g}); }} "),
            format!("{{ let mut {g} = {h}.upgradeable(&{lock}); r(&{g}); {b} let mut {g} = {g}.upgrade(); w(&mut {g}); {b} }} "),
            format!("{{ let mut {g} = {h}.upgradeable(&{lock}); {b} if let Ok(mut {g}) = {g}.try_upgrade() {{ w(&mut {g}); }} }} "),
            format!("{{ let mut {g} = {h}.write(&{lock}); w(&mut {g}); let mut {g} = {g}.downgrade(); r(&{g}); {b} r(&{g}); }} "),
            format!(
                "{{ let {g} = {h}.write(&{lock}); let mut {g} = {g}.downgrade_to_upgradeable(); r(&{g}); {b} \
                 let mut {g} = {g}.upgrade(); w(&mut {g}); }} "
            ),
            format!("if let Some(mut {g}) = {h}.try_write(&{lock}) {{ w(&mut {g}); {b} }} "),
        ]);
        let bodies = text.matches(BODY).count();
        self.with(text, &vec![inner; bodies])
    }

    /// A serialising token.
    fn serial(&mut self, inner: &Token, h: &str) -> Call {
        let (s, n, b) = (self.name('s'), &inner.name, BODY);
        let token = self.chance.below(2);
        let verb = self.chance.one_of(&[
            "with_serial_token",
            "with_serial_token",
            "try_with_serial_token",
            "with_shared_serial_token",
        ]);
        let uses = match verb {
            "with_shared_serial_token" => format!("{s}.look(|d, _| r(d)); "),
            _ => format!("{s}.with(|d, _| w(d)); "),
        };
        let (middle, context) = self.chance.one_of(&[
            (format!("{{ let mut {n} = {s}.held(); {b} }} "), 0),
            (format!("{{ let mut {n} = {s}.held(); {b} }} "), 0),
            (
                format!(
                    "let _ = {s}.wait_for(&ON_TOKENS[{token}], MS); {{ let mut {n} = {s}.held(); {b} }} "
                ),
                0,
            ),
            (format!("{s}.look(|d, mut {n}| {{ r(d); {b} }}); "), 1),
        ]);
        let inner = Token { context: inner.context.max(context), ..inner.clone() };
        self.with(format!("{h}.{verb}(&TOKENS[{token}], |{s}| {{ {uses}{middle}{uses} }}); "), &[inner])
    }
}
