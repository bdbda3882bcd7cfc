//! Which class was acquired inside which.
//!
//! Edges are rows of one table, found by the hash of their two ends, and linked into two lists at each class, of the
//! edges that leave it and of those that arrive. They are only ever added, under the checker's lock, and read without
//! it.
//!
//! **Strong paths.** An edge is of up to four kinds: its outer lock was held exclusively or shared, its inner one is a
//! recursive reader's or not. A recursive reader gets past waiting writers, so it does not wait for a shared holder:
//! where an edge to a recursive reader is followed by one from a shared holder, nobody waits. A path without such a
//! place is strong, and only a strong cycle is a deadlock (Linux, `lockdep-design.rst`, "Recursive read locks").

use core::cell::UnsafeCell;
use core::panic::Location;
use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU32, Ordering};

use super::classes::MOST_CLASSES;
use super::{ClassId, Mode};

/// The most edges there are. Their rows take 32 bytes each, 512 KiB in all, under the feature only.
pub const MOST_EDGES: usize = 16_384;

/// The four kinds of an edge, one bit each: bit 0 of the number says that the outer lock is shared, bit 1 that the
/// inner one is a recursive reader's.
pub(super) const fn kind(outer: Mode, inner: Mode) -> u8 {
    let shared = !matches!(outer, Mode::Exclusive) as u8;
    let recursive = matches!(inner, Mode::SharedRecursive) as u8;
    1 << (shared | recursive << 1)
}

/// Kinds whose outer lock is held exclusively.
const EXCLUSIVE: u8 = 0b0101;
/// Kinds whose inner lock is no recursive reader's.
const NOT_RECURSIVE: u8 = 0b0011;

/// One edge.
struct Edge {
    /// The two ends, plus one; 0 for a free row.
    ends: AtomicU32,
    kinds: AtomicU8,
    /// Those of its kinds that were reported: known, so that they are reported once, and no part of any path, so that one
    /// mistake does not make others of what is right.
    refused: AtomicU8,
    /// The next row in the list of those that leave the same class, plus one.
    next_out: AtomicU16,
    /// The next row in the list of those that arrive at the same class, plus one.
    next_in: AtomicU16,
    /// Where the outer lock was acquired, the first time.
    outer: AtomicPtr<Location<'static>>,
    /// Where the inner one was.
    inner: AtomicPtr<Location<'static>>,
}

/// An edge as reports show it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) from: ClassId,
    pub(super) to: ClassId,
    pub(super) outer: Option<&'static Location<'static>>,
    pub(super) inner: Option<&'static Location<'static>>,
}

/// What a search works with; large, so it is kept here and used under the checker's lock.
struct Work {
    /// For each class, whether it was reached by an edge to no recursive reader (bit 0), and to one (bit 1).
    reached: [u8; MOST_CLASSES],
    /// States in the order they were reached: the class, and whether by an edge to a recursive reader.
    queue: [u16; 2 * MOST_CLASSES],
    /// For each state the row of the edge that reached it, plus one.
    by: [u16; 2 * MOST_CLASSES],
}

/// All edges.
pub(super) struct Graph {
    edges: [Edge; MOST_EDGES],
    first_out: [AtomicU16; MOST_CLASSES],
    first_in: [AtomicU16; MOST_CLASSES],
    work: UnsafeCell<Work>,
}

// SAFETY: `work` is used under the checker's lock only; everything else is atomic.
unsafe impl Sync for Graph {}

/// What adding an edge came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It was known.
    Known,
    /// It is new, or is of a new kind.
    New,
    /// There is no room for it.
    Full,
}

/// In which direction a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From an outer lock to the inner ones.
    Inwards,
    /// From an inner lock to the outer ones.
    Outwards,
}

/// A row's ends in one word.
const fn ends(from: ClassId, to: ClassId) -> u32 {
    ((from.0 as u32) << 12 | to.0 as u32) + 1
}

