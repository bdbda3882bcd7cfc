//! What becomes of each pair: a rejected program, or a line that says why not.

use super::row::{Acquisition, Manner, Pair};
use super::sketch::{Around, Path, Runs, Sketch};

/// A program, its twin, and what is said of them.
#[derive(Clone, Debug)]
pub struct Program {
    /// What the bug is.
    pub bug: String,
    /// The error that it gives, as the header has it.
    pub error: String,
    /// What the twin does.
    pub fix: String,
    /// The rejected text, without its header.
    pub rejected: String,
    /// The twin's.
    pub accepted: String,
}

/// What becomes of a pair.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It must be rejected, and does not compile.
    Rejected(Box<Program>),
    /// It must be rejected, and only the run-time checker sees it.
    CheckerOnly(&'static str),
    /// It is allowed, and this compiles.
    Allowed(String),
    /// It is allowed, and does not compile.
    Refused(&'static str),
}

/// Soft work does not interrupt.
const SOFT: &str = "soft work runs in a thread of its own here: it never interrupts the holder of a spin lock, which is not \
                    preempted either, so that the deadlock cannot happen; the checker reports it where it is told of soft interrupts";
/// Spin locks that sleep.
const REAL_TIME: &str = "the rule is for kernels whose plain spin locks sleep (PREEMPT_RT); here a spin lock spins, and may be \
                         acquired without preemption; the checker has the rule where it is asked for (`set_limit`)";
/// Readers among themselves.
const READERS: &str = "readers of one lock, or of locks in any order, do not wait for each other as long as nobody writes; \
                       a strict order refuses it, since it does not know that nobody ever will";
/// Readers with a handler.
const HANDLER: &str = "a reader in a handler does not wait for readers; a plain lock does not exist in a handler here, \
                       reading or not: it would take an interrupt-safe one";
/// Interrupts that come on early.
const EARLY: &str = "interrupts come on while the lock is held, which is harmless for a reader; here the guard of what was \
                     turned off outlives what was acquired under it";
/// Threaded handlers.
const THREADED: &str = "handlers run in threads on the kernels that this row is for (PREEMPT_RT); here they do not, and a plain \
                        spin lock does not exist in one";

/// Programs whose paths are given, and which lock becomes interrupt-safe in the twin.
fn made_safe(
    bug: &str,
    error: &str,
    ranks: &[&str],
    safe: &[&str],
    fixed: &str,
    paths: Vec<Path>,
) -> Outcome {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let rejected = Sketch { ranks: owned(ranks), interrupt_safe: owned(safe), paths };
    let mut accepted = rejected.clone();
    accepted.interrupt_safe.push(fixed.to_owned());
    Outcome::Rejected(Box::new(Program {
        bug: bug.to_owned(),
        error: error.to_owned(),
        fix: format!("make `{fixed}` interrupt-safe"),
        rejected: rejected.text(),
        accepted: accepted.text(),
    }))
}

/// The class of a lock.
fn class(lock: &str) -> &str {
    lock.trim_end_matches(|digit: char| digit.is_ascii_digit())
}

/// All orders of some names.
fn orders(names: &[String]) -> Vec<Vec<String>> {
    if names.len() <= 1 {
        return vec![names.to_vec()];
    }
    let mut all = Vec::new();
    for (index, first) in names.iter().enumerate() {
        let mut rest = names.to_vec();
        rest.remove(index);
        all.extend(orders(&rest).into_iter().map(|mut order| {
            order.insert(0, first.clone());
            order
        }));
    }
    all
}

/// The first step of a path that goes against an order of classes.
fn against<'a>(ranks: &[String], path: &'a Path) -> Option<[&'a str; 2]> {
    let rank = |lock: &str| ranks.iter().position(|name| name == class(lock));
    path.acquires
        .windows(2)
        .find(|pair| rank(&pair[0].lock) >= rank(&pair[1].lock))
        .map(|pair| [class(&pair[0].lock), class(&pair[1].lock)])
}

