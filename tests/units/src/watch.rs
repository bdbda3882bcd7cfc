//! The run-time checker, driven by hand: one thread, and locks that are only names.
//!
//! A test makes a [`Watched`] thread with a checker of its own, which has seen nothing, and as many classes as it wants.

use std::cell::RefCell;
use std::panic::Location;
use std::thread;

use lockorder::checker::{Checker, ClassId, HeldLocks, Mode, Problem, Request, Violation, Wait};
use lockorder::host::Host;
use lockorder::{ClassInfo, ClassNumber, OrderKind};

std::thread_local! {
    static TOLD: RefCell<Vec<(Problem, String)>> = const { RefCell::new(Vec::new()) };
}

/// Remembers a report for the thread that it is about.
fn remember(violation: &Violation<'_>) {
    TOLD.with_borrow_mut(|told| told.push((violation.problem, violation.to_string())));
}

/// A lock: its class, its address, and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its class.
    pub class: ClassId,
    /// Its address.
    pub address: usize,
    /// The key by which its class is ordered, where it is.
    pub key: u64,
}

/// A checker that has seen nothing; it lives as long as the program, which is a test.
///
/// # Panics
///
/// When the system gives no thread to make it on.
#[must_use]
pub fn fresh_checker() -> &'static Checker {
    // It is too large to be made on the stack that tests have.
    let make = || Box::new(Checker::new());
    let checker: &'static Checker = Box::leak(thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, make).expect("a thread");
        thread.join().expect("it does not panic")
    }));
    checker.set_sink(remember);
    checker
}

/// One thread, and the checker that watches it.
#[derive(Debug)]
pub struct Watched {
    checker: &'static Checker,
    held: Box<HeldLocks>,
}

impl Default for Watched {
    fn default() -> Self {
        Self::new()
    }
}

impl Watched {
    /// A thread with a checker of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::by(fresh_checker())
    }

    /// A thread that a checker watches beside others.
    #[must_use]
    pub fn by(checker: &'static Checker) -> Self {
        TOLD.take();
        Self { checker, held: Box::new(HeldLocks::new()) }
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

    /// Adds a class with an order among its own.
    #[must_use]
    pub fn class(&self, name: impl Into<String>, order: OrderKind) -> ClassId {
        let name = Box::leak(name.into().into_boxed_str());
        self.checker.add_class(Box::leak(Box::new(ClassInfo {
            name,
            level: "Test",
            rank: 0,
            order,
            doc: "",
            module: module_path!(),
            sibling: None,
            platform: lockorder::PlatformInfo::of::<Host>(),
            number: ClassNumber::none(),
        })))
    }

    /// Adds a class, and gives one lock of it.
    #[must_use]
    pub fn lock(&self, name: &str) -> Name {
        let class = self.class(name, OrderKind::None);
        let mut bytes = 0_usize;
        self.checker.each_class(|_| bytes += 0x100);
        Name { class, address: bytes, key: 0 }
    }

    /// Adds `N` classes with one lock each.
    #[must_use]
    pub fn locks<const N: usize>(&self) -> [Name; N] {
        core::array::from_fn(|index| self.lock(&format!("Class{index}")))
    }

    /// An acquisition of a spin lock alone.
    #[track_caller]
    #[must_use]
    pub fn request(&self, lock: Name) -> Request {
        let Name { class, address: lock, key } = lock;
        let (mode, wait) = (Mode::Exclusive, Wait::Spins);
        Request { class, lock, mode, wait, tried: false, key, place: Location::caller() }
    }

    /// Acquires as a request says.
    pub fn acquire_as(&self, request: &Request) {
        self.checker.acquire::<Host>(&self.held, request);
    }

    /// Acquires alone, spinning.
    #[track_caller]
    pub fn acquire(&self, lock: Name) {
        self.acquire_as(&self.request(lock));
    }

    /// Gets by trying.
    #[track_caller]
    pub fn try_acquire(&self, lock: Name) {
        self.acquire_as(&Request { tried: true, ..self.request(lock) });
    }

    /// Releases.
    #[track_caller]
    pub fn release(&self, lock: Name) {
        self.checker.release(&self.held, lock.class, lock.address, Location::caller());
    }

    /// Acquires in this order, and releases in reverse.
    #[track_caller]
    pub fn nest(&self, locks: &[Name]) {
        for &lock in locks {
            self.acquire(lock);
        }
        for &lock in locks.iter().rev() {
            self.release(lock);
        }
    }

    /// What was told about this thread.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        TOLD.with_borrow(|told| told.iter().map(|(problem, _)| *problem).collect())
    }

    /// The reports.
    #[must_use]
    pub fn reports(&self) -> Vec<String> {
        TOLD.with_borrow(|told| told.iter().map(|(_, text)| text.clone()).collect())
    }

    /// Every edge that was seen, outer class first.
    #[must_use]
    pub fn edges(&self) -> Vec<(&'static str, &'static str)> {
        let mut edges = Vec::new();
        self.checker.each_edge(|outer, inner| edges.push((outer.name, inner.name)));
        edges.sort_unstable();
        edges
    }
}
