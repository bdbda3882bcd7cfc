//! Protocols as models: every state that a few threads can get into, in every order of steps.
//!
//! A model is not the code: it is what the code's authors mean it to do, in steps as small as those that other threads can
//! see in between. What a model says is that the *idea* is right; the schedules of `tests/schedules` and the kernel's own
//! tests run the text. Each model can be broken on purpose, and the checker (`stateright`, a breadth-first search) must
//! notice it.
//!
//! | model | of |
//! |---|---|
//! | [`tokens`] | serialising tokens, `lockorder/src/blocking/serial/list.rs` |
//! | [`inheritance`] | priority inheritance, `kernel/base/src/sched/inheritance.rs` |

pub mod inheritance;
pub mod tokens;

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use stateright::{Checker, HasDiscoveries, Model};

/// What a search has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The properties that do not hold, by name.
    pub wrong: Vec<&'static str>,
    /// How many states there are.
    pub states: usize,
}

/// Searches all states, up to the first that is wrong.
pub fn search<M>(model: M) -> Found
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + Clone + Send + Sync + std::fmt::Debug + PartialEq + 'static,
    M::Action: Clone + Send + std::fmt::Debug + PartialEq,
{
    let checker = model.checker().threads(2).finish_when(HasDiscoveries::Any).spawn_bfs().join();
    let mut wrong: Vec<_> = checker.discoveries().into_keys().collect();
    wrong.sort_unstable();
    Found { wrong, states: checker.unique_state_count() }
}

/// How many states cannot come to an end any more: threads that go round for ever, or wait for ever.
pub fn stuck<M>(model: &M, is_end: impl Fn(&M::State) -> bool) -> usize
where
    M: Model,
    M::State: Hash + Eq + Clone,
{
    let mut numbers: HashMap<M::State, usize> = HashMap::new();
    let mut before: Vec<Vec<usize>> = Vec::new();
    let mut queue = VecDeque::new();
    for state in model.init_states() {
        numbers.insert(state.clone(), 0);
        before.push(Vec::new());
        queue.push_back(state);
    }
    let mut ends = Vec::new();
    while let Some(state) = queue.pop_front() {
        let number = numbers[&state];
        if is_end(&state) {
            ends.push(number);
        }
        let mut actions = Vec::new();
        model.actions(&state, &mut actions);
        for next in actions.into_iter().filter_map(|action| model.next_state(&state, action)) {
            let next_number = *numbers.entry(next.clone()).or_insert_with(|| {
                before.push(Vec::new());
                queue.push_back(next);
                before.len() - 1
            });
            before[next_number].push(number);
        }
    }
    let mut ending = vec![false; before.len()];
    while let Some(number) = ends.pop() {
        if !std::mem::replace(&mut ending[number], true) {
            ends.extend(&before[number]);
        }
    }
    ending.iter().filter(|ends| !**ends).count()
}
