//! What is done about a signal.

use abi::general;

use super::number::Signal;

/// What happens where nobody has said anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// The process ends.
    End,
    /// The process ends, and would leave its memory behind.
    Dump,
    /// Nothing.
    Ignore,
    /// The process stops.
    Stop,
    /// The process goes on.
    Continue,
}

impl Default {
    /// Of a signal (`signal(7)`).
    #[must_use]
    pub const fn of(signal: Signal) -> Self {
        match signal.number() {
            3..=8 | 11 | 24 | 25 | 31 => Self::Dump,
            17 | 23 | 28 => Self::Ignore,
            18 => Self::Continue,
            19..=22 => Self::Stop,
            _ => Self::End,
        }
    }
}

/// What a process has said about a signal: `struct sigaction`, as the system call has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    handler: u64,
    flags: u64,
    restorer: u64,
    mask: u64,
}

/// In place of a handler: what happens by default.
const DEFAULT: u64 = 0;
/// In place of a handler: nothing.
const IGNORE: u64 = 1;

impl Action {
    /// Nothing was said.
    pub const DEFAULT: Self = Self { handler: DEFAULT, flags: 0, restorer: 0, mask: 0 };

    /// Of the bytes of the system call's structure.
    #[must_use]
    pub fn decode(bytes: &[u8; 32]) -> Self {
        let word =
            |place: usize| bytes[place * 8..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        Self { handler: word(0), flags: word(1), restorer: word(2), mask: word(3) & !super::UNSTOPPABLE }
    }

    /// As the bytes of the system call's structure.
    #[must_use]
    pub fn encode(&self) -> [u8; 32] {
        abi::Encoder::new().u64(self.handler).u64(self.flags).u64(self.restorer).u64(self.mask).finish()
    }

    /// Where its handler is, if it has one.
    #[must_use]
    pub const fn handler(&self) -> Option<u64> {
        if self.handler == DEFAULT || self.handler == IGNORE { None } else { Some(self.handler) }
    }

    /// Whether it means that a signal is ignored.
    #[must_use]
    pub fn ignores(&self, signal: Signal) -> bool {
        let by_default = matches!(Default::of(signal), Default::Ignore);
        self.handler == IGNORE || self.handler == DEFAULT && by_default
    }

    /// Where a handler returns to.
    #[must_use]
    pub const fn restorer(&self) -> u64 {
        self.restorer
    }

    /// What is blocked while a handler of a signal runs.
    #[must_use]
    pub const fn blocks(&self, signal: Signal) -> u64 {
        let own = if self.has(general::SA_NODEFER) { 0 } else { signal.bit() };
        self.mask | own
    }

    const fn has(&self, flag: u32) -> bool {
        self.flags & flag as u64 != 0
    }

    /// Whether a system call that it interrupts is begun again.
    #[must_use]
    pub const fn restarts(&self) -> bool {
        self.has(general::SA_RESTART)
    }

    /// Whether it holds once.
    #[must_use]
    pub const fn is_once(&self) -> bool {
        self.has(general::SA_RESETHAND)
    }

    /// Whether its handler has a stack of its own.
    #[must_use]
    pub const fn has_own_stack(&self) -> bool {
        self.has(general::SA_ONSTACK)
    }

    /// Whether children that end are not to be waited for.
    #[must_use]
    pub const fn leaves_no_children(&self) -> bool {
        self.handler == IGNORE || self.has(general::SA_NOCLDWAIT)
    }

    /// Whether nobody is told of children that stop.
    #[must_use]
    pub const fn ignores_stops(&self) -> bool {
        self.has(general::SA_NOCLDSTOP)
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Signal};

    #[test]
    fn an_action_survives_its_bytes() {
        let mut bytes = [0; 32];
        bytes[1] = 0x40;
        bytes[11] = 0x14;
        bytes[25] = 0xff;
        let action = Action::decode(&bytes);
        assert_eq!(action.handler(), Some(0x4000));
        assert!(action.restarts() && !action.is_once());
        assert_eq!(action.blocks(Signal::INT) & (Signal::KILL.bit() | Signal::STOP.bit()), 0);
        assert_eq!(Action::decode(&action.encode()), action);
    }

    #[test]
    fn what_is_ignored_by_default_is_ignored() {
        assert!(Action::DEFAULT.ignores(Signal::CHLD) && !Action::DEFAULT.ignores(Signal::INT));
    }
}
