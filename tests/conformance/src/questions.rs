//! The questions: what is done, and where the token stands that does it.
//!
//! Names and columns are those of `docs/proof/Table.v`. In a body `h` is the token; `{P}` and `{C}` are its position and context.

use std::fmt::Write;

/// Contexts, in the order of the columns.
pub const CONTEXTS: [&str; 4] = ["Task", "Atomic", "IrqOff", "HardIrq"];

/// Positions, in the order of the columns.
pub const POSITIONS: [&str; 8] =
    ["Nothing", "AnythingOutside<A>", "Outer", "A", "B", "AnythingOutside<C>", "Inner", "C"];

/// How many columns there are.
pub const COLUMNS: usize = POSITIONS.len() * CONTEXTS.len();

/// The classes that locks are asked for, and the kinds of their locks.
const CLASSES: [&str; 3] = ["A", "B", "C"];
const KINDS: [(&str, &str, &str); 3] = [
    ("Sleeping", "SleepLock", "host::RwLock"),
    ("Spinning", "SpinLock", "SpinRwLock"),
    ("IrqSafe", "IrqSpinLock", "IrqRwLock"),
];

/// Something that a token may be able to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its row of the table.
    pub name: String,
    /// A function's body.
    body: String,
}

/// Position and context of a column.
#[must_use]
pub const fn column(number: usize) -> (&'static str, &'static str) {
    (POSITIONS[number / CONTEXTS.len()], CONTEXTS[number % CONTEXTS.len()])
}

impl Operation {
    /// A function, on one line, in which a token of this column does it.
    #[must_use]
    pub fn function(&self, name: &str, number: usize) -> String {
        let (position, context) = column(number);
        let body = self.body.replace("{P}", position).replace("{C}", context);
        format!("fn {name}(mut h: Held<'_, {position}, {context}>) {{ {body} }}")
    }
}

/// What stands before the functions: a hierarchy, and something of every kind in every class.
#[must_use]
pub fn prelude() -> String {
    let mut text = String::from(
        "use lockorder::{*, blocking::{*, self}, host::{self, Host, SleepLock}};
hierarchy! {
    /// For the questions.
    pub hierarchy QUESTIONS;
    /// Outer.
    pub level Outer = 10 { /// One.
        pub class A = 1;
        /// Two.
        pub class B = 2; }
    /// Inner.
    pub level Inner = 40 { /// Three.
        pub class C = 3;
        /// A tree.
        pub class D = 5, order = tree;
        /// By key.
        pub class E = 6, order = key; }
    /// Tokens.
    pub level Tokens = 60 { /// Four.
        pub class Serial = 0, order = serial; }
}
fn t<P: Level, C: Context>(_: Held<'_, P, C>) {}
static SERIAL: SerialToken<Serial, u64> = SerialToken::new(0);
static QUEUE: host::WaitQueue = host::WaitQueue::new();
static SIGNALS: host::SignallingSemaphore = host::SignallingSemaphore::new();
static CONDVAR: host::Condvar = host::Condvar::new();
static SPIN_C: SpinLock<C, u64> = SpinLock::new(0);
static ONE_C: SpinLock<C, u64> = SpinLock::new(0);
static TWO_C: SpinLock<C, u64> = SpinLock::new(0);
static ONE_D: SpinLock<D, u64> = SpinLock::new(0);
static TWO_D: SpinLock<D, u64> = SpinLock::new(0);
static ONE_E: SpinLock<E, u64> = SpinLock::with_key(0, 0);
static TWO_E: SpinLock<E, u64> = SpinLock::with_key(1, 0);
",
    );
    for class in CLASSES {
        for (kind, lock, read_write) in KINDS {
            let _ = write!(
                text,
                "static {kind}_{class}: {lock}<{class}, u64> = {lock}::new(0);\n\
                 static RW_{kind}_{class}: {read_write}<{class}, u64> = {read_write}::new(0);\n"
            );
        }
        let _ = write!(
            text,
            "static EVENT_{class}: Event<{class}> = Event::new();\n\
             static RANKED_{class}: RankedCondvar<{class}> = RankedCondvar::new();\n\
             static PERMITS_{class}: Semaphore<{class}> = Semaphore::new(1);\n\
             static ONCE_Spinning_{class}: Once<{class}, u64> = Once::new();\n\
             static ONCE_IrqSafe_{class}: IrqOnce<{class}, u64> = IrqOnce::new();\n\
             static SEQ_Spinning_{class}: SpinSeqLock<{class}, u64> = SpinSeqLock::new(0);\n\
             static SEQ_IrqSafe_{class}: IrqSeqLock<{class}, u64> = IrqSeqLock::new(0);\n"
        );
    }
    text
}

/// All operations.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    let mut ask = |name: String, body: String| all.push(Operation { name, body });
    for class in CLASSES {
        for (kind, ..) in KINDS {
            of_lock(class, kind, &mut ask);
        }
    }
    for class in CLASSES {
        of_class(class, &mut ask);
    }
    of_no_class(&mut ask);
    of_several(&mut ask);
    all
}

