//! What calls have given, for later calls to draw from: open files, processes, memory.
//!
//! Open files are known by what they are, so that most calls get a file that they are for. A pool holds the last few of a kind. That
//! one of them is closed, has ended or is unmapped is no reason to forget it.

use guest_random::Random;

/// How many a pool holds.
const MOST: usize = 16;
/// Numbers of open files that are known.
const FILES: usize = 64;

/// What an open file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Whatever has a path.
    Path,
    /// A directory.
    Directory,
    /// An end of a pipe.
    Pipe,
    /// A socket that is not connected.
    Socket,
    /// A socket that is connected, or has been.
    Connected,
    /// A socket that is listened at.
    Listener,
    /// An end of a pseudo-terminal.
    Terminal,
    /// An epoll.
    Epoll,
    /// A timer.
    Timer,
    /// A counter of events.
    Event,
    /// What waits for signals.
    Signals,
    /// What is told of changes of files.
    Notify,
    /// Memory without a name.
    Memory,
    /// A process.
    Process,
}

/// The last few values of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    values: [u64; MOST],
    added: usize,
}

impl Pool {
    /// Nothing yet.
    pub(crate) const fn new() -> Self {
        Self { values: [0; MOST], added: 0 }
    }

    /// Adds a value, in place of one of those before it.
    pub(crate) fn add(&mut self, value: u64) {
        if let Some(place) = self.values.get_mut(self.added % MOST) {
            *place = value;
        }
        self.added = self.added.wrapping_add(1);
    }

    /// One of them; none of none.
    pub(crate) fn draw(&self, random: &mut Random) -> Option<u64> {
        let known = self.values.get(..self.added.min(MOST)).unwrap_or(&self.values);
        random.of(known).copied()
    }
}

/// Open files, by their numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Files([Option<Class>; FILES]);

impl Files {
    /// Notes what a number is.
    pub(crate) fn set(&mut self, number: u64, class: Option<Class>) {
        if let Some(place) = usize::try_from(number).ok().and_then(|number| self.0.get_mut(number)) {
            *place = class;
        }
    }

    /// What a number is.
    pub(crate) fn class(&self, number: u64) -> Option<Class> {
        usize::try_from(number).ok().and_then(|number| self.0.get(number).copied().flatten())
    }

    /// One of a class, or any of them; none of none.
    pub(crate) fn draw(&self, random: &mut Random, wanted: Option<Class>) -> Option<u64> {
        let from = random.below(FILES as u64);
        let is_wanted = |class: Class| wanted.is_none_or(|wanted| wanted == class);
        let mut numbers = (0..FILES as u64).map(|step| (from + step) % FILES as u64);
        numbers.find(|&number| self.class(number).is_some_and(is_wanted))
    }
}

/// The pools of one process or thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pools {
    /// Open files.
    pub files: Files,
    /// Its children, and their children.
    pub processes: Pool,
    /// Addresses that `mmap` gave.
    pub mappings: Pool,
    /// Timers of the process.
    pub timers: Pool,
    /// What is watched.
    pub watches: Pool,
    /// Objects of System V.
    pub objects: Pool,
}

impl Pools {
    /// Nothing but these open files.
    pub(crate) fn new(files: &[(Class, i32)]) -> Self {
        let none = Pool::new();
        let files_of_none = Files([None; FILES]);
        let mut pools = Self {
            files: files_of_none,
            processes: none,
            mappings: none,
            timers: none,
            watches: none,
            objects: none,
        };
        for &(class, number) in files {
            pools.files.set(i64::from(number).cast_unsigned(), Some(class));
        }
        pools
    }
}