/// A program in which one path goes against the order of the others; the twin has it acquire the other way round, or, where
/// two locks are of one class, one after the other.
fn ordered(bug: &str, safe: &[String], paths: Vec<Path>) -> Outcome {
    let mut names: Vec<String> =
        paths.iter().flat_map(|path| &path.acquires).map(|one| class(&one.lock).to_owned()).collect();
    names.sort();
    names.dedup();
    // One order that only a single path goes against: the program has one mistake.
    let ranks = orders(&names)
        .into_iter()
        .find(|ranks| paths.iter().filter(|path| against(ranks, path).is_some()).count() == 1)
        .expect("each case has one path that closes the circle");
    let wrong = paths.iter().position(|path| against(&ranks, path).is_some()).expect("one is wrong");
    let [outer, inner] = against(&ranks, &paths[wrong]).expect("it is wrong");
    let error = format!(
        "error[E0277]: lock order violation: cannot acquire `Class{inner}` while holding `Class{outer}`"
    );
    let mut right = paths.clone();
    let fix = if outer == inner {
        right[wrong].one_at_a_time = true;
        "one after the other"
    } else {
        right[wrong].acquires.reverse();
        "the same order everywhere"
    };
    let text =
        |paths: Vec<Path>| Sketch { ranks: ranks.clone(), interrupt_safe: safe.to_vec(), paths }.text();
    Outcome::Rejected(Box::new(Program {
        bug: bug.to_owned(),
        error,
        fix: fix.to_owned(),
        rejected: text(paths),
        accepted: text(right),
    }))
}

/// `AB; BC; CA`, or two locks of one class.
fn basic(pair: &Pair) -> Outcome {
    if pair.kind == "rlock" {
        return Outcome::Refused(READERS);
    }
    let acquisition = |lock: &str| Acquisition { manner: Manner::of(pair.kind), lock: lock.to_owned() };
    if pair.case == "AA" {
        return ordered(
            "Two locks of one class are acquired together.",
            &[],
            vec![Path::thread(vec![acquisition("X1"), acquisition("X2")])],
        );
    }
    let paths = pair
        .sequence
        .split("; ")
        .map(|names| Path::thread(names.chars().map(|name| acquisition(&name.to_string())).collect()));
    ordered("Threads acquire locks in orders that close a circle.", &[], paths.collect())
}

/// A lock that is freed twice, or made anew while it is held.
fn misuse(pair: &Pair) -> Outcome {
    let (kind, verb) = match Manner::of(pair.kind) {
        Manner::Spin => ("SpinLock", "lock"),
        Manner::Read => ("SpinRwLock", "read"),
        Manner::Write => ("SpinRwLock", "write"),
        Manner::Mutex => ("host::Mutex", "lock"),
        Manner::SleepRead => ("host::RwLock", "read"),
        Manner::SleepWrite => ("host::RwLock", "write"),
    };
    let name = kind.trim_start_matches("host::");
    let uses = if name == kind {
        format!("use lockorder::{{{kind}, hierarchy, with_root}};\n")
    } else {
        format!("use lockorder::{kind};\nuse lockorder::{{hierarchy, with_root}};\n")
    };
    let text = |lines: &[&str]| {
        let lines: String = lines.iter().map(|line| format!("        {line}\n")).collect();
        format!(
            "{uses}\nhierarchy! {{\n    /// The locks of this program.\n    hierarchy LOCKS;\n\n    /// What they protect.\n    \
             level Device = 50 {{\n        /// Protects its part.\n        class ClassA = 0;\n    }}\n}}\n\n\
             fn main() {{\n    with_root(|mut held| {{\n{lines}    }});\n}}\n"
        )
    };
    let (made, acquired) =
        (format!("{name}::<ClassA, ()>::new(());"), format!("let guard = held.{verb}(&lock);"));
    let program = if pair.case == "double_unlock" {
        let made = format!("let lock = {made}");
        Program {
            bug: "A lock is released twice.".to_owned(),
            error: "error[E0382]: use of moved value: `guard`".to_owned(),
            fix: "release it once".to_owned(),
            rejected: text(&[&made, &acquired, "drop(guard);", "drop(guard);"]),
            accepted: text(&[&made, &acquired, "drop(guard);"]),
        }
    } else {
        let (first, again) = (format!("let mut lock = {made}"), format!("lock = {made}"));
        let shown = "println!(\"{lock:?}\");";
        Program {
            bug: "A lock is made anew while it is held.".to_owned(),
            error: "error[E0506]: cannot assign to `lock` because it is borrowed".to_owned(),
            fix: "release it first".to_owned(),
            rejected: text(&[&first, &acquired, &again, "drop(guard);", shown]),
            accepted: text(&[&first, &acquired, "drop(guard);", &again, shown]),
        }
    };
    Outcome::Rejected(Box::new(program))
}

