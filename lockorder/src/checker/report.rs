//! What is wrong, in words that say what to do.

use core::fmt;
use core::panic::Location;

use super::classes::Classes;
use super::usage;
use crate::held_locks::{ClassId, HeldLock, MOST_HELD, Request};

/// Steps of a cycle that a report shows.
pub(super) const STEPS: usize = 12;

/// Is told of a violation. It takes no checked lock, or is not checked while it does.
pub type Sink = fn(&Violation<'_>);

/// A kind of violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The acquisition closes a cycle.
    Order,
    /// This thread holds the very lock already.
    Recursion,
    /// This thread holds another lock of the class, which has no order of its own.
    SameClass,
    /// Two locks of one class against their order.
    KeyOrder,
    /// The class is used both where interrupts acquire it and where they may interrupt its holder.
    InterruptUse {
        /// The use that is new.
        bit: u32,
        /// The use that it does not go with.
        other: u32,
    },
    /// Along a path of acquisitions, a class that interrupts acquire leads to one that they may interrupt.
    InterruptPath {
        /// The class at the other end of the path.
        inner: ClassId,
        /// How that class is used.
        bit: u32,
    },
    /// What is held, or where this runs, does not allow to wait like that.
    WaitType,
    /// Something is acquired under a leaf.
    UnderLeaf,
    /// A lock is released, or said to be held, and is not held.
    NotHeld,
    /// Something is held where nothing must be.
    StillHeld,
    /// The thread waits for another thread, which may need what it holds.
    WaitsForAThread,
    /// Memory is freed, or a lock made anew, while it is held.
    FreedWhileHeld,
    /// The thread holds more locks than can be followed.
    TooMany,
    /// There are more edges or classes than can be followed.
    TableFull,
}

/// One edge of a cycle: the inner class was acquired under the outer one.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The class that was held.
    pub outer: ClassId,
    /// The class that was acquired.
    pub inner: ClassId,
    /// Where the outer one had been acquired.
    pub outer_place: Option<&'static Location<'static>>,
    /// Where the inner one was.
    pub inner_place: Option<&'static Location<'static>>,
}

/// Something that is wrong. Its `Display` is the whole report.
#[derive(Clone, Copy)]
pub struct Violation<'a> {
    pub(super) classes: &'a Classes,
    /// What is wrong.
    pub problem: Problem,
    /// What was wanted.
    pub request: Request,
    /// What the thread holds, the outermost first.
    pub held: [Option<HeldLock>; MOST_HELD],
    /// The edges that are known and lead back, the last one first.
    pub steps: [Option<Step>; STEPS],
}

impl fmt::Debug for Violation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Violation")
            .field("problem", &self.problem)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// A place, or that it is not known.
struct Place(Option<&'static Location<'static>>);

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(place) => write!(formatter, "{}:{}", place.file(), place.line()),
            None => formatter.write_str("an unknown place"),
        }
    }
}

impl Violation<'_> {
    /// The first line.
    fn headline(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = self.classes.name(self.request.class);
        match self.problem {
            Problem::Order => {
                let outer = self.steps[0].map_or("something", |step| self.classes.name(step.inner));
                write!(formatter, "lock order violation: acquiring `{wanted}` while holding `{outer}`")
            }
            Problem::Recursion => {
                write!(formatter, "recursion: this thread holds this very lock, a `{wanted}`")
            }
            Problem::SameClass => {
                write!(formatter, "two locks of class `{wanted}`, whose locks have no order among themselves")
            }
            Problem::KeyOrder => {
                write!(formatter, "two locks of class `{wanted}` against the order of the class")
            }
            Problem::InterruptUse { bit, other } => write!(
                formatter,
                "interrupt violation: `{wanted}` is {}, and also {}",
                usage::describe(bit),
                usage::describe(other)
            ),
            Problem::InterruptPath { inner, bit } => write!(
                formatter,
                "interrupt violation: acquiring `{wanted}` connects it with `{}`, which is {}",
                self.classes.name(inner),
                usage::describe(bit)
            ),
            Problem::WaitType => {
                write!(formatter, "wait violation: `{wanted}` may not be waited for here")
            }
            Problem::UnderLeaf => {
                write!(formatter, "`{wanted}` is acquired under a leaf, which calls nobody")
            }
            Problem::NotHeld => write!(formatter, "this thread does not hold this `{wanted}`"),
            Problem::StillHeld => write!(formatter, "`{wanted}` is still held where nothing may be"),
            Problem::WaitsForAThread => write!(
                formatter,
                "wait violation: this thread waits for another one with `{wanted}` held, which that one may need"
            ),
            Problem::FreedWhileHeld => write!(formatter, "`{wanted}` is freed or made anew while it is held"),
            Problem::TooMany => {
                write!(formatter, "`{wanted}` is one more than the {MOST_HELD} locks that can be followed")
            }
            Problem::TableFull => {
                write!(formatter, "no room to follow `{wanted}`: too many classes or edges")
            }
        }
    }

    /// How two CPUs get stuck.
    fn schedule(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The last edge of the way back ends at what is held; the first one begins at what is wanted.
        let steps = || self.steps.iter().flatten();
        let (Some(last), Some(first)) = (steps().next(), steps().last()) else { return Ok(()) };
        let (held, wanted) = (self.classes.name(last.inner), self.classes.name(first.outer));
        writeln!(formatter, "  this deadlocks when:")?;
        writeln!(formatter, "    CPU 0{:36}CPU 1", "")?;
        writeln!(formatter, "    acquires {held}")?;
        writeln!(formatter, "    {:<40} acquires {wanted} ({})", "", Place(first.outer_place))?;
        let next = self.classes.name(first.inner);
        if steps().count() == 1 {
            writeln!(formatter, "    {:<40} waits for {next} ({})", "", Place(first.inner_place))?;
        } else {
            writeln!(formatter, "    {:<40} waits for {next}, and so on to {held}", "")?;
        }
        writeln!(formatter, "    waits for {wanted} ({})", Place(Some(self.request.place)))
    }
}

impl fmt::Display for Violation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.headline(formatter)?;
        let request = &self.request;
        writeln!(
            formatter,
            "\n  {} {} ({}) at {}",
            if self.problem == Problem::WaitsForAThread { "waits with" } else { "wanted:" },
            self.classes.name(request.class),
            self.classes.rank(request.class),
            Place(Some(request.place))
        )?;
        for lock in self.held.iter().flatten() {
            writeln!(
                formatter,
                "  held:   {} ({}) at {}",
                self.classes.name(lock.class),
                self.classes.rank(lock.class),
                Place(Some(lock.place))
            )?;
        }
        for step in self.steps.iter().flatten() {
            writeln!(
                formatter,
                "  known:  {} was acquired at {}, under {} of {}",
                self.classes.name(step.inner),
                Place(step.inner_place),
                self.classes.name(step.outer),
                Place(step.outer_place)
            )?;
        }
        if let Problem::InterruptUse { other, .. } = self.problem {
            let place = self.classes.usage_place(self.request.class, other);
            writeln!(formatter, "  known:  {} at {}", usage::describe(other), Place(place))?;
        }
        if let Problem::InterruptPath { inner, bit } = self.problem {
            let place = self.classes.usage_place(inner, bit);
            writeln!(
                formatter,
                "  known:  {} is {} at {}",
                self.classes.name(inner),
                usage::describe(bit),
                Place(place)
            )?;
        }
        if self.problem == Problem::Order {
            self.schedule(formatter)?;
        }
        Ok(())
    }
}
