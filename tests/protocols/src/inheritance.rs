//! Priority inheritance: who is waited for runs with the weight of those who wait, along the chain.
//!
//! **State.** Each lock has an owner and a queue. Each thread has a weight, notes of what it was lent for which lock, and
//! what it waits for; and what it is in the middle of. **Steps**: each touches one leaf, or one word: the queue of a lock, the
//! notes of one thread, the owner of a lock. In between any other thread may go on.
//!
//! **Checked**, in every state in which nobody is in the middle of anything: nobody runs with less than the weight of who
//! waits for it, directly or along the chain; and who owns nothing is lent nothing. Where no thread gives up waiting, nobody
//! runs with more, either. Always: when nobody can go on, all have finished.
//!
//! **Not modelled:** run queues, and the bounds on chains and notes. Noting a weight and looking whether its thread is the
//! owner is one step here; in the kernel the note is written before the look, under the thread's leaf, and a release gives
//! the lock up before it looks for notes: one of the two sees the other.
//!
//! An earlier form of the protocol wrote notes first and took back, in a later step, what had turned out wrong: two threads
//! that did so at once could leave each other's note behind. This model found it.

use stateright::{Model, Property};

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Acquires a lock, waiting for it.
    Acquire(usize),
    /// Acquires a lock, and may give up: then it leaves out this many steps.
    Try(usize, usize),
    /// Releases a lock.
    Release(usize),
}

/// A way to break the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Not at all.
    Nothing,
    /// A weight is noted for a thread that owned the lock a moment ago.
    TrustsTheOwner,
    /// A release leaves the note.
    KeepsNotes,
    /// Only the owner is lent to, and not whom it waits for.
    NoChain,
    /// Nobody looks again for the greatest weight.
    TrustsTheQueue,
    /// Who takes a lock that others wait for is not lent their weight.
    TakesForItself,
    /// Along the chain a weight is noted where there was no note.
    LendsUnasked,
    /// Along the chain nobody looks whether the thread still waits.
    TrustsTheWaiter,
}

/// Where a thread goes on after it has refreshed a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// It makes its next step.
    Run,
    /// It sleeps for a lock.
    Sleep(usize),
}

/// What a thread is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing: it runs.
    Runs,
    /// It says what it waits for.
    Declares(usize),
    /// It enters the queue.
    Enters(usize),
    /// It looks whether it can take the lock.
    Looks(usize),
    /// It has the lock, or has given up, and leaves the queue.
    Leaves(usize, bool),
    /// It says that it waits no more.
    Withdraws(usize, bool),
    /// It looks for the greatest weight in a lock's queue.
    Measures(usize, Then),
    /// It has found one, and looks for the owner.
    Asks(usize, u8, Then),
    /// It notes the weight at the owner.
    Notes(usize, u8, usize, Then),
    /// It looks whether the greatest weight is the same.
    MeasuresAgain(usize, u8, usize, Then),
    /// It looks what a thread waits for, and who owns that.
    Follows(usize, Then),
    /// It notes a thread's weight for a lock at its owner: thread, lock, owner.
    LendsOn(usize, usize, usize, Then),
    /// It sleeps in the queue of a lock.
    Sleeps(usize),
    /// It owns a lock no more, and takes its note away.
    Forgets(usize),
    /// It wakes the first in the queue.
    Wakes(usize),
    /// It has finished.
    Done,
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Thread {
    /// Its place in its program.
    pub place: usize,
    /// What it was lent, by lock; 0 for nothing.
    pub notes: Vec<u8>,
    /// What it waits for.
    pub waits_for: Option<usize>,
    /// What it is in the middle of.
    pub phase: Phase,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The owner of each lock.
    pub owners: Vec<Option<usize>>,
    /// Who stands in each lock's queue.
    pub queues: Vec<Vec<usize>>,
    /// The threads.
    pub threads: Vec<Thread>,
}

/// The model.
#[derive(Clone, Debug)]
pub struct Inheritance {
    /// How many locks there are.
    pub locks: usize,
    /// The weight and the program of each thread.
    pub programs: Vec<(u8, Vec<Step>)>,
    /// How it is broken.
    pub broken: Broken,
}

impl Inheritance {
    /// What a thread runs with.
    fn weight(&self, state: &State, thread: usize) -> u8 {
        let lent = state.threads[thread].notes.iter().copied().max().unwrap_or(0);
        self.programs[thread].0.max(lent)
    }

    /// The greatest weight in a lock's queue.
    fn greatest(&self, state: &State, lock: usize) -> u8 {
        state.queues[lock].iter().map(|&thread| self.weight(state, thread)).max().unwrap_or(0)
    }