/// Readers and writers mixed.
fn mixed(pair: &Pair) -> Outcome {
    if !pair.reject {
        return Outcome::Refused(READERS);
    }
    let text = pair.sequence.rsplit(": ").next().unwrap_or_default();
    let paths = if pair.case.contains("_AA") {
        vec![Path::thread(Acquisition::list(&text.replace(';', ","), pair.kind))]
    } else {
        text.split(';').map(|path| Path::thread(Acquisition::list(path, pair.kind))).collect()
    };
    ordered("Readers and writers wait for each other.", &[], paths)
}

/// A lock that a handler takes, and what it is nested with elsewhere.
fn interrupts(pair: &Pair) -> Outcome {
    const IN_HANDLER: &str =
        "error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `HardIrq` context";
    const IN_MASKED: &str =
        "error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `IrqOff` context";
    let own = Manner::of(pair.kind);
    let one = |manner, lock: &str| Acquisition { manner, lock: lock.to_owned() };
    let (a, b) = (one(own, "A"), one(own, "B"));
    let (read, spin) = (one(Manner::Read, "A"), one(Manner::Spin, "B"));
    let soft = pair.case.ends_with("_soft");
    let thread = |acquires| Path::thread(acquires);
    let masked = |acquires| Path::thread(acquires).with(Around::InterruptsOff);
    let case = pair.case.trim_end_matches("_soft").trim_end_matches("_hard");
    if matches!(case, "irqsafe2A" | "irqsafe2B") {
        if pair.kind == "rlock" {
            return Outcome::Refused(EARLY);
        }
        let interrupter = if case == "irqsafe2A" || soft { Runs::SoftWork } else { Runs::Handler };
        let paths = |around| {
            vec![Path { runs: interrupter, ..thread(vec![a.clone()]) }, thread(vec![a.clone()]).with(around)]
        };
        let text = |around| {
            let safe = vec!["A".to_owned()];
            Sketch { ranks: vec!["A".to_owned()], interrupt_safe: safe, paths: paths(around) }.text()
        };
        let rejected = text(Around::InterruptsOnTooEarly);
        return Outcome::Rejected(Box::new(Program {
            bug: "Interrupts come on again while the lock is held that a handler takes.".to_owned(),
            error: "error[E0505]: cannot move out of `off` because it is borrowed".to_owned(),
            fix: "release the lock first".to_owned(),
            accepted: rejected
                .replace("    drop(off);\n    drop(first);\n", "    drop(first);\n    drop(off);\n"),
            rejected,
        }));
    }
    if soft {
        return if pair.reject { Outcome::CheckerOnly(SOFT) } else { Outcome::Allowed(soft_readers(case)) };
    }
    if pair.kind == "rlock" {
        return Outcome::Refused(HANDLER);
    }
    let handler = Path::handler;
    match case {
        "irqsafe1" => made_safe(
            "A handler waits for what the code that it interrupted holds.",
            IN_HANDLER,
            &["A"],
            &[],
            "A",
            vec![handler(vec![a.clone()]), thread(vec![a])],
        ),
        "irqsafe3" | "irqsafe4" | "irq_inversion" => {
            let outer = if case == "irq_inversion" { one(Manner::Write, "A") } else { a.clone() };
            let taken = if case == "irq_inversion" { read } else { a };
            let nested = vec![outer, b.clone()];
            let nested = if case == "irqsafe3" { thread(nested) } else { masked(nested) };
            made_safe(
                "A lock that is interrupted waits inside of one that a handler takes.",
                IN_MASKED,
                &["A", "B"],
                &["A"],
                "B",
                vec![nested, thread(vec![b]), handler(vec![taken])],
            )
        }
        "irq_read_recursion" => made_safe(
            "A handler writes what the code that it interrupted reads.",
            &[IN_HANDLER, "\n//! ", IN_MASKED].concat(),
            &["A", "B"],
            &["B"],
            "A",
            vec![masked(vec![one(Manner::Write, "A")]), thread(vec![read]), handler(vec![a, spin])],
        ),
        _ => {
            let outer = if case == "irq_read_recursion3" { Manner::Write } else { Manner::Spin };
            let taken = if case == "irq_read_recursion3" { Manner::Read } else { Manner::Spin };
            made_safe(
                "A writer waits for a reader that is interrupted, inside of a lock that the handler takes.",
                IN_MASKED,
                &["B", "A"],
                &["B"],
                "A",
                vec![masked(vec![one(outer, "B"), a]), thread(vec![read]), handler(vec![one(taken, "B")])],
            )
        }
    }
}

