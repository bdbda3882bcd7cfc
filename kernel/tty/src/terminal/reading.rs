//! Reads, and how long they wait.
//!
//! With lines a read gives one of them, or the part that it has room for. Without, two of the special characters are numbers
//! that say how long it waits (POSIX.1-2024, 11.1.7):
//!
//! | `VMIN` | `VTIME` | returns |
//! |---|---|---|
//! | above 0 | 0 | when so many bytes have come |
//! | above 0 | above 0 | the same, or when after a byte none came for that time |
//! | 0 | 0 | at once |
//! | 0 | above 0 | when a byte has come, or after that time |

use core::time::Duration;

use abi::{Errno, Result};
use base::mm::fallible::try_zeroed;
use base::sched::waiting;
use base::time::Instant;
use lockorder::{Root, Task};

use super::Tty;
use super::line::Flags;
use crate::buffers::Destination;
use crate::termios::{LocalFlags, Special, Termios};

/// Most bytes of one read: as many as there can be.
const MOST: usize = 4096;

/// How long a read waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Patience {
    /// Bytes after which it has enough.
    enough: usize,
    /// How long it waits for the first one; for ever without.
    first: Option<Duration>,
    /// How long it waits for the next one; for ever without.
    next: Option<Duration>,
}

impl Patience {
    /// What the settings say.
    fn new(settings: &Termios) -> Self {
        if settings.has(LocalFlags::ICANON) {
            return Self { enough: 1, first: None, next: None };
        }
        let minimum = usize::from(settings.value(Special::Minimum));
        let time = Duration::from_millis(100 * u64::from(settings.value(Special::Time)));
        match minimum {
            0 => Self { enough: 1, first: Some(time), next: None },
            _ => Self { enough: minimum, first: None, next: Some(time).filter(|time| !time.is_zero()) },
        }
    }
}

impl Tty {
    /// Reads. Gives no bytes at the end of the file, after the time that the settings say, and when the terminal is hung up.
    ///
    /// Whether the caller may read from the background is asked before ([`background`](Self::background)). `interrupted` says whether
    /// a signal has come for the caller, who is woken then ([`waiting`]).
    ///
    /// # Errors
    ///
    /// `EAGAIN` when nothing is there and it must not wait, `EINTR` when it is interrupted before anything has come (nothing has been
    /// taken, so it may be done again), `EIO` when the terminal is hung up while it waits, `EFAULT`, `ENOMEM`.
    pub fn read(
        &self,
        held: &mut Root<'_, Task>,
        to: &mut (impl Destination + ?Sized),
        nonblocking: bool,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<usize> {
        if to.size() == 0 || self.is_hung_up() {
            return Ok(0);
        }
        let mut buffer = try_zeroed(to.size().min(MOST)).map_err(|_| Errno::ENOMEM)?;
        let patience = self.line.with(held, |line| Patience::new(line.discipline.settings()));
        let mut deadline = patience.first.map(|time| Instant::now() + time);
        let mut late = patience.first == Some(Duration::ZERO);
        let mut done = 0;
        loop {
            match self.take_input(held, &mut buffer, to.size() - done) {
                Some((count, complete)) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    match to.put(held, done, bytes) {
                        Ok(()) => done += count,
                        Err(_) if done > 0 => return Ok(done),
                        Err(error) => return Err(error),
                    }
                    if complete || done >= patience.enough || done >= to.size() {
                        return Ok(done);
                    }
                    deadline = patience.next.map(|time| Instant::now() + time);
                    late = false;
                }
                None if done > 0 && (late || nonblocking || interrupted() || self.is_hung_up()) => {
                    return Ok(done);
                }
                None if self.is_hung_up() => return Err(Errno::EIO),
                None if late => return Ok(0),
                None if nonblocking => return Err(Errno::EAGAIN),
                None if interrupted() => return Err(Errno::EINTR),
                None => late = self.wait_for_input(held, deadline, interrupted)?,
            }
        }
    }

    /// Waits until something can be read, or until nothing will be; says whether the time is over.
    fn wait_for_input(
        &self,
        held: &mut Root<'_, Task>,
        deadline: Option<Instant>,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<bool> {
        let look = || {
            let ends = self.line.flags().contains(Flags::INPUT) || self.is_hung_up() || interrupted();
            ends.then_some(())
        };
        match waiting::wait(held, &[&self.line.programs], deadline, |_| look()) {
            Ok(()) => Ok(false),
            Err(waiting::WaitError::TimedOut) => Ok(true),
            Err(waiting::WaitError::NoMemory) => Err(Errno::ENOMEM),
        }
    }

    /// Takes what can be read, at most `most` bytes, into the buffer; says whether that is all that a read gives: a line.
    fn take_input(&self, held: &mut Root<'_, Task>, buffer: &mut [u8], most: usize) -> Option<(usize, bool)> {
        let most = most.min(buffer.len());
        let room = buffer.get_mut(..most)?;
        let taken = self.line.with(held, |line| {
            let lines = line.discipline.has_lines();
            line.discipline.read(room).map(|count| (count, lines))
        });
        if taken.is_some() {
            // There is room now.
            self.line.other_end.wake();
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::Patience;
    use crate::termios::{LocalFlags, Special, Termios};

    /// How long a read without lines waits.
    fn patience(minimum: u8, time: u8) -> Patience {
        let mut settings = Termios::default();
        settings.local -= LocalFlags::ICANON;
        settings.set(Special::Minimum, minimum);
        settings.set(Special::Time, time);
        Patience::new(&settings)
    }

    #[test]
    fn a_line_is_waited_for_without_a_limit() {
        let mut settings = Termios::default();
        settings.set(Special::Minimum, 0);
        settings.set(Special::Time, 5);
        assert_eq!(Patience::new(&settings), Patience { enough: 1, first: None, next: None });
    }

    #[test]
    fn minimum_and_time_say_how_long_a_read_waits() {
        let half = Some(Duration::from_millis(500));
        assert_eq!(patience(3, 0), Patience { enough: 3, first: None, next: None });
        assert_eq!(patience(3, 5), Patience { enough: 3, first: None, next: half });
        assert_eq!(patience(0, 0), Patience { enough: 1, first: Some(Duration::ZERO), next: None });
        assert_eq!(patience(0, 5), Patience { enough: 1, first: half, next: None });
    }
}
