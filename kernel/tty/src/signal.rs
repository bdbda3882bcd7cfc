//! Signals that a terminal sends: to whom is the terminal's business, what they do is the process's.

use lockorder::{Root, Task};

/// A signal that a terminal sends to a group of processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Signal {
    /// The terminal is gone.
    HangUp = 1,
    /// Control-C.
    Interrupt = 2,
    /// Control-backslash.
    Quit = 3,
    /// Goes on; with [`Signal::HangUp`], so that it is seen by who is stopped.
    Continue = 18,
    /// Control-Z.
    Suspend = 20,
    /// Read from the background.
    BackgroundRead = 21,
    /// Wrote from the background.
    BackgroundWrite = 22,
    /// The window has another size.
    WindowChange = 28,
}

impl Signal {
    /// Its number, as Linux counts.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The signal of a number, if a terminal sends it.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        Some(match number {
            1 => Self::HangUp,
            2 => Self::Interrupt,
            3 => Self::Quit,
            18 => Self::Continue,
            20 => Self::Suspend,
            21 => Self::BackgroundRead,
            22 => Self::BackgroundWrite,
            28 => Self::WindowChange,
            _ => return None,
        })
    }
}

/// Who delivers the signals of terminals: handed down at boot by whoever knows processes, which stand above terminals.
///
/// Called at a root only, never with a lock of a terminal held: the members of a group are found under the process tree, which
/// ranks outside of everything here.
pub trait Signaller: Send + Sync {
    /// Sends `signal` to every process of `group`. A group that is gone is nothing wrong.
    fn signal_group(&self, held: &mut Root<'_, Task>, group: u32, signal: Signal);

    /// The terminal of `session` has hung up: the session's leader is told, and has no terminal from now on. `group` is the one
    /// that stood in the foreground.
    fn hang_up(&self, held: &mut Root<'_, Task>, session: u32, group: u32);
}
