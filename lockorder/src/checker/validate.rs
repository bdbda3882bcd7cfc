//! Checking one acquisition.

use core::panic::Location;
use core::sync::atomic::Ordering;

use super::graph::{Added, Direction, Seen, kind};
use super::report::{Problem, STEPS, Step, Violation};
use super::{Checker, usage};
use crate::held_locks::{ClassId, HeldLock, HeldLocks, MOST_HELD, Request, Wait, mix};
use crate::mode::Mode;
use crate::platform::Platform;
use crate::table::{ClassInfo, OrderKind};

/// What is wrong, before it is put into words: copied out of what the checker's lock protects.
struct Found {
    problem: Problem,
    steps: [Option<Seen>; STEPS],
    count: usize,
}

impl Found {
    const fn new(problem: Problem) -> Self {
        Self { problem, steps: [None; STEPS], count: 0 }
    }
}

impl Checker {
    /// Checks an acquisition and notes it as held: before waiting for it, so that a deadlock is told and not only
    /// suffered. A lock that is only tried is noted once it has been got.
    #[inline]
    pub fn acquire<P: Platform>(&self, held: &HeldLocks, request: &Request) {
        let chain = mix(held.chain(), HeldLocks::word(request), held.surroundings());
        if !held.is_reporting() && !self.chains.contains(chain) {
            self.check::<P>(held, request, chain);
        }
        // Told before it is noted: where the report panics the lock is not listed.
        if !held.has_room() {
            self.tell(held, request, &Found::new(Problem::TooMany));
        }
        held.push(request, chain);
    }

    /// Notes a serialising token as held, without a check: it orders nothing, and nobody waits with one.
    pub(super) fn list(&self, held: &HeldLocks, request: &Request) {
        let chain = mix(held.chain(), HeldLocks::word(request), held.surroundings());
        self.longest.fetch_max(held.depth() as u64 + 1, Ordering::Relaxed);
        held.push(request, chain);
    }

    /// Whether a class has serialising tokens, which order nothing.
    fn is_serial(&self, class: ClassId) -> bool {
        self.class(class).is_some_and(|info| info.order == OrderKind::Serial)
    }

    /// Checks a wait for another thread: everything held ranks outside of `inside_of`, or, where that is `None`, nothing is held.
    pub(super) fn waits_for_a_thread(
        &self,
        held: &HeldLocks,
        inside_of: Option<&'static ClassInfo>,
        place: &'static Location<'static>,
    ) {
        let inner = held.current().find(|lock| {
            let rank = |info: &ClassInfo| inside_of.is_none_or(|outer| info.rank >= outer.rank);
            !self.is_serial(lock.class) && self.class(lock.class).is_none_or(rank)
        });
        if let Some(lock) = inner {
            let request = Self::request_for(lock.class, lock.lock, place);
            self.tell(held, &request, &Found::new(Problem::WaitsForAThread));
        }
    }

    /// Notes that a lock is free again, after it is.
    #[inline]
    pub fn release(&self, held: &HeldLocks, class: ClassId, lock: usize, place: &'static Location<'static>) {
        if !held.pop(class, lock) {
            let request = Self::request_for(class, lock, place);
            self.tell(held, &request, &Found::new(Problem::NotHeld));
        }
    }

    /// A request that stands for a lock where nothing is acquired.
    fn request_for(class: ClassId, lock: usize, place: &'static Location<'static>) -> Request {
        let mode = Mode::Exclusive;
        Request { class, lock, mode, wait: Wait::Free, tried: true, key: 0, place }
    }

    /// Checks in full.
    #[cold]
    #[inline(never)]
    fn check<P: Platform>(&self, held: &HeldLocks, request: &Request, chain: u64) {
        self.checks.fetch_add(1, Ordering::Relaxed);
        self.longest.fetch_max(held.depth() as u64 + 1, Ordering::Relaxed);
        // Everything is looked at and told, whatever was found before: the sequence counts as known from now on.
        let tell = |found: Option<Found>| {
            if let Some(found) = found {
                self.tell(held, request, &found);
            }
        };
        let same_class = held.current().any(|outer| outer.class == request.class);
        if same_class {
            let mut outers = held.current().filter(|outer| outer.class == request.class);
            tell(outers.find_map(|outer| self.same_class(&outer, request)));
        }
        tell(self.wait_type(held, request));
        // Nobody waits for a lock that is only tried: it closes no cycle. What is acquired under it may.
        if !request.tried {
            let orders = |outer: &HeldLock| outer.class != request.class && !self.is_serial(outer.class);
            for outer in held.current().filter(orders) {
                tell(self.alone::<P, _>(|| self.edge(&outer, request)));
            }
        }
        let bits = Self::usage_of(held, request);
        for bit in (0..usage::USAGES).map(|index| 1 << index).filter(|bit| bits & bit != 0) {
            tell(self.alone::<P, _>(|| self.mark(request.class, bit, request.mode, request.place)));
        }
        // Where a class is held twice the locks decide, and not only their classes: checked every time.
        if !same_class {
            self.alone::<P, _>(|| self.chains.insert(chain));
        }
    }