    /// What a thread should run with, when nobody is in the middle of anything.
    fn right_weight(&self, state: &State, thread: usize) -> u8 {
        let waiting = (0..state.threads.len()).filter(|&other| {
            matches!(state.threads[other].phase, Phase::Sleeps(lock) if state.owners[lock] == Some(thread))
        });
        waiting.map(|other| self.right_weight(state, other)).max().unwrap_or(0).max(self.programs[thread].0)
    }

    /// The lock that a thread's step is about, and how far it goes on where it gives up.
    fn wanted(&self, index: usize, place: usize) -> Option<(usize, usize)> {
        match self.programs[index].1.get(place)? {
            Step::Acquire(lock) => Some((*lock, 0)),
            Step::Try(lock, left_out) => Some((*lock, *left_out)),
            Step::Release(_) => None,
        }
    }

    /// One step of a thread. `gives_up` where it does so.
    fn step(&self, state: &mut State, index: usize, gives_up: bool) {
        let phase = state.threads[index].phase;
        let next = match phase {
            Phase::Runs => {
                let place = state.threads[index].place;
                match self.programs[index].1.get(place) {
                    None => Phase::Done,
                    Some(Step::Acquire(lock) | Step::Try(lock, _)) => {
                        if state.owners[*lock].is_none() {
                            state.owners[*lock] = Some(index);
                            state.threads[index].place += 1;
                            self.after_taking(state, *lock)
                        } else {
                            Phase::Declares(*lock)
                        }
                    }
                    Some(Step::Release(lock)) => {
                        state.threads[index].place += 1;
                        state.owners[*lock] = None;
                        let lent = state.threads[index].notes.iter().any(|&note| note > 0);
                        if lent && self.broken != Broken::KeepsNotes {
                            Phase::Forgets(*lock)
                        } else {
                            Phase::Wakes(*lock)
                        }
                    }
                }
            }
            Phase::Declares(lock) => {
                state.threads[index].waits_for = Some(lock);
                Phase::Enters(lock)
            }
            Phase::Enters(lock) => {
                state.queues[lock].push(index);
                Phase::Looks(lock)
            }
            Phase::Looks(lock) if state.owners[lock].is_none() => {
                state.owners[lock] = Some(index);
                Phase::Leaves(lock, true)
            }
            Phase::Looks(lock) => Phase::Measures(lock, Then::Sleep(lock)),
            Phase::Sleeps(lock) if gives_up => Phase::Leaves(lock, false),
            Phase::Sleeps(lock) => Phase::Enters(lock),
            Phase::Leaves(lock, got) => {
                state.queues[lock].retain(|&thread| thread != index);
                Phase::Withdraws(lock, got)
            }
            Phase::Withdraws(lock, got) => {
                state.threads[index].waits_for = None;
                let (_, left_out) = self.wanted(index, state.threads[index].place).expect("it wanted a lock");
                state.threads[index].place += 1;
                if got {
                    self.after_taking(state, lock)
                } else {
                    state.threads[index].place += left_out;
                    Phase::Measures(lock, Then::Run)
                }
            }
            Phase::Forgets(lock) => {
                state.threads[index].notes[lock] = 0;
                Phase::Wakes(lock)
            }
            Phase::Wakes(lock) => {
                if !state.queues[lock].is_empty() {
                    state.queues[lock].remove(0);
                }
                Phase::Runs
            }
            Phase::Done => Phase::Done,
            refreshing => self.refresh(state, refreshing),
        };
        state.threads[index].phase = next;
    }

    /// A thread has taken a lock.
    fn after_taking(&self, state: &State, lock: usize) -> Phase {
        if state.queues[lock].is_empty() || self.broken == Broken::TakesForItself {
            Phase::Runs
        } else {
            Phase::Measures(lock, Then::Run)
        }
    }

