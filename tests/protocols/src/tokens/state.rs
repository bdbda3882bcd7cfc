//! Who has each token, and what each thread is in the middle of.

/// How a token is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// By one thread alone.
    Exclusive,
    /// Beside other readers.
    Shared,
}

/// Who has a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holders {
    /// Nobody.
    Nobody,
    /// One thread, exclusively.
    Owner(usize),
    /// The threads of a mask share it.
    Readers(u8),
}

/// What a thread gives its tokens back for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aim {
    /// To block.
    Block,
    /// To take them again, with one more.
    Take,
    /// To take them again, and this one, which it shares, exclusively.
    TakeExclusively(usize),
}

/// What a thread is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It runs.
    Runs,
    /// It gives its tokens back; this many are left.
    GivesBack(usize, Aim),
    /// It is blocked.
    Blocked,
    /// It takes its tokens in order: the next place, and one that it has already.
    Takes(usize, Option<usize>),
    /// One was not free: it gives those back that it has taken, the mask says which, and then waits for that one.
    Returns(u8, usize),
    /// It is to claim a token, if it wants it exclusively.
    Claims(usize),
    /// It is to enter the queue of a token.
    Enters(usize),
    /// It has entered, and is to look.
    Looks(usize),
    /// It sleeps until it is woken.
    Sleeps(usize),
    /// It has got the token, and is to withdraw its claim.
    Withdraws(usize),
    /// It has freed a token, and is to wake those who sleep for it; then it goes on as before.
    Wakes(usize, Then),
    /// It has finished.
    Done,
}

/// Where a thread goes on after it has freed a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// It runs.
    Run,
    /// It gives back this many more.
    GiveBack(usize, Aim),
    /// It returns those of a mask, and waits for one.
    Return(u8, usize),
}

/// A token that a thread holds, or is to take again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Which.
    pub token: usize,
    /// How often.
    pub count: u8,
    /// How.
    pub mode: Mode,
    /// How often it was shared before it was acquired exclusively; 0 where it was not.
    pub shares: u8,
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Thread {
    /// Its place in its program.
    pub place: usize,
    /// What it holds, in the order in which it acquired it.
    pub held: Vec<Entry>,
    /// What it is in the middle of.
    pub phase: Phase,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Who has each token.
    pub holders: Vec<Holders>,
    /// Who claims each token exclusively.
    pub claims: Vec<u8>,
    /// Who sleeps for each token, or is about to.
    pub sleepers: Vec<u8>,
    /// The threads.
    pub threads: Vec<Thread>,
}

impl Thread {
    /// The entry of a token that it holds.
    pub(super) fn entry(&mut self, token: usize) -> Option<&mut Entry> {
        self.held.iter_mut().find(|entry| entry.token == token)
    }

    /// How it holds a token.
    pub(super) fn mode(&self, token: usize) -> Mode {
        self.held.iter().find(|entry| entry.token == token).map_or(Mode::Exclusive, |entry| entry.mode)
    }

    /// The tokens that it holds, in the order of their addresses.
    pub(super) fn in_order(&self) -> Vec<usize> {
        let mut tokens: Vec<_> = self.held.iter().map(|entry| entry.token).collect();
        tokens.sort_unstable();
        tokens
    }

    /// Counts a token that it shares once more, exclusively from now on.
    pub(super) fn count_exclusive(&mut self, token: usize) {
        if let Some(entry) = self.entry(token) {
            entry.shares = entry.count;
            entry.count += 1;
            entry.mode = Mode::Exclusive;
        }
    }
}

impl State {
    /// Gives a token back that a thread has in a mode; those who sleep for it are woken next.
    pub(super) fn free(&mut self, thread: usize, token: usize, mode: Mode, then: Then) {
        self.holders[token] = match (mode, self.holders[token]) {
            (Mode::Shared, Holders::Readers(readers)) if readers != 1 << thread => {
                Holders::Readers(readers & !(1 << thread))
            }
            _ => Holders::Nobody,
        };
        self.threads[thread].phase = Phase::Wakes(token, then);
    }

    /// Takes a token, if that is possible.
    pub(super) fn take(&mut self, thread: usize, token: usize) -> bool {
        let mode = self.threads[thread].mode(token);
        let holders = match (mode, self.holders[token]) {
            (Mode::Exclusive, Holders::Nobody) => Holders::Owner(thread),
            (Mode::Shared, _) if self.claims[token] != 0 => return false,
            (Mode::Shared, Holders::Nobody) => Holders::Readers(1 << thread),
            (Mode::Shared, Holders::Readers(readers)) => Holders::Readers(readers | 1 << thread),
            _ => return false,
        };
        self.holders[token] = holders;
        true
    }

    /// Makes the only reader the owner.
    pub(super) fn upgrade(&mut self, thread: usize, token: usize, beside_readers: bool) -> bool {
        let alone = self.holders[token] == Holders::Readers(1 << thread) || beside_readers;
        if alone {
            self.holders[token] = Holders::Owner(thread);
        }
        alone
    }

    /// Whether a thread has a token in the mode of an entry.
    pub(super) fn has(&self, thread: usize, entry: &Entry) -> bool {
        match (entry.mode, self.holders[entry.token]) {
            (Mode::Exclusive, Holders::Owner(owner)) => owner == thread,
            (Mode::Shared, Holders::Readers(readers)) => readers >> thread & 1 == 1,
            _ => false,
        }
    }

    /// Whether all threads have finished.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.threads.iter().all(|thread| thread.phase == Phase::Done)
    }
}