    /// Two locks of one class.
    fn same_class(&self, outer: &HeldLock, request: &Request) -> Option<Found> {
        if request.tried || (request.mode == Mode::SharedRecursive && outer.mode != Mode::Exclusive) {
            return None;
        }
        if outer.lock == request.lock {
            return Some(Found::new(Problem::Recursion));
        }
        let order = self.class(request.class).map_or(OrderKind::None, |info| info.order);
        let right = match order {
            OrderKind::None => false,
            OrderKind::Address => outer.lock < request.lock,
            OrderKind::Key => outer.key < request.key,
            // Parent before child: which is which only the types know.
            OrderKind::Tree | OrderKind::Serial => true,
        };
        (!right).then(|| {
            Found::new(if order == OrderKind::None { Problem::SameClass } else { Problem::KeyOrder })
        })
    }

    /// Whether what is held allows to wait for such a lock.
    fn wait_type(&self, held: &HeldLocks, request: &Request) -> Option<Found> {
        if request.tried {
            return None;
        }
        let leaf = |class| self.class(class).is_some_and(|info| info.level == super::LEAF_LEVEL);
        if held.current().any(|outer| leaf(outer.class)) {
            return Some(Found::new(Problem::UnderLeaf));
        }
        let allowed = held.current().map(|outer| outer.wait).filter(|&wait| wait != Wait::Free);
        let allowed = allowed.chain([held.limit()]).min().unwrap_or(Wait::Sleeps);
        (request.wait > allowed).then(|| Found::new(Problem::WaitType))
    }

    /// Adds the edge from a lock that is held, and looks for a cycle that it closes.
    fn edge(&self, outer: &HeldLock, request: &Request) -> Option<Found> {
        let (from, to, kind) = (outer.class, request.class, kind(outer.mode, request.mode));
        match self.graph.add(from, to, kind, outer.place, request.place) {
            Added::Known => return None,
            Added::Full => return Some(Found::new(Problem::TableFull)),
            Added::New => {}
        }
        let found = self.new_edge(outer, request);
        if found.is_some() {
            self.graph.refuse(from, to, kind);
        }
        found
    }

    /// What is wrong with an edge that has just been added.
    fn new_edge(&self, outer: &HeldLock, request: &Request) -> Option<Found> {
        let (from, to) = (outer.class, request.class);
        let shared = outer.mode != Mode::Exclusive;
        let recursive = request.mode == Mode::SharedRecursive;
        // A cycle: from the inner class back to the outer one, and the new edge, with no weak place at either joint.
        let back = self
            .graph
            .search(to, recursive, Direction::Inwards, |class, weak| class == from && !(weak && shared));
        if let Some(end) = back {
            let mut found = Found::new(Problem::Order);
            found.count = self.graph.path(end, Direction::Inwards, &mut found.steps);
            return Some(found);
        }
        self.interrupt_path(outer, request)
    }

    /// Whether a new edge leads from a class that interrupts acquire to one that they may interrupt.
    fn interrupt_path(&self, outer: &HeldLock, request: &Request) -> Option<Found> {
        let mut before = 0;
        let shared = outer.mode != Mode::Exclusive;
        let recursive = request.mode == Mode::SharedRecursive;
        self.graph.search(outer.class, shared, Direction::Outwards, |class, weak| {
            let usage = self.classes.usage(class);
            before |= if weak { usage & usage::ALL_EXCLUSIVE } else { usage };
            false
        });
        let excluded = usage::excluded_along_path(before & usage::ALL_IN);
        if excluded == 0 {
            return None;
        }
        let reached = self.graph.search(request.class, recursive, Direction::Inwards, |class, weak| {
            self.visible(class, weak) & excluded != 0
        })?;
        let bits = self.visible(reached.0, reached.1) & excluded;
        let mut found =
            Found::new(Problem::InterruptPath { inner: reached.0, bit: bits & bits.wrapping_neg() });
        found.count = self.graph.path(reached, Direction::Inwards, &mut found.steps);
        Some(found)
    }

    /// How a class is used, as far as it matters to a path that came to it weakly or not.
    fn visible(&self, class: ClassId, weak: bool) -> u32 {
        let usage = self.classes.usage(class);
        if weak { usage & usage::ALL_EXCLUSIVE } else { usage }
    }

    /// The uses that an acquisition is.
    fn usage_of(held: &HeldLocks, request: &Request) -> u32 {
        let mut bits = 0;
        if !request.tried {
            if held.in_hard() {
                bits |= usage::IN_HARD;
            }
            if held.in_soft() {
                bits |= usage::IN_SOFT;
            }
        }
        // A reader that waits for waiting writers is stopped by readers too, so only one that does not counts as one here.
        if request.mode == Mode::SharedRecursive {
            bits <<= usage::SHARED;
        }
        bits | Self::usage_open(held, request.mode)
    }

