//! What is not refused by the library's own message, with the reason.
//!
//! A breakage that compiles, or that is refused otherwise, fails the command unless it is here. An exception that is needed no
//! more fails it too: the table says what is so.

use std::path::Path;

use crate::breakage::Kind;

/// One exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The file, from the repository's root.
    pub file: &'static str,
    /// The function in it.
    pub function: &'static str,
    /// The kinds of breakage.
    pub kinds: &'static [Kind],
    /// Why.
    pub reason: &'static str,
}

/// All of them.
pub const EXCEPTIONS: &[Exception] = &[Exception {
    file: "kernel/selftest/src/demo.rs",
    function: "dynamic_path",
    kinds: &[Kind::MovedUnder, Kind::PreemptionOff, Kind::InterruptsOff],
    reason: "the order of this path is data: its token is checked at run time, and the demonstration has it refused there",
}];

impl Exception {
    /// The one that a breakage falls under.
    #[must_use]
    pub fn of(exceptions: &[Self], file: &Path, function: &str, kind: Kind) -> Option<Self> {
        exceptions
            .iter()
            .find(|row| Path::new(row.file) == file && row.function == function && row.kinds.contains(&kind))
            .copied()
    }
}