/// What is done with a lock of a class and a kind.
fn of_lock(class: &str, kind: &str, ask: &mut impl FnMut(String, String)) {
    let (lock, read_write) = (format!("{kind}_{class}"), format!("RW_{kind}_{class}"));
    let name = |what: &str| format!("{what} {kind} {class}");
    for way in ["lock", "try_lock", "try_lock_any"] {
        ask(name(way), format!("let _g = h.{way}(&{lock});"));
    }
    for way in ["read", "write", "upgradeable"] {
        ask(name(way), format!("let _g = h.{way}(&{read_write});"));
    }
    ask(name("upgrade"), format!("let _g = h.upgradeable(&{read_write}).upgrade();"));
    ask(name("downgrade"), format!("let _g = h.write(&{read_write}).downgrade();"));
    for inside in CONTEXTS {
        ask(
            name("inside of read") + " is " + inside,
            format!("let mut g = h.read(&{read_write}); t::<{class}, {inside}>(g.held());"),
        );
        ask(
            name("inside of lock") + " is " + inside,
            format!("let mut g = h.lock(&{lock}); t::<{class}, {inside}>(g.held());"),
        );
    }
    for inner in CLASSES {
        ask(
            format!("lock IrqSafe {inner} under ") + &name("try_lock_any"),
            format!(
                "if let Some(mut g) = h.try_lock_any(&{lock}) {{ let (_, mut i) = g.split(); let _g = i.lock(&IrqSafe_{inner}); }}"
            ),
        );
    }
}

/// What is done with the other things that have a class.
fn of_class(class: &str, ask: &mut impl FnMut(String, String)) {
    let name = |what: &str| format!("{what} {class}");
    let inside = format!("t::<{class}, {{C}}>(i)");
    ask(name("below"), format!("t::<AnythingOutside<{class}>, {{C}}>(h.below::<{class}>());"));
    ask(name("promise event"), format!("let _ = EVENT_{class}.promise(&mut h, |i| {inside});"));
    ask(name("wait for event"), format!("let _ = EVENT_{class}.wait(&mut h);"));
    ask(name("serve"), format!("RANKED_{class}.serve(&mut h, |i| {inside});"));
    ask(
        name("wait while served, lock C in hand,"),
        format!("let g = h.lock(&Sleeping_C); let _ = RANKED_{class}.wait(g);"),
    );
    ask(name("acquire permit"), format!("let (_p, i) = PERMITS_{class}.acquire(&mut h); {inside};"));
    ask(
        name("try to acquire permit"),
        format!("if let Some((_p, i)) = PERMITS_{class}.try_acquire(&mut h) {{ {inside}; }}"),
    );
    for kind in ["Spinning", "IrqSafe"] {
        ask(
            name(&format!("make once {kind}")),
            format!("let _ = h.get_or_init(&ONCE_{kind}_{class}, |_| 1);"),
        );
        ask(name(&format!("update sequence {kind}")), format!("h.update(&SEQ_{kind}_{class}, |_, _| ());"));
        ask(name(&format!("snapshot sequence {kind}")), format!("let _ = h.snapshot(&SEQ_{kind}_{class});"));
    }
    ask(
        name("inside of making once is Atomic"),
        format!("let _ = h.get_or_init(&ONCE_Spinning_{class}, |i| {{ t::<{class}, Atomic>(i); 1 }});"),
    );
}

/// What has no class.
fn of_no_class(ask: &mut impl FnMut(String, String)) {
    for declared in ["Outer", "A", "B", "Inner", "C"] {
        ask(format!("at {declared}"), format!("t::<{declared}, {{C}}>(h.at::<{declared}>());"));
    }
    for (name, body) in [
        ("to_atomic", "t::<{P}, Atomic>(h.to_atomic());"),
        ("to_irq_off", "t::<{P}, IrqOff>(h.to_irq_off());"),
        ("irqs_off", "let mut g = h.irqs_off::<Host>(); t::<{P}, IrqOff>(g.held());"),
        ("no_preempt", "let mut g = h.no_preempt::<Host>(); t::<{P}, Atomic>(g.held());"),
        ("to_nothing", "t::<Nothing, {C}>(h.to_nothing());"),
        ("join", "let _ = host::spawn(|_| ()).join(&mut h);"),
        ("wait_until", "QUEUE.wait_until(&mut h, |_| true);"),
        ("wait to be signalled", "SIGNALS.wait(&mut h);"),
        ("condition with a sleeping lock", "let g = h.lock(&Sleeping_C); let _g = CONDVAR.wait(g);"),
        ("condition with a spin lock", "let g = h.lock(&SPIN_C); let _g = CONDVAR.wait(g);"),
        ("with_serial_token", "h.with_serial_token(&SERIAL, |s| t::<{P}, {C}>(s.held()));"),
        ("with_shared_serial_token", "h.with_shared_serial_token(&SERIAL, |s| t::<{P}, {C}>(s.held()));"),
        ("data of a serial token", "h.with_serial_token(&SERIAL, |s| s.with(|_, i| t::<{P}, Atomic>(i)));"),
        (
            "alone after shared",
            "h.with_shared_serial_token(&SERIAL, |s| s.held().with_serial_token(&SERIAL, |_| ()));",
        ),
        ("wait with a serial token", "h.with_serial_token(&SERIAL, |s| s.wait(&CONDVAR));"),
    ] {
        ask(name.to_owned(), body.to_owned());
    }
}

/// Several locks of one class.
fn of_several(ask: &mut impl FnMut(String, String)) {
    for class in ["C", "D"] {
        ask(
            format!("descend {class}"),
            format!("let mut g = h.lock(&ONE_{class}); let _r = g.descend(&TWO_{class});"),
        );
    }
    for class in ["C", "E"] {
        ask(format!("pair {class}"), format!("let _g = h.lock_pair(&TWO_{class}, &ONE_{class});"));
    }
    for class in ["C", "D", "E"] {
        ask(
            format!("twice {class}"),
            format!("let mut g = h.lock(&ONE_{class}); let mut i = g.held(); let _g = i.lock(&TWO_{class});"),
        );
    }
}