    /// The uses that holding a lock in this mode is, as far as something may interrupt it.
    fn usage_open(held: &HeldLocks, mode: Mode) -> u32 {
        let mut bits = 0;
        if held.hard_is_on() {
            bits |= usage::ON_HARD;
        }
        if held.soft_is_on() {
            bits |= usage::ON_SOFT;
        }
        if mode == Mode::Exclusive { bits } else { bits << usage::SHARED }
    }

    /// Notes a use of a class, and checks that it goes with the others, its own and those along the edges.
    fn mark(&self, class: ClassId, bit: u32, mode: Mode, place: &'static Location<'static>) -> Option<Found> {
        let known = self.classes.usage(class);
        if known & bit != 0 {
            return None;
        }
        let conflict = known & usage::excluded_for_class(bit);
        self.classes.add_usage(class, bit, place);
        if conflict != 0 {
            let other = conflict & conflict.wrapping_neg();
            return Some(Found::new(Problem::InterruptUse { bit, other }));
        }
        let opposite = usage::opposite(bit) & usage::ALL_EXCLUSIVE
            | (usage::opposite(bit) & !usage::ALL_EXCLUSIVE) >> usage::SHARED;
        let wanted = opposite | opposite << usage::SHARED;
        // What interrupts acquire must not lead to what they may interrupt, nor the other way round.
        let (direction, weak) = if bit & usage::ALL_IN != 0 {
            (Direction::Inwards, mode == Mode::SharedRecursive)
        } else {
            (Direction::Outwards, mode != Mode::Exclusive)
        };
        let reached = self.graph.search(class, weak, direction, |there, weak| {
            there != class && self.visible(there, weak) & wanted != 0
        })?;
        let bits = self.visible(reached.0, reached.1) & wanted;
        let mut found =
            Found::new(Problem::InterruptPath { inner: reached.0, bit: bits & bits.wrapping_neg() });
        found.count = self.graph.path(reached, direction, &mut found.steps);
        Some(found)
    }

    /// Interrupts have come on again: what is held now is held with them on.
    pub fn interrupts_on<P: Platform>(&self, held: &HeldLocks, place: &'static Location<'static>) {
        for lock in held.current() {
            let bits = Self::usage_open(held, lock.mode);
            for bit in (0..usage::USAGES).map(|index| 1 << index).filter(|bit| bits & bit != 0) {
                let found = self.alone::<P, _>(|| self.mark(lock.class, bit, lock.mode, lock.place));
                if let Some(found) = found {
                    let request = Self::request_for(lock.class, lock.lock, place);
                    self.tell(held, &request, &found);
                }
            }
        }
    }

    /// Checks an acquisition that may or may not follow: as if it did.
    pub fn might_acquire<P: Platform>(&self, held: &HeldLocks, request: &Request) {
        let chain = mix(held.chain(), HeldLocks::word(request), held.surroundings());
        if !held.is_reporting() && !self.chains.contains(chain) {
            self.check::<P>(held, request, chain);
        }
    }

    /// Reports when this thread does not hold a lock.
    pub fn assert_held(
        &self,
        held: &HeldLocks,
        class: ClassId,
        lock: usize,
        place: &'static Location<'static>,
    ) {
        if !held.holds(lock) {
            self.tell(held, &Self::request_for(class, lock, place), &Found::new(Problem::NotHeld));
        }
    }

    /// Reports when this thread holds anything: before it ends, or goes back to user mode.
    pub fn assert_none_held(&self, held: &HeldLocks, place: &'static Location<'static>) {
        if let Some(lock) = held.iter().last() {
            let request = Self::request_for(lock.class, lock.lock, place);
            self.tell(held, &request, &Found::new(Problem::StillHeld));
        }
    }

    /// Reports when this thread holds a lock in memory that is about to be freed, or made into something else.
    pub fn assert_none_held_in(
        &self,
        held: &HeldLocks,
        memory: core::ops::Range<usize>,
        place: &'static Location<'static>,
    ) {
        if let Some(lock) = held.iter().find(|lock| memory.contains(&lock.lock)) {
            let request = Self::request_for(lock.class, lock.lock, place);
            self.tell(held, &request, &Found::new(Problem::FreedWhileHeld));
        }
    }

    /// Puts what was found into words, and tells the sink.
    #[cold]
    #[inline(never)]
    fn tell(&self, held: &HeldLocks, request: &Request, found: &Found) {
        let mut locks = [None; MOST_HELD];
        for (place, lock) in locks.iter_mut().zip(held.iter()) {
            *place = Some(lock);
        }
        let mut steps = [None; STEPS];
        for (step, seen) in steps.iter_mut().zip(found.steps.iter().take(found.count).flatten()) {
            *step = Some(Step {
                outer: seen.from,
                inner: seen.to,
                outer_place: seen.outer,
                inner_place: seen.inner,
            });
        }
        let violation =
            Violation { classes: &self.classes, problem: found.problem, request: *request, held: locks, steps };
        self.report(held, &violation);
    }
}