/// Readers in soft work and in a thread: what turns soft work off is a section without preemption.
fn soft_readers(case: &str) -> String {
    let one = |manner, lock: &str| Acquisition { manner, lock: lock.to_owned() };
    let read = |lock| one(Manner::Read, lock);
    let masked = |acquires| Path::thread(acquires).with(Around::PreemptionOff);
    let soft = |acquires| Path { runs: Runs::SoftWork, ..Path::thread(acquires) };
    let paths = match case {
        "irqsafe1" => vec![soft(vec![read("A")]), Path::thread(vec![read("A")])],
        "irqsafe3" => {
            vec![
                Path::thread(vec![read("A"), read("B")]),
                Path::thread(vec![read("B")]),
                soft(vec![read("A")]),
            ]
        }
        "irqsafe4" => {
            vec![masked(vec![read("A"), read("B")]), Path::thread(vec![read("B")]), soft(vec![read("A")])]
        }
        "irq_inversion" => vec![
            masked(vec![one(Manner::Write, "A"), read("B")]),
            Path::thread(vec![read("B")]),
            soft(vec![read("A")]),
        ],
        "irq_read_recursion" => vec![
            masked(vec![one(Manner::Write, "A")]),
            Path::thread(vec![read("A")]),
            soft(vec![read("A"), one(Manner::Spin, "B")]),
        ],
        _ => {
            let outer = if case == "irq_read_recursion3" { Manner::Write } else { Manner::Spin };
            let taken = if case == "irq_read_recursion3" { Manner::Read } else { Manner::Spin };
            vec![
                masked(vec![one(outer, "B"), read("A")]),
                Path::thread(vec![read("A")]),
                soft(vec![one(taken, "B")]),
            ]
        }
    };
    let ranks = if case.starts_with("irq_read_recursion") && case != "irq_read_recursion" {
        ["B", "A"]
    } else {
        ["A", "B"]
    };
    Sketch { ranks: ranks.map(str::to_owned).to_vec(), interrupt_safe: Vec::new(), paths }.text()
}

/// Readers in a handler and in a thread, beside a writer that waits.
fn queued_read(pair: &Pair) -> Outcome {
    let (read, spin) = (
        Acquisition { manner: Manner::Read, lock: "A".to_owned() },
        Acquisition { manner: Manner::Spin, lock: "B".to_owned() },
    );
    let masked = Path::thread(vec![spin.clone(), read.clone()]).with(Around::InterruptsOff);
    if pair.case.ends_with("ER_rE") {
        return Outcome::Refused(READERS);
    }
    if pair.case.ends_with("RE_Er") {
        let safe = ["A".to_owned(), "B".to_owned()];
        return ordered(
            "A handler and a thread acquire a reader and a spin lock in two orders.",
            &safe,
            vec![Path::handler(vec![read, spin]), masked],
        );
    }
    made_safe(
        "A lock that is interrupted waits inside of one that a handler takes.",
        "error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `IrqOff` context",
        &["B", "A"],
        &["B"],
        "A",
        vec![Path::handler(vec![spin]), masked, Path::thread(vec![read])],
    )
}