impl Graph {
    pub(super) const fn new() -> Self {
        Self {
            edges: [const {
                Edge {
                    ends: AtomicU32::new(0),
                    kinds: AtomicU8::new(0),
                    refused: AtomicU8::new(0),
                    next_out: AtomicU16::new(0),
                    next_in: AtomicU16::new(0),
                    outer: AtomicPtr::new(core::ptr::null_mut()),
                    inner: AtomicPtr::new(core::ptr::null_mut()),
                }
            }; MOST_EDGES],
            first_out: [const { AtomicU16::new(0) }; MOST_CLASSES],
            first_in: [const { AtomicU16::new(0) }; MOST_CLASSES],
            work: UnsafeCell::new(Work {
                reached: [0; MOST_CLASSES],
                queue: [0; 2 * MOST_CLASSES],
                by: [0; 2 * MOST_CLASSES],
            }),
        }
    }

    /// The row of an edge, or the free row where it belongs; `None` when the table is full.
    fn row(&self, from: ClassId, to: ClassId) -> Option<usize> {
        let ends = ends(from, to);
        let start = (ends.wrapping_mul(0x9e37_79b1) >> 8) as usize % MOST_EDGES;
        (0..MOST_EDGES).map(|step| (start + step) % MOST_EDGES).find(|&row| {
            let here = self.edges[row].ends.load(Ordering::Acquire);
            here == 0 || here == ends
        })
    }

    /// Adds an edge, or a kind of one. Under the checker's lock.
    pub(super) fn add(
        &self,
        from: ClassId,
        to: ClassId,
        kind: u8,
        outer: &'static Location<'static>,
        inner: &'static Location<'static>,
    ) -> Added {
        let Some(row) = self.row(from, to) else { return Added::Full };
        let edge = &self.edges[row];
        if edge.ends.load(Ordering::Relaxed) != 0 {
            let before = edge.kinds.fetch_or(kind, Ordering::Relaxed);
            return if before & kind == 0 { Added::New } else { Added::Known };
        }
        let number = row as u16 + 1;
        edge.kinds.store(kind, Ordering::Relaxed);
        edge.outer.store(core::ptr::from_ref(outer).cast_mut(), Ordering::Relaxed);
        edge.inner.store(core::ptr::from_ref(inner).cast_mut(), Ordering::Relaxed);
        edge.next_out.store(self.first_out[from.index()].load(Ordering::Relaxed), Ordering::Relaxed);
        edge.next_in.store(self.first_in[to.index()].load(Ordering::Relaxed), Ordering::Relaxed);
        edge.ends.store(ends(from, to), Ordering::Release);
        self.first_out[from.index()].store(number, Ordering::Release);
        self.first_in[to.index()].store(number, Ordering::Release);
        Added::New
    }

    /// Takes a kind of a known edge out of all paths. Under the checker's lock.
    pub(super) fn refuse(&self, from: ClassId, to: ClassId, kind: u8) {
        if let Some(row) = self.row(from, to) {
            self.edges[row].refused.fetch_or(kind, Ordering::Relaxed);
        }
    }

    /// The ends of a row.
    fn seen(&self, row: usize) -> Seen {
        let edge = &self.edges[row];
        let both = edge.ends.load(Ordering::Acquire).saturating_sub(1);
        // SAFETY: null, or stored by `add` from static references.
        let (outer, inner) = unsafe {
            (edge.outer.load(Ordering::Relaxed).as_ref(), edge.inner.load(Ordering::Relaxed).as_ref())
        };
        Seen { from: ClassId((both >> 12) as u16), to: ClassId((both & 0xfff) as u16), outer, inner }
    }

    /// Calls `look` with both ends of every edge.
    pub(super) fn each(&self, mut look: impl FnMut(ClassId, ClassId)) {
        for row in 0..MOST_EDGES {
            if self.edges[row].ends.load(Ordering::Acquire) != 0 {
                let seen = self.seen(row);
                look(seen.from, seen.to);
            }
        }
    }

