//! Serialising tokens: who blocks gives all back, and runs on with all or not at all.
//!
//! **State.** Who owns each token; who sleeps for each. Each thread has a program, the tokens that it holds, with counts, and
//! what it is in the middle of. **Steps** are what another thread can see in between: taking one token, giving one back,
//! freeing it and waking those who sleep for it, entering a queue, looking, sleeping.
//!
//! **Checked.** A thread that runs owns all that it holds, so nobody else does. When nobody can go on, all have finished.
//! And from every state the end can be reached: threads do not take and give back for ever ([`stuck`](crate::stuck)).
//!
//! **Not modelled:** readers, and the order of memory: steps are one after the other.

use stateright::{Model, Property};

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Acquires a token, perhaps again.
    Acquire(usize),
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
}

/// What a thread is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It runs.
    Runs,
    /// It gives its tokens back, this many are left, to block, or else to take them again with one more.
    GivesBack(usize, bool),
    /// It is blocked.
    Blocked,
    /// It takes its tokens in order: the next place, and one that it has already.
    Takes(usize, Option<usize>),
    /// One was not free: it gives those back that it has taken, the mask says which, and then waits for that one.
    Returns(u8, usize),
    /// It is to enter the queue of a token.
    Enters(usize),
    /// It has entered, and is to look.
    Looks(usize),
    /// It sleeps until it is woken.
    Sleeps(usize),
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
    /// It gives back this many more; to block, or else to take.
    GiveBack(usize, bool),
    /// It returns those of a mask, and waits for one.
    Return(u8, usize),
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Thread {
    /// Its place in its program.
    pub place: usize,
    /// What it holds, and how often, in the order in which it acquired it.
    pub held: Vec<(usize, u8)>,
    /// What it is in the middle of.
    pub phase: Phase,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The owner of each token.
    pub owners: Vec<Option<usize>>,
    /// Who sleeps for each token, or is about to.
    pub sleepers: Vec<u8>,
    /// The threads.
    pub threads: Vec<Thread>,
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
    /// Frees a token.
    fn free(state: &mut State, thread: usize, token: usize, then: Then) {
        state.owners[token] = None;
        state.threads[thread].phase = Phase::Wakes(token, then);
    }

    /// Takes a token, if it is free.
    fn take(state: &mut State, thread: usize, token: usize) -> bool {
        let free = state.owners[token].is_none();
        if free {
            state.owners[token] = Some(thread);
        }
        free
    }

    /// The tokens that a thread holds, in the order of their addresses.
    fn in_order(thread: &Thread) -> Vec<usize> {
        let mut tokens: Vec<_> = thread.held.iter().map(|(token, _)| *token).collect();
        tokens.sort_unstable();
        tokens
    }

    /// A thread that runs makes its next step.
    fn run(&self, state: &mut State, index: usize) {
        let step = self.programs[index].get(state.threads[index].place).copied();
        let thread = &mut state.threads[index];
        thread.place += 1;
        match step {
            None => thread.phase = Phase::Done,
            Some(Step::Block) => thread.phase = Phase::GivesBack(thread.held.len(), true),
            Some(Step::Acquire(token)) => {
                if let Some((_, count)) = thread.held.iter_mut().find(|(held, _)| *held == token) {
                    *count += 1;
                    return;
                }
                let others = thread.held.len();
                thread.held.push((token, 1));
                if Self::take(state, index, token) {
                    return;
                }
                state.threads[index].phase = if self.broken == Broken::KeepsWhileWaiting {
                    Phase::Enters(token)
                } else {
                    Phase::GivesBack(others, false)
                };
            }
            Some(Step::Release(token)) => {
                let place = thread.held.iter().position(|(held, _)| *held == token).expect("it holds it");
                thread.held[place].1 -= 1;
                let last = thread.held[place].1 == 0;
                if last {
                    thread.held.remove(place);
                }
                if last || self.broken == Broken::FreesAtOnce {
                    Self::free(state, index, token, Then::Run);
                }
            }
        }
    }

    /// A thread that takes its tokens again tries the next one.
    fn take_next(&self, state: &mut State, index: usize, place: usize, first: Option<usize>) {
        let order = Self::in_order(&state.threads[index]);
        let Some(&token) = order.get(place) else {
            state.threads[index].phase = Phase::Runs;
            return;
        };
        if first == Some(token) || Self::take(state, index, token) {
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

    /// One step of a thread.
    fn step(&self, state: &mut State, index: usize) {
        match state.threads[index].phase {
            Phase::Runs => self.run(state, index),
            Phase::GivesBack(0, blocks) => {
                state.threads[index].phase = if blocks { Phase::Blocked } else { Phase::Takes(0, None) };
            }
            Phase::GivesBack(left, blocks) => {
                let token = state.threads[index].held[left - 1].0;
                Self::free(state, index, token, Then::GiveBack(left - 1, blocks));
            }
            Phase::Blocked => state.threads[index].phase = Phase::Takes(0, None),
            Phase::Takes(place, first) => self.take_next(state, index, place, first),
            Phase::Returns(0, wanted) => state.threads[index].phase = Phase::Enters(wanted),
            Phase::Returns(mask, wanted) => {
                let token = usize::try_from(mask.trailing_zeros()).expect("few");
                Self::free(state, index, token, Then::Return(mask & (mask - 1), wanted));
            }
            Phase::Enters(token) => {
                if self.broken == Broken::LooksTooEarly {
                    // It looks, and enters afterwards.
                    if Self::take(state, index, token) {
                        state.threads[index].phase = Phase::Takes(0, Some(token));
                    } else {
                        state.threads[index].phase = Phase::Looks(token);
                    }
                    return;
                }
                state.sleepers[token] |= 1 << index;
                state.threads[index].phase = Phase::Looks(token);
            }
            Phase::Looks(token) => {
                if self.broken == Broken::LooksTooEarly {
                    state.sleepers[token] |= 1 << index;
                    state.threads[index].phase = Phase::Sleeps(token);
                } else if Self::take(state, index, token) {
                    state.sleepers[token] &= !(1 << index);
                    state.threads[index].phase = if self.broken == Broken::KeepsWhileWaiting {
                        Phase::Runs
                    } else {
                        Phase::Takes(0, Some(token))
                    };
                } else {
                    state.threads[index].phase = Phase::Sleeps(token);
                }
            }
            Phase::Sleeps(token) => state.threads[index].phase = Phase::Enters(token),
            Phase::Wakes(token, then) => {
                state.sleepers[token] = 0;
                state.threads[index].phase = match then {
                    Then::Run => Phase::Runs,
                    Then::GiveBack(left, blocks) => Phase::GivesBack(left, blocks),
                    Then::Return(mask, wanted) => Phase::Returns(mask, wanted),
                };
            }
            Phase::Done => {}
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

impl State {
    /// Whether all threads have finished.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.threads.iter().all(|thread| thread.phase == Phase::Done)
    }
}

impl Model for Tokens {
    type State = State;
    type Action = usize;

    fn init_states(&self) -> Vec<State> {
        let thread = Thread { place: 0, held: Vec::new(), phase: Phase::Runs };
        vec![State {
            owners: vec![None; self.tokens],
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
                    thread.phase != Phase::Runs
                        || thread.held.iter().all(|(token, _)| state.owners[*token] == Some(index))
                })
            }),
            Property::always("who cannot go on has finished", |_, state: &State| {
                state.is_end() || (0..state.threads.len()).any(|index| Self::can_go_on(state, index))
            }),
        ]
    }
}
