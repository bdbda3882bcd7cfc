//! `ioctl`: what programs ask of a terminal and tell it besides reading and writing.
//!
//! Some of that is not a terminal's to decide: which groups there are, whose terminal one may become. Then the [`Outcome`] says what is
//! wanted, and whoever knows processes does it by [`Tty::claim`], [`Tty::steal`], [`Tty::set_foreground`] and [`Tty::release`].

use abi::{Errno, Result, ioctl};
use base::user::{self, Fault};
use lockorder::{Root, Task};

use super::{Job, Tty};
use crate::signal::Signal;
use crate::termios::{self, Special, Termios};
use crate::window::{self, WindowSize};

/// What a control has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "some outcomes are the caller's to bring about"]
pub enum Outcome {
    /// It is done; the call returns 0.
    Done,
    /// `TIOCSPGRP`: the group is to stand in the foreground, if it is one of the caller's session (`EPERM` if it is none of that,
    /// `ESRCH` if there is no such group).
    SetForeground(u32),
    /// `TIOCSCTTY`: the terminal is to become that of the caller's session, if the caller leads one without a terminal (`EPERM`);
    /// though it is another session's if `steal`, which a privileged caller may do.
    Claim {
        /// Whosever it is.
        steal: bool,
    },
    /// `TIOCNOTTY`: the caller gives its terminal up. For a session's leader: the group in the foreground gets `SIGHUP` and `SIGCONT`,
    /// and nobody of the session has a terminal any more.
    Release,
}

/// Whether a control changes something, so that it is refused from the background: [`Tty::background`] is asked before.
#[must_use]
pub const fn changes(command: u32) -> bool {
    matches!(
        command,
        ioctl::TCSETS
            | ioctl::TCSETSW
            | ioctl::TCSETSF
            | ioctl::TCSETS2
            | ioctl::TCSETSW2
            | ioctl::TCSETSF2
            | ioctl::TCXONC
            | ioctl::TCFLSH
            | ioctl::TCSBRK
            | ioctl::TCSBRKP
            | ioctl::TIOCSPGRP
    )
}

/// When settings are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// At once.
    Now,
    /// When all has been sent.
    Drained,
    /// When all has been sent; what has come in is thrown away.
    Flushed,
}

/// Copies what is at `at` to `to`.
pub(crate) fn take<const N: usize>(held: &mut Root<'_, Task>, at: u64) -> Result<[u8; N]> {
    user::get(held, at).map_err(|Fault| Errno::EFAULT)
}

/// Copies bytes to `at`.
pub(crate) fn give(held: &mut Root<'_, Task>, at: u64, bytes: &[u8]) -> Result<Outcome> {
    user::put(held, at, bytes).map_err(|Fault| Errno::EFAULT)?;
    Ok(Outcome::Done)
}

/// A count as C's `int`.
pub(crate) fn count(number: usize) -> [u8; 4] {
    i32::try_from(number).unwrap_or(i32::MAX).to_le_bytes()
}

