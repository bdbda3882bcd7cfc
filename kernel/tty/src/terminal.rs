//! A terminal as programs have it: the console, or the slave of a pseudo-terminal.
//!
//! | file | what |
//! |---|---|
//! | `line` | the line's state and its lock; readiness without a lock |
//! | `reading` | reads, and how long they wait |
//! | `writing` | writes, and how bytes come to a device |
//! | `control` | `ioctl` |
//! | `job` | whose terminal it is |
//!
//! **Locks.** Two, of which the outer one is held over whole chunks of output:
//!
//! | lock | held over | never over |
//! |---|---|---|
//! | [`TerminalWriter`] | a chunk that is written, until the device has it: what several programs write is not mixed up within one | waiting for anything: for room, for the output to be started |
//! | [`TtyLine`] | steps of the discipline, over bytes in the kernel | user memory, devices, signals |
//!
//! Whoever waits holds nothing; it is woken through a [`Source`]. Signals that bytes send are sent when all has been released, by
//! a [`Signaller`] that was handed down: processes rank outside of terminals.
//!
//! **Hanging up.** When the master of a pseudo-terminal is closed, its slave is hung up: reads that wait fail with `EIO`, reads
//! after that give nothing, writes and controls fail with `EIO`.

mod control;
mod job;
mod line;
mod reading;
mod writing;

use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use base::sched::Mutex;
use base::sched::waiting::Source;
use lockorder::{Root, Task};

use crate::discipline::{Discipline, Wire};
use crate::readiness::Readiness;
use crate::signal::{Signal, Signaller};
use crate::termios::Termios;

pub use control::{Outcome, changes};
pub use job::Job;
pub use line::TtyLine;
pub use writing::TerminalWriter;

pub(crate) use control::{count, give, set_foreground, take};
use job::Foreground;
use line::Line;
pub(crate) use line::{CHUNK, Flags};

/// Where the bytes of a terminal go.
#[derive(Clone, Copy)]
pub(crate) enum OtherEnd {
    /// To a device, by this function. It takes a chunk, and does not wait for long.
    Device(fn(&[u8])),
    /// To the master, which reads them.
    Master,
}

/// What a program does with the terminal from the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Changes settings: a control for which [`changes`] says so.
    Change,
}

/// Who may open a terminal at first: its owner.
const PERMISSIONS: u32 = 0o600;
/// Somebody has had the terminal open.
const WAS_OPEN: u32 = 1 << 31;

/// A terminal.
pub struct Tty {
    pub(crate) line: Line,
    /// Held by who writes, over a chunk.
    writer: Mutex<TerminalWriter, ()>,
    other_end: OtherEnd,
    foreground: Foreground,
    signaller: Arc<dyn Signaller>,
    /// How often programs have it open, and [`WAS_OPEN`]: in one word, so that who opens it while another one closes it is not
    /// taken for gone.
    open: AtomicU32,
    /// Its other end is gone.
    hung_up: AtomicBool,
    /// It may not be opened yet.
    locked: AtomicBool,
    /// Whose it is, as a name of it shows: the user and the group.
    owner: AtomicU64,
    /// Who may open it.
    permissions: AtomicU32,
}

impl fmt::Debug for Tty {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tty")
            .field("foreground", &self.foreground.get())
            .field("open", &(self.open.load(Ordering::Relaxed) & !WAS_OPEN))
            .field("hung_up", &self.is_hung_up())
            .finish_non_exhaustive()
    }
}

impl Tty {
    /// A terminal that nobody has opened.
    pub(crate) fn try_new(
        settings: Termios,
        other_end: OtherEnd,
        signaller: Arc<dyn Signaller>,
    ) -> abi::Result<Self> {
        let wire = match other_end {
            OtherEnd::Device(_) => Wire::Device,
            OtherEnd::Master => Wire::Master,
        };
        Ok(Self {
            line: Line::try_new(settings, wire)?,
            writer: Mutex::new(()),
            other_end,
            foreground: Foreground::default(),
            signaller,
            open: AtomicU32::new(0),
            hung_up: AtomicBool::new(false),
            locked: AtomicBool::new(false),
            owner: AtomicU64::new(0),
            permissions: AtomicU32::new(PERMISSIONS),
        })
    }

    /// A program opens it. Each opening is ended by one [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// `EIO` when it has been hung up, or may not be opened yet; `ENFILE` when it is open more often than can be counted.
    pub fn open(&self) -> abi::Result<()> {
        if self.is_hung_up() || self.locked.load(Ordering::SeqCst) {
            return Err(abi::Errno::EIO);
        }
        let more = |count: u32| count.checked_add(1).map(|count| count | WAS_OPEN);
        let opened = self.open.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        opened.map(drop).map_err(|_| abi::Errno::ENFILE)
    }