    /// One step of refreshing a lock, or of lending on.
    fn refresh(&self, state: &mut State, phase: Phase) -> Phase {
        let done = |then| match then {
            Then::Run => Phase::Runs,
            Then::Sleep(lock) => Phase::Sleeps(lock),
        };
        match phase {
            Phase::Measures(lock, then) => Phase::Asks(lock, self.greatest(state, lock), then),
            Phase::Asks(lock, weight, then) => match state.owners[lock] {
                None => done(then),
                Some(owner) => Phase::Notes(lock, weight, owner, then),
            },
            Phase::Notes(lock, weight, owner, then) => {
                if state.owners[lock] == Some(owner) || self.broken == Broken::TrustsTheOwner {
                    state.threads[owner].notes[lock] = weight;
                    Phase::MeasuresAgain(lock, weight, owner, then)
                } else {
                    Phase::Measures(lock, then)
                }
            }
            Phase::MeasuresAgain(lock, weight, owner, then) => {
                if self.greatest(state, lock) != weight && self.broken != Broken::TrustsTheQueue {
                    Phase::Measures(lock, then)
                } else if self.broken == Broken::NoChain {
                    done(then)
                } else {
                    Phase::Follows(owner, then)
                }
            }
            Phase::Follows(thread, then) => {
                match state.threads[thread].waits_for.and_then(|lock| Some((lock, state.owners[lock]?))) {
                    None => done(then),
                    Some((lock, owner)) => Phase::LendsOn(thread, lock, owner, then),
                }
            }
            Phase::LendsOn(thread, lock, owner, then) => {
                let weight = self.weight(state, thread);
                let waits =
                    state.threads[thread].waits_for == Some(lock) || self.broken == Broken::TrustsTheWaiter;
                let note = &mut state.threads[owner].notes[lock];
                // Who waits has refreshed the lock, or is about to: where there is no note this is not the owner.
                if waits && (*note > 0 || self.broken == Broken::LendsUnasked) {
                    *note = weight.max(*note);
                    Phase::Follows(owner, then)
                } else {
                    done(then)
                }
            }
            other => other,
        }
    }

    /// Whether a thread can make a step.
    fn can_go_on(state: &State, index: usize) -> bool {
        match state.threads[index].phase {
            // It is woken by being taken out of the queue.
            Phase::Sleeps(lock) => !state.queues[lock].contains(&index),
            Phase::Done => false,
            _ => true,
        }
    }

    /// Whether nobody is in the middle of anything.
    fn is_quiet(state: &State) -> bool {
        (0..state.threads.len()).all(|index| match state.threads[index].phase {
            Phase::Runs | Phase::Done => true,
            Phase::Sleeps(_) => !Self::can_go_on(state, index),
            _ => false,
        })
    }

    /// Whether some thread may give up.
    fn some_give_up(&self) -> bool {
        self.programs.iter().flat_map(|(_, steps)| steps).any(|step| matches!(step, Step::Try(..)))
    }
}

impl State {
    /// Whether all threads have finished.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.threads.iter().all(|thread| thread.phase == Phase::Done)
    }
}

impl Model for Inheritance {
    type State = State;
    /// Which thread makes a step, and whether it gives up.
    type Action = (usize, bool);

    fn init_states(&self) -> Vec<State> {
        let thread = Thread { place: 0, notes: vec![0; self.locks], waits_for: None, phase: Phase::Runs };
        vec![State {
            owners: vec![None; self.locks],
            queues: vec![Vec::new(); self.locks],
            threads: vec![thread; self.programs.len()],
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<(usize, bool)>) {
        for (index, thread) in state.threads.iter().enumerate() {
            if Self::can_go_on(state, index) {
                actions.push((index, false));
            }
            let step = self.programs[index].1.get(thread.place);
            if matches!((thread.phase, step), (Phase::Sleeps(_), Some(Step::Try(..)))) {
                actions.push((index, true));
            }
        }
    }

    fn next_state(&self, state: &State, (index, gives_up): (usize, bool)) -> Option<State> {
        let mut next = state.clone();
        self.step(&mut next, index, gives_up);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("nobody who is waited for runs with less", |model: &Self, state: &State| {
                !Self::is_quiet(state)
                    || (0..state.threads.len())
                        .all(|thread| model.weight(state, thread) >= model.right_weight(state, thread))
            }),
            Property::always("who owns nothing is lent nothing", |model: &Self, state: &State| {
                !Self::is_quiet(state)
                    || (0..state.threads.len()).all(|thread| {
                        state.owners.contains(&Some(thread))
                            || model.weight(state, thread) == model.programs[thread].0
                    })
            }),
            Property::always("who cannot go on has finished", |_, state: &State| {
                state.is_end() || (0..state.threads.len()).any(|index| Self::can_go_on(state, index))
            }),
        ];
        if !self.some_give_up() {
            properties.push(Property::always(
                "nobody keeps what nobody lends",
                |model: &Self, state: &State| {
                    !Self::is_quiet(state)
                        || (0..state.threads.len())
                            .all(|thread| model.weight(state, thread) <= model.right_weight(state, thread))
                },
            ));
        }
        properties
    }
}