impl Tty {
    /// Does what the command says, for a caller of this job.
    ///
    /// # Errors
    ///
    /// `ENOTTY` for what is no command of a terminal, and where it has to be the caller's own terminal and is not; `EINVAL` for a
    /// wrong argument, `EFAULT`, `EINTR` where it waits, `EIO` when the terminal is hung up.
    pub fn ioctl(
        &self,
        held: &mut Root<'_, Task>,
        job: Job,
        command: u32,
        argument: u64,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Outcome> {
        if self.is_hung_up() {
            return Err(Errno::EIO);
        }
        let own = |number: u32| {
            let is_own = job.session != 0 && self.session() == job.session;
            is_own.then_some(number.to_le_bytes()).ok_or(Errno::ENOTTY)
        };
        match command {
            ioctl::TIOCGPGRP => give(held, argument, &own(self.foreground())?),
            ioctl::TIOCGSID => give(held, argument, &own(self.session())?),
            ioctl::TIOCSPGRP => {
                own(0)?;
                set_foreground(held, argument)
            }
            ioctl::TIOCSCTTY => Ok(Outcome::Claim { steal: argument == 1 }),
            ioctl::TIOCNOTTY => own(0).map(|_| Outcome::Release),
            ioctl::FIONREAD => {
                let readable = self.line.with(held, |line| line.discipline.readable());
                give(held, argument, &count(readable))
            }
            ioctl::TIOCOUTQ => {
                let unsent = self.line.with(held, |line| line.discipline.unsent());
                give(held, argument, &count(unsent))
            }
            ioctl::TCFLSH => self.flush(held, argument),
            _ => self.shared_control(held, command, argument, interrupted),
        }
    }

    /// The controls that mean the same from both ends of a pseudo-terminal.
    pub(crate) fn shared_control(
        &self,
        held: &mut Root<'_, Task>,
        command: u32,
        argument: u64,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Outcome> {
        match command {
            ioctl::TCGETS => {
                let settings = self.settings(held).encode();
                give(held, argument, settings.get(..termios::SIZE).unwrap_or_default())
            }
            ioctl::TCGETS2 => {
                let settings = self.settings(held).encode();
                give(held, argument, &settings)
            }
            ioctl::TCSETS | ioctl::TCSETSW | ioctl::TCSETSF => {
                let bytes = take(held, argument)?;
                let settings = Termios::decode(&bytes, &self.settings(held));
                self.change(held, settings, when(command), interrupted)
            }
            ioctl::TCSETS2 | ioctl::TCSETSW2 | ioctl::TCSETSF2 => {
                let settings = Termios::decode_2(&take(held, argument)?);
                self.change(held, settings, when(command), interrupted)
            }
            ioctl::TIOCGWINSZ => {
                let window = self.window(held).encode();
                give(held, argument, &window)
            }
            ioctl::TIOCSWINSZ => {
                let window = WindowSize::decode(take::<{ window::SIZE }>(held, argument)?);
                self.set_window(held, window);
                Ok(Outcome::Done)
            }
            // A break has no meaning here; both wait until all has been sent.
            ioctl::TCSBRK | ioctl::TCSBRKP => self.drain(held, interrupted).map(|()| Outcome::Done),
            ioctl::TCXONC => self.control_flow(held, argument),
            // Privileged, and off, as Linux has it: a program would type for others.
            ioctl::TIOCSTI => Err(Errno::EIO),
            ioctl::TIOCGETD => give(held, argument, &[0; 4]),
            _ => Err(Errno::ENOTTY),
        }
    }

    /// The settings.
    pub fn settings(&self, held: &mut Root<'_, Task>) -> Termios {
        self.line.with(held, |line| line.discipline.settings().clone())
    }

    /// Sets the settings, at once.
    pub fn set_settings(&self, held: &mut Root<'_, Task>, settings: Termios) {
        self.line.change(held, |line| line.discipline.set(settings));
        // Output that was stopped may have been started.
        self.send(held);
    }

    /// The size of the window.
    pub fn window(&self, held: &mut Root<'_, Task>) -> WindowSize {
        self.line.with(held, |line| line.window)
    }

    /// Sets the size of the window; the group in the foreground is told if it is another one.
    pub fn set_window(&self, held: &mut Root<'_, Task>, window: WindowSize) {
        let before = self.line.with(held, |line| core::mem::replace(&mut line.window, window));
        if before != window {
            self.signal_foreground(held, Signal::WindowChange);
        }
    }

    /// Changes the settings.
    fn change(
        &self,
        held: &mut Root<'_, Task>,
        settings: Termios,
        when: When,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Outcome> {
        if when != When::Now {
            self.drain(held, interrupted)?;
        }
        if when == When::Flushed {
            self.line.change(held, |line| line.discipline.flush_input());
        }
        self.set_settings(held, settings);
        Ok(Outcome::Done)
    }

    /// Throws away what has come in (0), what has not gone out (1), or both (2).
    fn flush(&self, held: &mut Root<'_, Task>, which: u64) -> Result<Outcome> {
        if which > 2 {
            return Err(Errno::EINVAL);
        }
        self.line.change(held, |line| {
            if which != 1 {
                line.discipline.flush_input();
            }
            if which != 0 {
                line.discipline.flush_output();
            }
        });
        Ok(Outcome::Done)
    }

    /// Stops the output (0), starts it (1), has the other side stop (2) or start (3) its own.
    fn control_flow(&self, held: &mut Root<'_, Task>, which: u64) -> Result<Outcome> {
        let operation = match which {
            0 => |line: &mut super::Discipline| line.stop_by_program(),
            1 => |line: &mut super::Discipline| line.start_by_program(),
            2 => |line: &mut super::Discipline| line.send_flow_control(Special::Stop),
            3 => |line: &mut super::Discipline| line.send_flow_control(Special::Start),
            _ => return Err(Errno::EINVAL),
        };
        self.line.change(held, |line| operation(&mut line.discipline));
        self.send(held);
        Ok(Outcome::Done)
    }
}

/// When a command changes the settings.
const fn when(command: u32) -> When {
    match command {
        ioctl::TCSETSW | ioctl::TCSETSW2 => When::Drained,
        ioctl::TCSETSF | ioctl::TCSETSF2 => When::Flushed,
        _ => When::Now,
    }
}

/// The group that is to stand in the foreground.
pub(crate) fn set_foreground(held: &mut Root<'_, Task>, argument: u64) -> Result<Outcome> {
    let group = i32::from_le_bytes(take(held, argument)?);
    u32::try_from(group).map(Outcome::SetForeground).map_err(|_| Errno::EINVAL)
}
