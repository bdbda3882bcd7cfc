//! The terminal while a guest has it: keys go to the guest as they are pressed, and are not shown by the terminal.
//!
//! Control-C still interrupts this program. The terminal is put back when the value drops, also on the way out of a
//! failure.

use std::io::{IsTerminal, stdin};

/// A terminal whose keys come one by one; nothing where standard input is none.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    #[cfg(target_os = "linux")]
    before: Option<rustix::termios::Termios>,
}

impl Keys {
    /// Has keys come one by one.
    #[cfg(target_os = "linux")]
    pub(crate) fn one_by_one() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        if !stdin().is_terminal() {
            return Self::default();
        }
        let Ok(before) = tcgetattr(stdin()) else { return Self::default() };
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::IEXTEN);
        match tcsetattr(stdin(), OptionalActions::Now, &modes) {
            Ok(()) => Self { before: Some(before) },
            // It stays as it is: then keys come line by line.
            Err(_) => Self::default(),
        }
    }

    /// Elsewhere keys come line by line.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn one_by_one() -> Self {
        let _ = stdin().is_terminal();
        Self::default()
    }
}

#[cfg(target_os = "linux")]
impl Drop for Keys {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = &self.before {
            // If the terminal is gone there is nothing to put back.
            let _ = tcsetattr(stdin(), OptionalActions::Now, before);
        }
    }
}
