//! Driving the checker by hand: a machine of one thread, its interrupts, and locks that are only names.
//!
//! `tests/` has the matrix of Linux's lockdep self-tests and other cases, written with this.

pub mod matrix;

use std::panic::Location;

use lockorder::checker::{Boundary, Checker, ClassId, HeldLocks, Mode, Problem, Request, Violation, Wait};
use lockorder::host::Host;
use lockorder::{ClassInfo, ClassNumber, OrderKind, PlatformInfo};

/// Classes that a test may have.
const NAMES: [&str; 6] = ["A", "B", "C", "D", "M", "Z"];

static INFOS: [ClassInfo; NAMES.len()] = {
    let mut index = 0;
    let mut infos = [const { class("") }; NAMES.len()];
    while index < NAMES.len() {
        infos[index].name = NAMES[index];
        index += 1;
    }
    infos
};

/// A class as a test declares it: without a rank, ordered by what is observed.
const fn class(name: &'static str) -> ClassInfo {
    ClassInfo {
        name,
        level: "Test",
        rank: 0,
        order: OrderKind::None,
        doc: "",
        module: module_path!(),
        sibling: None,
        platform: PlatformInfo::of::<Host>(),
        number: ClassNumber::none(),
    }
}

/// A lock: its class, and which of the class it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    class: usize,
    instance: usize,
}

impl Name {
    /// The lock called so: `A`, or `X1` and `X2` for two of one class.
    ///
    /// # Panics
    ///
    /// When no class is called so.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        // X, Y and Z of the matrix are classes like the others.
        let letter = match &text[..1] {
            "X" => "A",
            "Y" => "B",
            letter => letter,
        };
        let class = NAMES.iter().position(|&name| name == letter).expect("a class of the test");
        Self { class, instance: text[1..].parse().unwrap_or(1) }
    }

    /// Its address.
    #[must_use]
    pub const fn address(self) -> usize {
        0x1000 * (self.class + 1) + 0x10 * self.instance
    }
}

/// One thread with its interrupts, and the checker that watches it.
#[derive(Debug)]
pub struct Thread {
    checker: &'static Checker,
    held: Box<HeldLocks>,
    classes: [ClassId; NAMES.len()],
}

std::thread_local! {
    static PROBLEMS: std::cell::RefCell<Vec<Problem>> = const { std::cell::RefCell::new(Vec::new()) };
    static TEXTS: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Remembers what is told.
fn remember(violation: &Violation<'_>) {
    PROBLEMS.with_borrow_mut(|problems| problems.push(violation.problem));
    TEXTS.with_borrow_mut(|texts| texts.push(violation.to_string()));
}

impl Default for Thread {
    fn default() -> Self {
        Self::new()
    }
}

impl Thread {
    /// A thread, and a checker that has seen nothing; it lives as long as the program, which is a test.
    ///
    /// # Panics
    ///
    /// When the system gives no thread to make it on.
    #[must_use]
    pub fn new() -> Self {
        // Zeroed memory is what a new checker is made of, and it is too large to be made on a stack.
        let checker: &'static Checker = Box::leak(std::thread::scope(|scope| {
            std::thread::Builder::new()
                .stack_size(64 << 20)
                .spawn_scoped(scope, || Box::new(Checker::new()))
                .expect("a thread")
                .join()
                .expect("it does not panic")
        }));
        checker.set_sink(remember);
        let classes = INFOS.each_ref().map(|info| checker.add_class(info));
        PROBLEMS.take();
        TEXTS.take();
        Self { checker, held: Box::new(HeldLocks::new()), classes }
    }

    /// Begins a new test: nothing has been seen.
    pub fn begin_anew(&mut self) {
        self.checker.forget();
        *self.held = HeldLocks::new();
        PROBLEMS.take();
        TEXTS.take();
    }

    /// What the checker has told since.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        PROBLEMS.with_borrow(Clone::clone)
    }

    /// The reports.
    #[must_use]
    pub fn reports(&self) -> Vec<String> {
        TEXTS.with_borrow(Clone::clone)
    }

    /// The checker.
    #[must_use]
    pub const fn checker(&self) -> &'static Checker {
        self.checker
    }

    /// What the thread holds.
    #[must_use]
    pub fn held(&self) -> &HeldLocks {
        &self.held
    }

    /// An acquisition.
    #[must_use]
    #[track_caller]
    pub fn request(&self, name: Name, mode: Mode, wait: Wait) -> Request {
        let class = self.classes[name.class];
        Request { class, lock: name.address(), mode, wait, tried: false, key: 0, place: Location::caller() }
    }

    /// Acquires.
    #[track_caller]
    pub fn acquire(&self, name: Name, mode: Mode, wait: Wait) {
        let request = self.request(name, mode, wait);
        self.checker.acquire::<Host>(&self.held, &request);
    }

    /// Gets by trying.
    #[track_caller]
    pub fn try_acquire(&self, name: Name, mode: Mode, wait: Wait) {
        let request = Request { tried: true, ..self.request(name, mode, wait) };
        self.checker.acquire::<Host>(&self.held, &request);
    }

    /// Releases.
    #[track_caller]
    pub fn release(&self, name: Name) {
        self.checker.release(&self.held, self.classes[name.class], name.address(), Location::caller());
    }

    /// Makes a lock anew.
    #[track_caller]
    pub fn initialise(&self, name: Name) {
        let memory = name.address()..name.address() + 8;
        self.checker.assert_none_held_in(&self.held, memory, Location::caller());
    }

    /// Interrupts go off: hard ones, or soft work only.
    pub fn disable(&self, hard: bool) {
        if hard {
            self.held.interrupts_off();
        } else {
            self.held.soft_work_off();
        }
    }

    /// They come on again.
    #[track_caller]
    pub fn enable(&self, hard: bool) {
        if hard {
            self.held.interrupts_on();
        } else {
            self.held.soft_work_on();
        }
        self.checker.interrupts_on::<Host>(&self.held, Location::caller());
    }

    /// An interrupt begins. Linux runs most handlers in threads where it must be real-time, so they may spin.
    pub fn enter(&self, hard: bool) -> Boundary {
        if hard {
            let boundary = self.held.enter_interrupt();
            self.held.set_limit(Wait::Spins);
            boundary
        } else {
            self.held.enter_soft_work()
        }
    }

    /// It ends.
    ///
    /// # Panics
    ///
    /// When it left something held.
    pub fn leave(&self, hard: bool, boundary: Boundary) {
        let clean =
            if hard { self.held.leave_interrupt(boundary) } else { self.held.leave_soft_work(boundary) };
        assert!(clean, "a handler of a test leaves nothing held");
    }
}
