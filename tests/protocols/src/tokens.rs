//! Serialising tokens: who blocks gives all back, and runs on with all or not at all.
//!
//! **State.** Who has each token, who claims it exclusively, and who sleeps for it. Each thread has a program, the tokens that
//! it holds, with counts and modes, and what it is in the middle of. **Steps** are what another thread can see in between:
//! taking one token, giving one back, freeing it and waking those who sleep for it, claiming it, entering a queue, looking,
//! sleeping. Tokens have no rank: programs acquire them in any order.
//!
//! **Readers** share a token; while anybody claims it exclusively no new one enters. A reader that acquires its share
//! exclusively becomes the owner at once where it is alone; otherwise it gives the share back as well, and takes the token
//! exclusively. When the exclusive scope ends it is a reader again, without a moment in between.
//!
//! **Checked.** A thread that runs has all that it holds, in the mode in which it holds it, so nobody else has it in a mode
//! that excludes that. When nobody can go on, all have finished. And from every state the end can be reached: threads do not
//! take and give back for ever ([`stuck`](crate::stuck)).
//!
//! **Not modelled:** that a thread that has tried often takes its tokens one by one, and the order of memory: steps are one
//! after the other.

mod state;

pub use state::{Aim, Entry, Holders, Mode, Phase, State, Then, Thread};

use stateright::{Model, Property};

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Acquires a token exclusively, perhaps again, perhaps what it shares.
    Acquire(usize),
    /// Acquires a token beside other readers, or again.
    Share(usize),
    /// Gives up one acquisition.
    Release(usize),
    /// Blocks, until that is over by itself.
    Block,
}

/// A way to break the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Not at all.
    Nothing,
    /// Whoever waits for a token keeps the others.
    KeepsWhileWaiting,
    /// Whoever got one of its tokens runs on.
    RunsWithAPart,
    /// The first release frees a token, however often it was acquired.
    FreesAtOnce,
    /// A thread looks at a token before it enters the queue, and not after.
    LooksTooEarly,
    /// Where one token is not free, the last one that was taken is not given back.
    ForgetsOne,
    /// Whoever waits to have exclusively what it shares keeps its share.
    KeepsItsShare,
    /// A reader becomes the owner beside other readers.
    OwnsBesideReaders,
    /// The end of the exclusive scope frees what the thread shares still.
    FreesItsShare,
    /// The end of the exclusive scope leaves the token as it is: it has an owner, and no readers.
    GoesOnOwning,
    /// Whoever has got a token exclusively goes on claiming it.
    KeepsItsClaim,
}

/// The model.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// How many tokens there are.
    pub tokens: usize,
    /// The program of each thread.
    pub programs: Vec<Vec<Step>>,
    /// How it is broken.
    pub broken: Broken,
}

impl Tokens {
    /// A thread acquires a token, in a mode.
    fn acquire(&self, state: &mut State, index: usize, token: usize, mode: Mode) {
        let beside_readers = self.broken == Broken::OwnsBesideReaders;
        let others = state.threads[index].held.len();
        if let Some(entry) = state.threads[index].entry(token) {
            if mode == Mode::Shared || entry.mode == Mode::Exclusive {
                entry.count += 1;
            } else if state.upgrade(index, token, beside_readers) {
                state.threads[index].count_exclusive(token);
            } else {
                state.threads[index].phase = Phase::GivesBack(others, Aim::TakeExclusively(token));
            }
            return;
        }
        state.threads[index].held.push(Entry { token, count: 1, mode, shares: 0 });
        if state.take(index, token) {
            return;
        }
        state.threads[index].phase = if self.broken == Broken::KeepsWhileWaiting {
            Phase::Claims(token)
        } else {
            Phase::GivesBack(others, Aim::Take)
        };
    }

    /// A thread gives up one acquisition.
    fn release(&self, state: &mut State, index: usize, token: usize) {
        let thread = &mut state.threads[index];
        let entry = thread.entry(token).expect("it holds it");
        let mode = entry.mode;
        entry.count -= 1;
        if entry.count > 0 && entry.count == entry.shares {
            entry.shares = 0;
            entry.mode = Mode::Shared;
            match self.broken {
                Broken::FreesItsShare => state.free(index, token, mode, Then::Run),
                Broken::GoesOnOwning => {}
                _ => {
                    state.holders[token] = Holders::Readers(1 << index);
                    state.threads[index].phase = Phase::Wakes(token, Then::Run);
                }
            }
            return;
        }
        let last = entry.count == 0;
        if last {
            thread.held.retain(|entry| entry.token != token);
        }
        if last || self.broken == Broken::FreesAtOnce {
            state.free(index, token, mode, Then::Run);
        }
    }

    /// A thread that runs makes its next step.
    fn run(&self, state: &mut State, index: usize) {
        let step = self.programs[index].get(state.threads[index].place).copied();
        let thread = &mut state.threads[index];
        thread.place += 1;
        match step {
            None => thread.phase = Phase::Done,
            Some(Step::Block) => thread.phase = Phase::GivesBack(thread.held.len(), Aim::Block),
            Some(Step::Acquire(token)) => self.acquire(state, index, token, Mode::Exclusive),
            Some(Step::Share(token)) => self.acquire(state, index, token, Mode::Shared),
            Some(Step::Release(token)) => self.release(state, index, token),
        }
    }