    /// Goes along strong paths from `start`, nearest classes first, until `found` says so; gives where that was.
    ///
    /// `weak` says whether the start was itself reached by a half that must not be followed by its like: inwards by an
    /// edge to a recursive reader, outwards by one from a shared holder. `found` is told the class and the same of the
    /// last edge. The path can be read off by [`path`](Self::path) until the next search. Under the checker's lock.
    pub(super) fn search(
        &self,
        start: ClassId,
        weak: bool,
        direction: Direction,
        mut found: impl FnMut(ClassId, bool) -> bool,
    ) -> Option<(ClassId, bool)> {
        // SAFETY: under the checker's lock, and no other borrow lives: `found` does not come back here.
        let work = unsafe { &mut *self.work.get() };
        work.reached.fill(0);
        let state = |class: ClassId, weak: bool| class.0 << 1 | u16::from(weak);
        work.reached[start.index()] |= 1 << u8::from(weak);
        work.queue[0] = state(start, weak);
        work.by[usize::from(state(start, weak))] = 0;
        let (mut next, mut end) = (0, 1);
        while next < end {
            let here = work.queue[next];
            next += 1;
            let (class, weak) = (ClassId(here >> 1), here & 1 == 1);
            if found(class, weak) {
                return Some((class, weak));
            }
            let lists = if direction == Direction::Inwards { &self.first_out } else { &self.first_in };
            let mut row = lists[class.index()].load(Ordering::Acquire);
            while row != 0 {
                let edge = &self.edges[usize::from(row) - 1];
                let number = row;
                row = if direction == Direction::Inwards { &edge.next_out } else { &edge.next_in }
                    .load(Ordering::Acquire);
                let seen = self.seen(usize::from(number) - 1);
                let mut kinds = edge.kinds.load(Ordering::Relaxed) & !edge.refused.load(Ordering::Relaxed);
                let (there, weak_there) = match direction {
                    Direction::Inwards => {
                        if weak {
                            kinds &= EXCLUSIVE;
                        }
                        (seen.to, kinds & NOT_RECURSIVE == 0)
                    }
                    Direction::Outwards => {
                        if weak {
                            kinds &= NOT_RECURSIVE;
                        }
                        (seen.from, kinds & EXCLUSIVE == 0)
                    }
                };
                // Whoever comes strongly can go wherever one who comes weakly can.
                let known = work.reached[there.index()];
                if kinds == 0 || known & 1 != 0 || known & (1 << u8::from(weak_there)) != 0 {
                    continue;
                }
                work.reached[there.index()] |= 1 << u8::from(weak_there);
                let reached = state(there, weak_there);
                work.by[usize::from(reached)] = number;
                // The predecessor is known by the edge, but not whether it was come to weakly: kept in the queue.
                work.queue[end] = reached;
                end += 1;
            }
        }
        None
    }

    /// The edges by which the last search came to a place, the last one first, at most as many as there is room for;
    /// gives how many.
    pub(super) fn path(
        &self,
        end: (ClassId, bool),
        direction: Direction,
        steps: &mut [Option<Seen>],
    ) -> usize {
        // SAFETY: under the checker's lock, after a search.
        let work = unsafe { &*self.work.get() };
        let mut here = end.0.0 << 1 | u16::from(end.1);
        let mut count = 0;
        for step in steps {
            let row = work.by[usize::from(here)];
            if row == 0 {
                break;
            }
            let seen = self.seen(usize::from(row) - 1);
            *step = Some(seen);
            count += 1;
            let before = if direction == Direction::Inwards { seen.from } else { seen.to };
            // Strongly, if it was reached so at all: that comes first in the search.
            let weak = u16::from(work.reached[before.index()] & 1 == 0);
            here = before.0 << 1 | weak;
        }
        count
    }

    /// Forgets all edges.
    pub(super) fn forget(&self) {
        for edge in &self.edges {
            edge.ends.store(0, Ordering::Relaxed);
            edge.kinds.store(0, Ordering::Relaxed);
            edge.refused.store(0, Ordering::Relaxed);
        }
        for list in self.first_out.iter().chain(&self.first_in) {
            list.store(0, Ordering::Relaxed);
        }
    }
}
