//! The run-time cross-check: what no type can see.
//!
//! Types decide the order of the code that is compiled. Dynamic paths, guards that were forgotten, raw cores and
//! classes that are made at run time escape them; so does a mistake in this library. Under the feature `checker` every
//! acquisition is also *observed*, in the manner of Linux's lockdep: a class that was ever acquired inside another
//! one gives an edge of a graph, and an edge that closes a cycle is reported, whether or not the threads met.
//!
//! | part | what |
//! |---|---|
//! | [`HeldLocks`] | what one thread holds, with the place of each acquisition |
//! | [`Checker`] | classes, edges, usage; checks an acquisition before it waits |
//! | [`Violation`] | what is wrong, in words |
//!
//! **Rules of its own.** Nothing is allocated. A sequence of held classes that has been seen before is found in a
//! table by its hash, which is read and not written: that is the usual case, and it takes no lock. Only something new
//! takes the one lock in here, a raw one with interrupts off, under which nothing else is acquired; reports are made
//! after it is released, to a sink that the embedder chooses. The checker never changes what the program does: it
//! skips no acquisition, and turns no release into another one's.
//!
//! Memory: some 2.3 KiB for each thread, and 1.1 MiB once, for 4,096 classes and their edges; only under the feature.
//!
//! The algorithms are lockdep's (Linux, `kernel/locking/lockdep.c` and `Documentation/locking/lockdep-design.rst`):
//! the usage states for interrupts, strong paths through recursive readers, wait types.

mod chains;
mod classes;
mod graph;
pub mod hooks;
pub mod policy;
mod report;
mod usage;
mod validate;

pub use classes::MOST_CLASSES;
pub use graph::MOST_EDGES;
pub use report::{Problem, Sink, Step, Violation};

pub use crate::held_locks::{Boundary, ClassId, HeldLock, HeldLocks, MOST_HELD, Request, Wait};
pub use crate::mode::Mode;

use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

use chains::Chains;
use classes::Classes;
use graph::Graph;

use crate::platform::Platform;
use crate::table::ClassInfo;

/// Levels whose violations are counted apart.
#[cfg(feature = "stats")]
pub const LEVELS: usize = 128;

/// The level of classes under which nothing is acquired.
pub const LEAF_LEVEL: &str = "Leaf";

/// What has been counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Acquisitions that were new sequences of held classes, and therefore checked in full.
    pub checks: u64,
    /// Violations, each counted once.
    pub violations: u64,
    /// The most locks that one thread held at once.
    pub longest: u64,
}

/// Observes acquisitions.
pub struct Checker {
    classes: Classes,
    graph: Graph,
    chains: Chains,
    /// The one lock in here.
    locked: AtomicBool,
    sink: AtomicPtr<()>,
    checks: AtomicU64,
    violations: AtomicU64,
    #[cfg(feature = "stats")]
    by_level: [AtomicU64; LEVELS],
    longest: AtomicU64,
}

impl core::fmt::Debug for Checker {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Checker").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

/// The checker that the locks of this library report to.
pub static CHECKER: Checker = Checker::new();

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

impl Checker {
    /// One that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            classes: Classes::new(),
            graph: Graph::new(),
            chains: Chains::new(),
            locked: AtomicBool::new(false),
            sink: AtomicPtr::new(core::ptr::null_mut()),
            checks: AtomicU64::new(0),
            violations: AtomicU64::new(0),
            #[cfg(feature = "stats")]
            by_level: [const { AtomicU64::new(0) }; LEVELS],
            longest: AtomicU64::new(0),
        }
    }

    /// Adds a class. The table's own classes are added when they are first acquired.
    ///
    /// When there are [`MOST_CLASSES`] already, the last number stands for all that come: loudly, by a violation.
    pub fn add_class(&self, info: &'static ClassInfo) -> ClassId {
        self.classes.add(info)
    }

    /// Chooses who is told of violations, one of [`policy`]'s or one of your own. By default they are printed to standard error
    /// where there is one (feature `std`), and only counted elsewhere.
    pub fn set_sink(&self, sink: Sink) {
        self.sink.store(sink as *mut (), Ordering::Release);
    }

    /// What has been counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            checks: self.checks.load(Ordering::Relaxed),
            violations: self.violations.load(Ordering::Relaxed),
            longest: self.longest.load(Ordering::Relaxed),
        }
    }

    /// Counts a violation by the level of the lock wanted.
    #[cfg(feature = "stats")]
    fn count_by_level(&self, class: ClassId) {
        let level = self.class(class).filter(|info| info.rank > 0).map(ClassInfo::level_number);
        let place = level.map_or(LEVELS - 1, usize::from).min(LEVELS - 1);
        self.by_level[place].fetch_add(1, Ordering::Relaxed);
    }

    /// Violations by the level of the lock wanted; the last place counts those of further levels, and of what has none.
    #[cfg(feature = "stats")]
    #[must_use]
    pub fn violations_by_level(&self) -> [u64; LEVELS] {
        core::array::from_fn(|level| self.by_level[level].load(Ordering::Relaxed))
    }

    /// What a class's number stands for.
    #[must_use]
    pub fn class(&self, class: ClassId) -> Option<&'static ClassInfo> {
        self.classes.info(class)
    }

    /// Calls `look` with every class that has been acquired, or was added.
    pub fn each_class(&self, look: impl FnMut(&'static ClassInfo)) {
        self.classes.all().for_each(look);
    }

    /// Calls `look` with both ends of every edge that has been observed: the second was acquired under the first.
    pub fn each_edge(&self, mut look: impl FnMut(&'static ClassInfo, &'static ClassInfo)) {
        self.graph.each(|from, to| {
            if let (Some(from), Some(to)) = (self.class(from), self.class(to)) {
                look(from, to);
            }
        });
    }

    /// Forgets everything but the classes: for tests, between two of which nobody holds anything.
    pub fn forget(&self) {
        self.graph.forget();
        self.chains.forget();
        self.classes.forget_usage();
        for counter in [&self.checks, &self.violations, &self.longest] {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// Runs `body` with the checker's own lock held and interrupts off.
    fn alone<P: Platform, O>(&self, body: impl FnOnce() -> O) -> O {
        // SAFETY: `body` is the checker's own: it acquires nothing and does not sleep.
        unsafe { P::disable_interrupts() }
        while self.locked.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            P::relax();
            if P::oversubscribed() {
                P::back_off();
            }
        }
        let result = body();
        self.locked.store(false, Ordering::Release);
        // SAFETY: pairs with the call above.
        unsafe { P::enable_interrupts() }
        result
    }

    /// Tells the sink, once for each thing that is wrong; what the sink acquires meanwhile is not checked.
    fn report(&self, held: &HeldLocks, violation: &Violation<'_>) {
        self.violations.fetch_add(1, Ordering::Relaxed);
        #[cfg(feature = "stats")]
        self.count_by_level(violation.request.class);
        if held.is_reporting() {
            return;
        }
        let sink = self.sink.load(Ordering::Acquire);
        let sink = if sink.is_null() {
            policy::DEFAULT
        } else {
            // SAFETY: `set_sink` stored a function of this very type.
            unsafe { core::mem::transmute::<*mut (), Sink>(sink) }
        };
        held.while_reporting(|| sink(violation));
    }
}
