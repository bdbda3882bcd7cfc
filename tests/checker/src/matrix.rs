//! The matrix of Linux's lockdep self-tests (`lib/locking-selftest.c`), as a table of facts: which sequences of
//! acquisitions must be reported, and which must not.
//!
//! Mapping of its words to ours: a soft interrupt is soft work; `raw_spin` is an interrupt-safe lock, `spin` a spinning
//! one, `mutex` and the semaphores sleep; `rlock` is a recursive reader, `rsem` one that may wait for a writer; RCU-sched
//! is a section without preemption, in which only interrupt-safe locks are waited for.

use lockorder::checker::{Mode, Wait};

use crate::{Name, Thread};

/// The table.
const TABLE: &str = include_str!("../data/locking-selftest.tsv");
/// Groups that are not ours: locks that this library does not have.
const OTHERS: [&str; 3] = ["ww", "fs_reclaim", "local_lock"];

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it is about.
    pub group: &'static str,
    /// Its name.
    pub case: &'static str,
    /// The order of its events, where it has several.
    pub order: &'static str,
    /// The kind of lock.
    pub kind: &'static str,
    /// Whether it must be reported.
    pub reject: bool,
    /// What happens.
    pub sequence: &'static str,
}

/// The rows that concern this library.
#[must_use]
pub fn rows() -> Vec<Row> {
    TABLE
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            let row = Row {
                group: field(),
                case: field(),
                order: field(),
                kind: field(),
                reject: field() == "REJECT",
                sequence: field(),
            };
            (!OTHERS.contains(&row.group) && row.kind != "rtmutex" && !row.group.is_empty()).then_some(row)
        })
        .collect()
}

/// How a lock of a kind is acquired.
fn manner(kind: &str) -> (Mode, Wait) {
    match kind {
        "rlock" => (Mode::SharedRecursive, Wait::Spins),
        "mutex" | "wsem" => (Mode::Exclusive, Wait::Sleeps),
        "rsem" => (Mode::Shared, Wait::Sleeps),
        _ => (Mode::Exclusive, Wait::Spins),
    }
}

/// One lock of a sequence, such as `W A`, `LOCK A` or `RX`; without a letter, and by `LOCK`, it is of the row's kind.
#[derive(Clone, Copy)]
struct Lock {
    name: Name,
    mode: Mode,
    wait: Wait,
}

impl Lock {
    fn parse(text: &str, kind: &str) -> Self {
        let (how, name) = match text.trim().split_once(' ') {
            Some((how, name)) => (how, name),
            None if text.trim().len() == 2 && !text.trim().as_bytes()[1].is_ascii_digit() => {
                text.trim().split_at(1)
            }
            None => ("LOCK", text.trim()),
        };
        let (mode, wait) = match how {
            "R" => (Mode::SharedRecursive, Wait::Spins),
            "W" | "L" => (Mode::Exclusive, Wait::Spins),
            "RS" => (Mode::Shared, Wait::Sleeps),
            "WS" | "M" => (Mode::Exclusive, Wait::Sleeps),
            _ => manner(kind),
        };
        Self { name: Name::parse(name), mode, wait }
    }
}

/// Acquires one after the other, and releases in reverse.
fn nested(thread: &Thread, locks: &[Lock]) {
    for lock in locks {
        thread.acquire(lock.name, lock.mode, lock.wait);
    }
    for lock in locks.iter().rev() {
        thread.release(lock.name);
    }
}

/// Locks from a list.
fn list(text: &str, kind: &str) -> Vec<Lock> {
    text.split(',').map(|lock| Lock::parse(lock, kind)).collect()
}

/// One event of a row about interrupts.
fn event(thread: &Thread, text: &str, kind: &str, hard: bool) {
    let text = text.split_once(": ").map_or(text, |(_, text)| text).trim();
    let braced = |prefix: &str| text.strip_prefix(prefix)?.strip_prefix('{')?.strip_suffix('}');
    if let Some(locks) = braced("irqs-off") {
        thread.disable(hard);
        nested(thread, &list(locks, kind));
        thread.enable(hard);
    } else if let Some(locks) = braced("in-irq").or_else(|| braced("softirq")) {
        let boundary = thread.enter(hard);
        nested(thread, &list(locks, kind));
        thread.leave(hard, boundary);
    } else if text.starts_with("irq-disable") {
        let lock = Lock::parse("A", kind);
        thread.disable(hard);
        thread.acquire(lock.name, lock.mode, lock.wait);
        thread.enable(hard);
        thread.release(lock.name);
    } else {
        let locks = text.trim_end_matches(" irqs on").trim_end_matches(" with");
        nested(thread, &list(locks, kind));
    }
}

/// The events of a row in its order.
fn in_order(row: &Row) -> Vec<&'static str> {
    let text = row.sequence.trim_start_matches("see note: ");
    let text = text.split(" (").next().unwrap_or(text);
    let events: Vec<&str> = text.split(';').map(str::trim).collect();
    let digits: Vec<usize> =
        row.order.chars().filter_map(|digit| digit.to_digit(10)).map(|digit| digit as usize).collect();
    if digits.len() == events.len() {
        digits.into_iter().map(|digit| events[digit - 1]).collect()
    } else {
        events
    }
}

