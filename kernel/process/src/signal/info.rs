//! What a signal comes with: why it was sent, by whom, and a value (`siginfo_t`).
//!
//! Of the union in a `siginfo_t` two words are kept. They hold what each kind has: sender, user and value; child, user and status;
//! timer, overrun and value; an address.

use abi::Encoder;

use super::number::Signal;

/// By the kernel.
const KERNEL: i32 = 0x80;
/// By `kill`.
pub const USER: i32 = 0;
/// By `tkill` or `tgkill`.
pub const THREAD: i32 = -6;
/// By a timer.
const TIMER: i32 = -2;

/// What has become of a child, as the signal for its parent says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has exited, with a status.
    Exited(u32),
    /// A signal has ended it.
    Killed(u32),
    /// A signal has stopped it.
    Stopped(u32),
    /// It goes on.
    Continued,
}

impl Fate {
    /// Of the status that `wait4` gives.
    #[must_use]
    pub const fn of(status: u32) -> Self {
        match status & 0x7f {
            _ if status == 0xffff => Self::Continued,
            0 => Self::Exited(status >> 8 & 0xff),
            0x7f => Self::Stopped(status >> 8 & 0xff),
            signal => Self::Killed(signal),
        }
    }

    /// The code and the value that say so.
    const fn words(self) -> (i32, u32) {
        match self {
            Self::Exited(status) => (1, status),
            Self::Killed(signal) => (2, signal),
            Self::Stopped(signal) => (5, signal),
            Self::Continued => (6, Signal::CONT.number()),
        }
    }
}

/// Which of the fields that there are a signal comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sender and user.
    Sent,
    /// The same, and a value.
    Valued,
    /// Timer, overrun and value.
    Timer,
    /// Child, user and status.
    Child,
    /// An address.
    Fault,
}

/// A signal, and what it comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// The signal.
    pub signal: Signal,
    /// An error that it reports.
    error: i32,
    /// Why it was sent.
    code: i32,
    /// What each kind has.
    words: [u64; 2],
}

/// Two halves of a word.
const fn pair(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

impl Info {
    /// From the kernel, without more.
    #[must_use]
    pub const fn kernel(signal: Signal) -> Self {
        Self { signal, error: 0, code: KERNEL, words: [0; 2] }
    }

    /// From a process, of a user.
    #[must_use]
    pub const fn sent(signal: Signal, code: i32, id: u32, user: u32) -> Self {
        Self { signal, error: 0, code, words: [pair(id, user), 0] }
    }

    /// From a fault of the thread itself, at an address.
    #[must_use]
    pub const fn fault(signal: Signal, code: i32, address: u64) -> Self {
        Self { signal, error: 0, code, words: [address, 0] }
    }

    /// Of a child of a user, for its parent.
    #[must_use]
    pub const fn child(signal: Signal, id: u32, user: u32, fate: Fate) -> Self {
        let (code, value) = fate.words();
        Self { signal, error: 0, code, words: [pair(id, user), value as u64] }
    }

    /// From a timer, with its value.
    #[must_use]
    pub const fn timer(signal: Signal, number: u32, overrun: u32, value: u64) -> Self {
        Self { signal, error: 0, code: TIMER, words: [pair(number, overrun), value] }
    }

    /// Of the bytes that a process sends with a signal.
    #[must_use]
    pub fn decode(signal: Signal, bytes: &[u8; 128]) -> Self {
        let half = |at: usize| bytes[at..].first_chunk().map_or(0, |bytes| i32::from_le_bytes(*bytes));
        let word = |at: usize| bytes[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        Self { signal, error: half(4), code: half(8), words: [word(16), word(24)] }
    }

    /// As the bytes of a `siginfo_t`.
    #[must_use]
    pub fn encode(&self) -> [u8; 128] {
        Encoder::new()
            .u32(self.signal.number())
            .i32(self.error)
            .i32(self.code)
            .skip(4)
            .u64(self.words[0])
            .u64(self.words[1])
            .finish()
    }

    /// Why it was sent. What the kernel alone says is not negative, and is not `tkill`'s.
    #[must_use]
    pub const fn code(&self) -> i32 {
        self.code
    }

    /// An error that it reports.
    pub(super) const fn error(&self) -> i32 {
        self.error
    }

    /// Which fields it has.
    pub(super) const fn kind(&self) -> Kind {
        match (self.code, self.signal) {
            (TIMER, _) => Kind::Timer,
            (i32::MIN..=-1, _) => Kind::Valued,
            (1..KERNEL, Signal::CHLD) => Kind::Child,
            (1..KERNEL, Signal::SEGV | Signal::BUS | Signal::ILL | Signal::FPE | Signal::TRAP) => Kind::Fault,
            _ => Kind::Sent,
        }
    }

    /// The two halves of what most kinds begin with: who, and of which user.
    #[allow(clippy::cast_possible_truncation, reason = "the halves of a word")]
    pub(super) const fn halves(&self) -> [u32; 2] {
        [self.words[0] as u32, (self.words[0] >> 32) as u32]
    }

    /// The address of a fault.
    #[must_use]
    pub const fn address(&self) -> u64 {
        self.words[0]
    }

    /// The value that it comes with.
    #[must_use]
    pub const fn value(&self) -> u64 {
        self.words[1]
    }

    /// Whether a process has sent it with a value, and has to be told when there is no room for that.
    #[must_use]
    pub const fn must_queue(&self) -> bool {
        self.code < 0 && self.code != THREAD
    }

    /// The number of the timer that has sent it, and how often that has run out besides.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the halves of a word")]
    pub const fn of_timer(&self) -> Option<(u32, u32)> {
        if self.code == TIMER { Some((self.words[0] as u32, (self.words[0] >> 32) as u32)) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fate, Info, Signal};

    #[test]
    fn what_is_sent_survives_its_bytes() {
        let sent = Info::sent(Signal::INT, -1, 7, 1000);
        assert_eq!(Info::decode(Signal::INT, &sent.encode()), sent);
        assert_eq!(sent.encode()[16..24], [7, 0, 0, 0, 0xe8, 3, 0, 0]);
        assert!(sent.must_queue() && !Info::kernel(Signal::INT).must_queue());
    }

    #[test]
    fn a_status_says_what_has_become_of_a_child() {
        assert_eq!(Fate::of(5 << 8), Fate::Exited(5));
        assert_eq!(Fate::of(9), Fate::Killed(9));
        assert_eq!(Fate::of(19 << 8 | 0x7f), Fate::Stopped(19));
        assert_eq!(Fate::of(0xffff), Fate::Continued);
    }

    #[test]
    fn a_timer_is_known_by_its_number() {
        assert_eq!(Info::timer(Signal::ALRM, 3, 4, 5).of_timer(), Some((3, 4)));
        assert_eq!(Info::sent(Signal::ALRM, 0, 3, 4).of_timer(), None);
    }
}
