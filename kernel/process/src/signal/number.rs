//! Signals by their numbers, and sets of them as bits.

use abi::{Errno, Result};

/// The number of a signal: 1 to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal(pub(super) u8);

#[allow(missing_docs, reason = "the names that every manual page has")]
impl Signal {
    pub const HUP: Self = Self(1);
    pub const INT: Self = Self(2);
    pub const QUIT: Self = Self(3);
    pub const ILL: Self = Self(4);
    pub const TRAP: Self = Self(5);
    pub const ABRT: Self = Self(6);
    pub const BUS: Self = Self(7);
    pub const FPE: Self = Self(8);
    pub const KILL: Self = Self(9);
    pub const SEGV: Self = Self(11);
    pub const PIPE: Self = Self(13);
    pub const ALRM: Self = Self(14);
    pub const TERM: Self = Self(15);
    pub const CHLD: Self = Self(17);
    pub const CONT: Self = Self(18);
    pub const STOP: Self = Self(19);
    pub const TSTP: Self = Self(20);
    pub const TTIN: Self = Self(21);
    pub const TTOU: Self = Self(22);
    pub const URG: Self = Self(23);
    pub const XCPU: Self = Self(24);
    pub const XFSZ: Self = Self(25);
    pub const VTALRM: Self = Self(26);
    pub const PROF: Self = Self(27);
    pub const WINCH: Self = Self(28);
    pub const SYS: Self = Self(31);

    /// The signal with a number.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none.
    pub const fn new(number: u64) -> Result<Self> {
        #[allow(clippy::cast_possible_truncation, reason = "64 at most")]
        match number {
            1..=64 => Ok(Self(number as u8)),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 as u32
    }

    /// Its bit in a set.
    #[must_use]
    pub const fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }

    /// The first one of a set.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "64 at most")]
    pub const fn first_of(set: u64) -> Option<Self> {
        if set == 0 { None } else { Some(Self(set.trailing_zeros() as u8 + 1)) }
    }
}

/// What neither is blocked nor ignored nor caught.
pub const UNSTOPPABLE: u64 = Signal::KILL.bit() | Signal::STOP.bit();
/// What stops a process.
pub(super) const STOPPING: u64 =
    Signal::STOP.bit() | Signal::TSTP.bit() | Signal::TTIN.bit() | Signal::TTOU.bit();
