//! Places: where source uses a token to acquire or to wait.
//!
//! [`find`] reads one file. What a place is: a call of one of the token's own verbs (`held.lock(&A)`), a call that is given
//! the token by a function with bounds on it (`event.wait(&mut held)`, `sched::sleep(held, time)`), a wait that is given a
//! guard (`condition.wait(guard)`), or one lock of `acquire!`. Each knows the place around it whose guard gave its token:
//! that is a nested acquisition.

mod reader;
mod scopes;

use std::ops::Range;

use crate::signatures::{Needs, Signatures};

/// What a verb of the token acquires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A lock.
    Lock,
    /// Several locks of one class.
    Set,
    /// A reader-writer lock.
    ReadWrite,
    /// A sequence lock.
    Sequence,
    /// Data that is made once.
    Once,
    /// A serialising token, which has no place in the order.
    Serial,
}

/// The token's verbs.
const VERBS: [(&str, Family); 27] = [
    ("lock", Family::Lock),
    ("with", Family::Lock),
    ("lock_for", Family::Lock),
    ("try_lock", Family::Lock),
    ("try_lock_any", Family::Lock),
    ("acquire", Family::Lock),
    ("lock_arc", Family::Lock),
    ("lock_pair", Family::Set),
    ("lock_array", Family::Set),
    ("lock_slice", Family::Set),
    ("read", Family::ReadWrite),
    ("with_read", Family::ReadWrite),
    ("read_for", Family::ReadWrite),
    ("try_read", Family::ReadWrite),
    ("write", Family::ReadWrite),
    ("with_write", Family::ReadWrite),
    ("write_for", Family::ReadWrite),
    ("try_write", Family::ReadWrite),
    ("upgradeable", Family::ReadWrite),
    ("try_upgradeable", Family::ReadWrite),
    ("snapshot", Family::Sequence),
    ("update", Family::Sequence),
    ("get", Family::Once),
    ("get_or_init", Family::Once),
    ("force", Family::Once),
    ("with_serial_token", Family::Serial),
    ("with_shared_serial_token", Family::Serial),
];

/// What a verb acquires, if it is one.
fn family(verb: &str) -> Option<Family> {
    VERBS.iter().find(|(name, _)| *name == verb).map(|(_, family)| *family)
}

/// One lock of an `acquire!`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The macro's call, from its path to its closing parenthesis.
    pub call: Range<usize>,
    /// The macro's path.
    pub path: Range<usize>,
    /// Where the element before this one ends.
    pub previous: Option<usize>,
    /// Where the macro's block ends.
    pub end: usize,
    /// The name of the data.
    pub name: String,
    /// Whether the name is the lock too.
    pub is_short: bool,
}

/// How a place acquires or waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// `token.verb(lock, …)`.
    Verb {
        /// What is acquired.
        family: Family,
    },
    /// `function(token)` or `receiver.method(token)`, and what it asks of the token.
    Call {
        /// The function's name.
        name: String,
        /// What it asks.
        needs: Needs,
        /// Whether it may be of another function of that name, which has one type for its token.
        may_be_none: bool,
    },
    /// `place.lock_field(token)`, which `#[derive(Acquire)]` writes.
    Accessor,
    /// `condition.wait(guard)`.
    Condition,
    /// A lock of `acquire!`.
    Element(Element),
}

/// One place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The whole call.
    pub span: Range<usize>,
    /// Its line, counted from one.
    pub line: usize,
    /// The function, or the constant, that it is in.
    pub function: String,
    /// The number of that function in the file: errors in one do not hide those in another.
    pub body: usize,
    /// Whether the function runs with interrupts off, by its signature.
    pub in_handler: bool,
    /// The class that its function's token lies outside of, where that is all that is known of what is held.
    pub ceiling: Option<String>,
    /// The place around it whose guard gave the token.
    pub outer: Option<usize>,
    /// What stands for the token: the receiver, the argument, the guard.
    pub token: Range<usize>,
    /// The token itself, without `&mut`.
    pub bare: Range<usize>,
    /// What is acquired, where that is written.
    pub lock: Option<Range<usize>>,
    /// How.
    pub how: How,
}

impl Place {
    /// Whether it has a place in the order.
    #[must_use]
    pub const fn is_ordered(&self) -> bool {
        match &self.how {
            How::Verb { family } => !matches!(family, Family::Serial),
            How::Call { needs, .. } => needs.ordered,
            How::Accessor | How::Condition | How::Element(_) => true,
        }
    }

    /// Whether it must be able to sleep, whatever the lock: `None` where that depends on the lock.
    #[must_use]
    pub const fn sleeps(&self) -> Option<bool> {
        match &self.how {
            How::Verb { family: Family::Serial } | How::Condition => Some(true),
            How::Call { needs, .. } => Some(needs.sleeps),
            How::Verb { .. } | How::Accessor | How::Element(_) => None,
        }
    }

    /// Whether something is held after it.
    #[must_use]
    pub fn is_acquisition(&self) -> bool {
        match &self.how {
            How::Verb { .. } | How::Accessor | How::Element(_) => true,
            How::Call { name, .. } => name == "acquire" || name == "promise",
            How::Condition => false,
        }
    }
}

/// The places of a file.
#[must_use]
pub fn find(file: &syn::File, signatures: &Signatures) -> Vec<Place> {
    reader::read(file, signatures)
}