/// What surrounds an acquisition in the rows about waiting.
fn in_context(thread: &Thread, outer: &str, inner: impl FnOnce()) {
    let lock = Name::parse("A");
    match outer {
        "HARDIRQ" | "NOTTHREADED_HARDIRQ" => {
            let boundary = thread.enter(true);
            if outer == "NOTTHREADED_HARDIRQ" {
                thread.held().set_limit(Wait::InterruptsOff);
            }
            inner();
            thread.leave(true, boundary);
        }
        "SOFTIRQ" => {
            let boundary = thread.enter(false);
            inner();
            thread.leave(false, boundary);
        }
        "RCU" | "RCU_BH" | "RCU_SCHED" => {
            let limit = if outer == "RCU_SCHED" { Wait::InterruptsOff } else { Wait::Spins };
            let before = thread.held().set_limit(limit);
            inner();
            thread.held().set_limit(before);
        }
        _ => {
            let wait = match outer {
                "RAW_SPINLOCK" => Wait::InterruptsOff,
                "SPINLOCK" => Wait::Spins,
                _ => Wait::Sleeps,
            };
            thread.acquire(lock, Mode::Exclusive, wait);
            inner();
            thread.release(lock);
        }
    }
}

/// A row about what may be waited for where.
fn wait_context(thread: &Thread, row: &Row) {
    let (inner, outer) = row.case.split_once("_in_").expect("a row of this group says what is in what");
    let lock = Name::parse("B");
    in_context(thread, outer, || {
        let (mode, wait) = match inner {
            "RCU" => (Mode::SharedRecursive, Wait::Free),
            "RAW_SPINLOCK" => (Mode::Exclusive, Wait::InterruptsOff),
            "SPINLOCK" => (Mode::Exclusive, Wait::Spins),
            _ => (Mode::Exclusive, Wait::Sleeps),
        };
        thread.acquire(lock, mode, wait);
        thread.release(lock);
    });
}

/// Queued readers: one in a handler gets past a writer that waits, one in a thread does not.
fn queued_read(thread: &Thread, case: &str) {
    let [a, b] = ["A", "B"].map(Name::parse);
    let spin = Lock { name: b, mode: Mode::Exclusive, wait: Wait::Spins };
    let in_thread = Lock { name: a, mode: Mode::Shared, wait: Wait::Spins };
    let in_handler = Lock { mode: Mode::SharedRecursive, ..in_thread };
    let handler = |locks: &[Lock]| {
        let boundary = thread.enter(true);
        nested(thread, locks);
        thread.leave(true, boundary);
    };
    let masked = |locks: &[Lock]| {
        thread.disable(true);
        nested(thread, locks);
        thread.enable(true);
    };
    if case.ends_with("RE_Er") {
        handler(&[in_handler, spin]);
        masked(&[spin, in_thread]);
    } else if case.ends_with("ER_rE") {
        handler(&[spin, in_handler]);
        masked(&[in_thread, spin]);
    } else {
        handler(&[spin]);
        masked(&[spin, in_thread]);
        nested(thread, &[in_thread]);
    }
}

/// From what a handler takes, over three edges, to what is taken with interrupts on, while a second path that ends in
/// the same lock is harmless.
fn special(thread: &Thread) {
    let [a, b, c, d, mutex] = ["A", "B", "C", "D", "M"].map(|name| Lock::parse(name, "spin"));
    let mutex = Lock { wait: Wait::Sleeps, ..mutex };
    thread.acquire(mutex.name, mutex.mode, mutex.wait);
    thread.disable(true);
    nested(thread, &[c]);
    thread.enable(true);
    thread.release(mutex.name);
    let boundary = thread.enter(true);
    nested(thread, &[a]);
    thread.leave(true, boundary);
    for pair in [[a, b], [b, c]] {
        thread.disable(true);
        nested(thread, &pair);
        thread.enable(true);
    }
    let boundary = thread.enter(false);
    nested(thread, &[d]);
    thread.leave(false, boundary);
    thread.disable(false);
    nested(thread, &[d]);
    thread.enable(false);
    thread.disable(true);
    nested(thread, &[c, d]);
    thread.enable(true);
}

/// Runs a row on a thread that begins anew; says whether the checker reported anything.
#[must_use]
pub fn is_reported(thread: &mut Thread, row: &Row) -> bool {
    thread.begin_anew();
    let thread = &*thread;
    match row.group {
        "misuse" => {
            let lock = Lock::parse("A", row.kind);
            thread.acquire(lock.name, lock.mode, lock.wait);
            if row.case == "double_unlock" {
                thread.release(lock.name);
                thread.release(lock.name);
            } else {
                thread.initialise(lock.name);
            }
        }
        "irq" => {
            let hard = !row.case.ends_with("_soft") && !row.sequence.contains("softirq{");
            for text in in_order(row) {
                event(thread, text, row.kind, hard);
            }
        }
        "wait-context" => wait_context(thread, row),
        "queued-read" => queued_read(thread, row.case),
        "special" if row.case.starts_with("hardirq") => special(thread),
        // A class keeps its name, whatever is done with its locks.
        "special" => nested(thread, &list("A", "mutex")),
        "basic" => {
            for text in in_order(row) {
                let locks: Vec<Lock> = match text.strip_prefix("lock X1") {
                    Some(_) => {
                        ["X1", "X2"].map(|name| Lock::parse(&format!("LOCK {name}"), row.kind)).to_vec()
                    }
                    None if text.starts_with("lock") => continue,
                    None => text.chars().map(|name| Lock::parse(&format!("LOCK {name}"), row.kind)).collect(),
                };
                nested(thread, &locks);
            }
        }
        _ => {
            let text = row.sequence.rsplit(": ").next().unwrap_or_default();
            // Two acquisitions of one event are nested; where all stand in a row they are one event.
            if row.case.contains("_AA") {
                nested(thread, &list(&text.replace(';', ","), row.kind));
            } else {
                let row = Row { sequence: text, ..*row };
                for text in in_order(&row) {
                    nested(thread, &list(text, row.kind));
                }
            }
        }
    }
    !thread.problems().is_empty()
}