    /// A program closes it. The master of a pseudo-terminal learns that nobody has it open any more.
    pub fn close(&self, _held: &mut Root<'_, Task>) {
        let less = |count: u32| (count & !WAS_OPEN != 0).then(|| count - 1);
        if self.open.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) == Ok(WAS_OPEN + 1) {
            self.line.other_end.wake();
        }
    }

    /// Takes bytes that have come in, as many as find room, and sends the signals that they mean; says how many it took.
    pub(crate) fn receive(&self, held: &mut Root<'_, Task>, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let chunk = rest.get(..CHUNK).unwrap_or(rest);
            let (more, signal) = self.line.change(held, |line| receive(&mut line.discipline, chunk));
            if let Some(signal) = signal {
                self.signal_foreground(held, signal);
            }
            self.send(held);
            if more == 0 {
                break;
            }
            taken += more;
        }
        taken
    }

    /// Sends a signal to the group in the foreground, if there is one.
    pub(crate) fn signal_foreground(&self, held: &mut Root<'_, Task>, signal: Signal) {
        let group = self.foreground.get().group;
        if group != 0 {
            self.signaller.signal_group(held, group, signal);
        }
    }

    /// Its other end is gone: whoever waits here gives up, and the session loses its terminal.
    pub(crate) fn hang_up(&self, held: &mut Root<'_, Task>) {
        self.hung_up.store(true, Ordering::SeqCst);
        self.line.programs.wake();
        self.line.other_end.wake();
        let Job { session, group } = self.foreground.take();
        if session != 0 {
            self.signaller.hang_up(held, session, group);
        }
    }

    /// Whether its other end is gone.
    #[must_use]
    pub fn is_hung_up(&self) -> bool {
        self.hung_up.load(Ordering::SeqCst)
    }

    /// Whether nobody has it open any more, and somebody had.
    pub(crate) fn is_closed(&self) -> bool {
        self.open.load(Ordering::SeqCst) == WAS_OPEN
    }

    /// Whether it may not be opened.
    pub(crate) fn is_locked(&self) -> bool {
        self.locked.load(Ordering::SeqCst)
    }

    /// It may not be opened from now on, or it may.
    pub fn set_locked(&self, locked: bool) {
        self.locked.store(locked, Ordering::SeqCst);
    }

    /// Whose it is: the user, the group, and who may open it.
    #[must_use]
    pub fn owner(&self) -> (u32, u32, u32) {
        let owner = self.owner.load(Ordering::Relaxed);
        let half = |word: u64| u32::try_from(word & 0xffff_ffff).unwrap_or(0);
        (half(owner >> 32), half(owner), self.permissions.load(Ordering::Relaxed))
    }

    /// Makes it somebody's.
    pub fn set_owner(&self, uid: u32, gid: u32, permissions: u32) {
        self.owner.store(u64::from(uid) << 32 | u64::from(gid), Ordering::Relaxed);
        self.permissions.store(permissions, Ordering::Relaxed);
    }

    /// What it is ready for. Takes no lock.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        if self.is_hung_up() {
            return Readiness::all();
        }
        let flags = self.line.flags();
        let mut readiness = Readiness::empty();
        readiness.set(Readiness::READ, flags.contains(Flags::READY));
        readiness.set(Readiness::WRITE, flags.contains(Flags::ROOM));
        readiness
    }

    /// What is woken when [`readiness`](Self::readiness) may have changed.
    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.line.programs
    }

    /// The session whose terminal it is; 0 where it is nobody's.
    #[must_use]
    pub fn session(&self) -> u32 {
        self.foreground.get().session
    }

    /// The group in the foreground; 0 where there is none.
    #[must_use]
    pub fn foreground(&self) -> u32 {
        self.foreground.get().group
    }

    /// Becomes the terminal of a session, with that group in the foreground, unless it is another session's already; says whether.
    /// That the session has no other terminal is the caller's to know.
    #[must_use]
    pub fn claim(&self, job: Job) -> bool {
        !self.is_hung_up() && self.foreground.claim(job)
    }

    /// Becomes the terminal of a session, whosever it was.
    pub fn steal(&self, job: Job) {
        self.foreground.steal(job);
    }

    /// Puts another group of the session in the foreground; false when it is not the session's terminal any more. That the group is
    /// one of that session is the caller's to know.
    #[must_use]
    pub fn set_foreground(&self, job: Job) -> bool {
        self.foreground.change(job)
    }

    /// Is not the terminal of that session any more: its leader has ended or has given it up.
    pub fn release(&self, session: u32) {
        self.foreground.release(session);
    }

    /// The signal that stops `job` where it does this from the background, if it does. A caller that ignores or blocks the signal may
    /// write and change, and gets `EIO` from a read; so does one whose group is orphaned, from all of them.
    #[must_use]
    pub fn background(&self, job: Job, access: Access) -> Option<Signal> {
        if !self.foreground.is_behind(job) {
            return None;
        }
        match access {
            Access::Read => Some(Signal::BackgroundRead),
            Access::Change => Some(Signal::BackgroundWrite),
            Access::Write => {
                self.line.flags().contains(Flags::STOPS_BACKGROUND).then_some(Signal::BackgroundWrite)
            }
        }
    }
}

/// Gives bytes to a discipline until one sends a signal, or until there is no room; says how many.
fn receive(discipline: &mut Discipline, bytes: &[u8]) -> (usize, Option<Signal>) {
    for (byte, count) in bytes.iter().zip(1..) {
        if discipline.room() == 0 {
            return (count - 1, None);
        }
        if let Some(signal) = discipline.receive(*byte) {
            return (count, Some(signal));
        }
    }
    (bytes.len(), None)
}
