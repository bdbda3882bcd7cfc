//! The queued lock's word, taken apart: who holds it, who is next, who came last.
//!
//! A tail is the number of a node, counted from 1; each CPU has four. So a tail says on which CPU the last waiter is, and
//! how many waits were under way there before it.

use lockorder::context::StopsPreemption;
use lockorder::raw::{Queue, RawLock};

use crate::machine::Machine;

/// How many nodes a CPU has.
pub const NODES_PER_CPU: usize = 4;

/// What the word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Somebody holds the lock.
    pub held: bool,
    /// Somebody stands right behind the holder.
    pub pending: bool,
    /// The number of the last node in line, or 0.
    pub tail: usize,
}

/// The word of a lock that nobody holds or wants.
pub const FREE: Word = Word { held: false, pending: false, tail: 0 };

/// What a lock's word says now.
///
/// # Panics
///
/// When the lock shows itself in another form than it did.
#[must_use]
pub fn word<K>(lock: &Queue<K>) -> Word {
    let text = format!("{lock:?}");
    let field = |name: &str| {
        let (_, rest) = text.split_once(&format!("{name}: ")).expect("the lock shows its fields");
        rest.split([',', ' ', '}']).next().expect("a value").to_owned()
    };
    Word {
        held: field("held") == "true",
        pending: field("pending") == "true",
        tail: field("tail").parse().expect("a number"),
    }
}

/// The number of a node: the `depth`th of a CPU, both from 0.
#[must_use]
pub const fn node(cpu: usize, depth: usize) -> usize {
    cpu * NODES_PER_CPU + depth + 1
}

/// Holds a raw core until it drops.
#[derive(Debug)]
pub struct Holding<'a, K: StopsPreemption>(&'a Queue<K>);

/// Acquires a raw core, waiting as the machine says.
#[must_use]
#[allow(unsafe_code, reason = "a raw core is unsafe to wait for")]
pub fn hold<K: StopsPreemption>(lock: &Queue<K>) -> Holding<'_, K> {
    // SAFETY: the tests' threads wait where nothing is held but the queued locks of the test itself.
    unsafe { lock.acquire::<Machine>() }
    Holding(lock)
}

impl<K: StopsPreemption> Drop for Holding<'_, K> {
    #[allow(unsafe_code, reason = "a raw core is unsafe to release; the guard has acquired it")]
    fn drop(&mut self) {
        // SAFETY: made by `hold`, which acquired it; drops once.
        unsafe { self.0.release() }
    }
}