    /// A thread that gives its tokens back gives the next one, or goes on to its aim.
    fn give_back(&self, state: &mut State, index: usize, left: usize, aim: Aim) {
        let thread = &mut state.threads[index];
        if left == 0 {
            if let Aim::TakeExclusively(token) = aim {
                thread.count_exclusive(token);
            }
            thread.phase = if aim == Aim::Block { Phase::Blocked } else { Phase::Takes(0, None) };
            return;
        }
        let Entry { token, mode, .. } = thread.held[left - 1];
        if self.broken == Broken::KeepsItsShare && aim == Aim::TakeExclusively(token) {
            thread.phase = Phase::GivesBack(left - 1, aim);
        } else {
            state.free(index, token, mode, Then::GiveBack(left - 1, aim));
        }
    }

    /// A thread that takes its tokens again tries the next one.
    fn take_next(&self, state: &mut State, index: usize, place: usize, first: Option<usize>) {
        let order = state.threads[index].in_order();
        let Some(&token) = order.get(place) else {
            state.threads[index].phase = Phase::Runs;
            return;
        };
        if first == Some(token) || state.take(index, token) {
            state.threads[index].phase = if self.broken == Broken::RunsWithAPart {
                Phase::Runs
            } else {
                Phase::Takes(place + 1, first)
            };
            return;
        }
        let mut mask: u8 = order[..place].iter().map(|token| 1 << token).sum();
        if let Some(first) = first {
            mask |= 1 << first;
        }
        if self.broken == Broken::ForgetsOne {
            mask &= mask.wrapping_sub(1);
        }
        state.threads[index].phase = Phase::Returns(mask, token);
    }

    /// A thread waits for a token: its next step.
    fn wait(&self, state: &mut State, index: usize, phase: Phase) -> Phase {
        match phase {
            Phase::Claims(token) => {
                if state.threads[index].mode(token) == Mode::Exclusive {
                    state.claims[token] |= 1 << index;
                }
                Phase::Enters(token)
            }
            // It looks, and enters afterwards.
            Phase::Enters(token) if self.broken == Broken::LooksTooEarly => {
                if state.take(index, token) {
                    Phase::Withdraws(token)
                } else {
                    Phase::Looks(token)
                }
            }
            Phase::Enters(token) => {
                state.sleepers[token] |= 1 << index;
                Phase::Looks(token)
            }
            Phase::Looks(token) if self.broken == Broken::LooksTooEarly => {
                state.sleepers[token] |= 1 << index;
                Phase::Sleeps(token)
            }
            Phase::Looks(token) if state.take(index, token) => {
                state.sleepers[token] &= !(1 << index);
                Phase::Withdraws(token)
            }
            Phase::Looks(token) => Phase::Sleeps(token),
            Phase::Sleeps(token) => Phase::Enters(token),
            Phase::Withdraws(token) => {
                if self.broken != Broken::KeepsItsClaim {
                    state.claims[token] &= !(1 << index);
                }
                if self.broken == Broken::KeepsWhileWaiting {
                    Phase::Runs
                } else {
                    Phase::Takes(0, Some(token))
                }
            }
            other => other,
        }
    }

    /// One step of a thread.
    fn step(&self, state: &mut State, index: usize) {
        match state.threads[index].phase {
            Phase::Runs => self.run(state, index),
            Phase::GivesBack(left, aim) => self.give_back(state, index, left, aim),
            Phase::Blocked => state.threads[index].phase = Phase::Takes(0, None),
            Phase::Takes(place, first) => self.take_next(state, index, place, first),
            Phase::Returns(0, wanted) => state.threads[index].phase = Phase::Claims(wanted),
            Phase::Returns(mask, wanted) => {
                let token = usize::try_from(mask.trailing_zeros()).expect("few");
                let mode = state.threads[index].mode(token);
                state.free(index, token, mode, Then::Return(mask & (mask - 1), wanted));
            }
            Phase::Wakes(token, then) => {
                state.sleepers[token] = 0;
                state.threads[index].phase = match then {
                    Then::Run => Phase::Runs,
                    Then::GiveBack(left, aim) => Phase::GivesBack(left, aim),
                    Then::Return(mask, wanted) => Phase::Returns(mask, wanted),
                };
            }
            Phase::Done => {}
            waits => state.threads[index].phase = self.wait(state, index, waits),
        }
    }

    /// Whether a thread can make a step.
    fn can_go_on(state: &State, index: usize) -> bool {
        match state.threads[index].phase {
            Phase::Sleeps(token) => state.sleepers[token] >> index & 1 == 0,
            Phase::Done => false,
            _ => true,
        }
    }
}

impl Model for Tokens {
    type State = State;
    type Action = usize;

    fn init_states(&self) -> Vec<State> {
        let thread = Thread { place: 0, held: Vec::new(), phase: Phase::Runs };
        vec![State {
            holders: vec![Holders::Nobody; self.tokens],
            claims: vec![0; self.tokens],
            sleepers: vec![0; self.tokens],
            threads: vec![thread; self.programs.len()],
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<usize>) {
        actions.extend((0..state.threads.len()).filter(|&index| Self::can_go_on(state, index)));
    }

    fn next_state(&self, state: &State, index: usize) -> Option<State> {
        let mut next = state.clone();
        self.step(&mut next, index);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("who runs has all its tokens", |_, state: &State| {
                state.threads.iter().enumerate().all(|(index, thread)| {
                    thread.phase != Phase::Runs || thread.held.iter().all(|entry| state.has(index, entry))
                })
            }),
            Property::always("who cannot go on has finished", |_, state: &State| {
                state.is_end() || (0..state.threads.len()).any(|index| Self::can_go_on(state, index))
            }),
        ]
    }
}
