//! The state of a terminal's line, behind its lock.
//!
//! [`TtyLine`] is held for what is bounded: [`CHUNK`] bytes that come in or are written, what is there where they are read. Never over a copy to or from user memory, never while a device
//! sends, never while a signal is sent: each of those needs a lock that ranks outside, and would take long. What it is held over
//! ends in bytes in the caller's own buffer, and is dealt with after.
//!
//! **Who waits or polls takes no lock.** Before the lock is released, what the line is ready for is written to a word
//! ([`Flags`]), and after that the two sources are woken: that of the programs that have the terminal open, and that of the
//! wire's other end.

use core::sync::atomic::{AtomicU32, Ordering};

use abi::Errno;
use base::sched::waiting::Source;
use bitflags::bitflags;
use lockorder::{Before, Held, SpinLock, Task};

use crate::discipline::{Discipline, Wire};
use crate::termios::{LocalFlags, Termios};
use crate::window::WindowSize;

lockorder::hierarchy! {
    /// The line of one terminal: its discipline with what was typed and what goes out, and the size of its window. Of a
    /// pseudo-terminal both ends: what the master writes is typed under it, and what the slave writes is read by the master.
    pub class TtyLine in base::levels::User = 2;
}

/// Most bytes that come in or go out under the lock at a time.
pub(crate) const CHUNK: usize = 256;

bitflags! {
    /// What a line is ready for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Flags: u32 {
        /// A read would give something at once.
        const INPUT = 1;
        /// A read would give as much as it should wait for.
        const READY = 2;
        /// A program may write.
        const ROOM = 4;
        /// Bytes may go out.
        const OUTPUT = 8;
        /// Bytes may come in.
        const ACCEPTS = 16;
        /// All bytes have gone out.
        const SENT = 32;
        /// Who writes from the background is stopped.
        const STOPS_BACKGROUND = 64;
    }
}

/// What the lock protects.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) discipline: Discipline,
    pub(crate) window: WindowSize,
}

/// A terminal's line.
#[derive(Debug)]
pub(crate) struct Line {
    state: SpinLock<TtyLine, State>,
    /// [`Flags`], as they were when the lock was released last. Written under the lock.
    flags: AtomicU32,
    /// Woken after each change that a program might wait for.
    pub(crate) programs: Source,
    /// Woken after each change that the wire's other end might wait for.
    pub(crate) other_end: Source,
}

impl State {
    /// What it is ready for.
    fn flags(&self) -> Flags {
        let line = &self.discipline;
        let mut flags = Flags::empty();
        flags.set(Flags::INPUT, line.has_input());
        flags.set(Flags::READY, line.is_ready());
        flags.set(Flags::ROOM, line.writable() > 0);
        flags.set(Flags::OUTPUT, line.sendable() > 0);
        flags.set(Flags::ACCEPTS, line.room() > 0);
        flags.set(Flags::SENT, line.unsent() == 0);
        flags.set(Flags::STOPS_BACKGROUND, line.settings().has(LocalFlags::TOSTOP));
        flags
    }
}

impl Line {
    /// A line with these settings.
    pub(crate) fn try_new(settings: Termios, wire: Wire) -> abi::Result<Self> {
        let discipline = Discipline::try_new(settings, wire).map_err(|_| Errno::ENOMEM)?;
        let state = State { discipline, window: WindowSize::default() };
        Ok(Self {
            flags: AtomicU32::new(state.flags().bits()),
            state: SpinLock::new(state),
            programs: Source::new(),
            other_end: Source::new(),
        })
    }

    /// Does something with the line, under its lock; what it is ready for is known to all when this returns.
    pub(crate) fn with<H: Before<TtyLine>, O>(
        &self,
        held: &mut Held<'_, H, Task>,
        operation: impl FnOnce(&mut State) -> O,
    ) -> O {
        held.below::<TtyLine>().with(&self.state, |state, _| {
            let outcome = operation(state);
            self.flags.store(state.flags().bits(), Ordering::SeqCst);
            outcome
        })
    }

    /// The same for what changes something: both ends are woken.
    pub(crate) fn change<H: Before<TtyLine>, O>(
        &self,
        held: &mut Held<'_, H, Task>,
        operation: impl FnOnce(&mut State) -> O,
    ) -> O {
        let outcome = self.with(held, operation);
        self.programs.wake();
        self.other_end.wake();
        outcome
    }

    /// What it is ready for. Without a lock.
    pub(crate) fn flags(&self) -> Flags {
        Flags::from_bits_retain(self.flags.load(Ordering::SeqCst))
    }
}