/// What may be waited for where.
fn waiting(pair: &Pair) -> Outcome {
    let (inner, outer) = pair.case.split_once("_in_").expect("a case of this group says what is in what");
    if pair.case == "SPINLOCK_in_HARDIRQ" {
        return Outcome::Refused(THREADED);
    }
    if pair.case == "SPINLOCK_in_RCU_SCHED" {
        return Outcome::CheckerOnly(REAL_TIME);
    }
    // A read section is no lock; one that is inside of something waits for nothing.
    let lock = (inner != "RCU")
        .then(|| Acquisition { manner: Manner::of(&inner.to_lowercase()), lock: "B".to_owned() });
    let holds = |manner| Acquisition { manner, lock: "A".to_owned() };
    let inside = |manner| Path::thread([holds(manner)].into_iter().chain(lock.clone()).collect());
    let alone = Path::thread(lock.clone().into_iter().collect());
    let (path, context, mut safe) = match outer {
        "HARDIRQ" | "NOTTHREADED_HARDIRQ" => (Path { runs: Runs::Handler, ..alone }, "HardIrq", vec![]),
        "SOFTIRQ" => (Path { runs: Runs::SoftWork, ..alone }, "Atomic", vec![]),
        "RAW_SPINLOCK" => (inside(Manner::Spin), "IrqOff", vec!["A".to_owned()]),
        "SPINLOCK" => (inside(Manner::Spin), "Atomic", vec![]),
        "MUTEX" => (inside(Manner::Mutex), "Task", vec![]),
        _ => (alone.with(Around::PreemptionOff), "Atomic", vec![]),
    };
    let ranks = vec!["A".to_owned(), "B".to_owned()];
    if !pair.reject {
        if inner == "RAW_SPINLOCK" {
            safe.push("B".to_owned());
        }
        return Outcome::Allowed(Sketch { ranks, interrupt_safe: safe, paths: vec![path] }.text());
    }
    let kind = if inner == "MUTEX" { "Sleeping" } else { "Spinning" };
    let mut fixed = path.clone();
    fixed.acquires.last_mut().expect("it acquires something").manner = Manner::Spin;
    let mut now_safe = safe.clone();
    now_safe.push("B".to_owned());
    Outcome::Rejected(Box::new(Program {
        bug: "A lock is waited for where one must not wait like that.".to_owned(),
        error: format!(
            "error[E0277]: lock kind violation: a `{kind}` lock cannot be acquired in `{context}` context"
        ),
        fix: "an interrupt-safe lock, for a short section".to_owned(),
        rejected: Sketch { ranks: ranks.clone(), interrupt_safe: safe, paths: vec![path] }.text(),
        accepted: Sketch { ranks, interrupt_safe: now_safe, paths: vec![fixed] }.text(),
    }))
}

/// From what a handler takes, over three edges, to what is taken with interrupts on.
fn special(pair: &Pair) -> Outcome {
    let mutex = |lock: &str| Acquisition { manner: Manner::Mutex, lock: lock.to_owned() };
    if !pair.reject {
        let paths = vec![Path::thread(vec![mutex("A")])];
        return Outcome::Allowed(
            Sketch { ranks: vec!["A".to_owned()], interrupt_safe: Vec::new(), paths }.text(),
        );
    }
    let one = |lock: &str| Acquisition { manner: Manner::Spin, lock: lock.to_owned() };
    let masked = |locks: [&str; 2]| Path::thread(locks.map(one).to_vec()).with(Around::InterruptsOff);
    made_safe(
        "Over three steps a handler waits for what is interrupted.",
        "error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `IrqOff` context",
        &["A", "B", "C", "D"],
        &["A", "B", "C"],
        "D",
        vec![
            Path::handler(vec![one("A")]),
            masked(["A", "B"]),
            masked(["B", "C"]),
            masked(["C", "D"]),
            Path::thread(vec![one("D")]),
        ],
    )
}

/// What becomes of a pair.
#[must_use]
pub fn outcome(pair: &Pair) -> Outcome {
    match pair.group {
        "basic" => basic(pair),
        "misuse" => misuse(pair),
        "rw-mixed" | "rw-3cycle" => mixed(pair),
        "irq" => interrupts(pair),
        "queued-read" => queued_read(pair),
        "wait-context" => waiting(pair),
        _ => special(pair),
    }
}
