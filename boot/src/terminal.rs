//! The terminal while a guest has it: keys go to the guest as they are pressed, and are not shown by the terminal.
//!
//! For a workload of the kernel's own control-C still interrupts this program; a shell gets it like all other keys, and every byte
//! as it is. The terminal is put back when the value drops, also on the way out of a failure.

use std::env;
use std::io::{IsTerminal, stdin};

use crate::machine::Terminal;

/// The terminal that standard input is.
pub(crate) fn describe() -> Option<Terminal> {
    stdin().is_terminal().then(|| {
        let kind = env::var("TERM").ok().filter(|kind| !kind.is_empty());
        Terminal { kind: kind.unwrap_or_else(|| "vt100".to_owned()), size: size() }
    })
}

/// How many rows and columns it has, where that is known.
#[cfg(target_os = "linux")]
fn size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(stdin()).ok()?;
    Some((size.ws_row, size.ws_col)).filter(|&(rows, columns)| rows > 0 && columns > 0)
}

/// Elsewhere it is not known.
#[cfg(not(target_os = "linux"))]
fn size() -> Option<(u16, u16)> {
    None
}

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
        use rustix::termios::LocalModes;
        let line_by_line = LocalModes::ICANON | LocalModes::ECHO | LocalModes::IEXTEN;
        Self::with(|modes| modes.local_modes.remove(line_by_line))
    }

    /// Has every key come as it is, those that interrupt or suspend programs as well, and shows bytes as they are.
    #[cfg(target_os = "linux")]
    pub(crate) fn all() -> Self {
        Self::with(rustix::termios::Termios::make_raw)
    }

    /// Changes the terminal's modes.
    #[cfg(target_os = "linux")]
    fn with(change: impl FnOnce(&mut rustix::termios::Termios)) -> Self {
        use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
        if !stdin().is_terminal() {
            return Self::default();
        }
        let Ok(before) = tcgetattr(stdin()) else { return Self::default() };
        let mut modes = before.clone();
        change(&mut modes);
        match tcsetattr(stdin(), OptionalActions::Now, &modes) {
            Ok(()) => Self { before: Some(before) },
            // It stays as it is: then keys come line by line.
            Err(_) => Self::default(),
        }
    }

    /// Elsewhere keys come line by line.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn one_by_one() -> Self {
        Self::default()
    }

    /// Elsewhere keys come line by line.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn all() -> Self {
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
