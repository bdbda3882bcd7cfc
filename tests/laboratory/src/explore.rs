//! All interleavings of a program, as a graph.
//!
//! The program is run again for each step that is tried, along the path that leads there: no state of a thread is copied, what is
//! explored is what happens. States in which every thread has done and seen the same are one node. Every step leads on, so the
//! graph has no circle, and interleavings are counted from its ends.

use std::collections::HashMap;

use crate::machine::{Machine, ThreadId};
use crate::run::{Lab, Running};

/// The most states: a program with more is not for people.
const MOST: usize = 20_000;

/// A state, and where it leads.
#[derive(Debug)]
pub struct Node {
    /// The machine in it.
    pub machine: Machine,
    /// Which threads can move, and to which node.
    pub moves: Vec<(ThreadId, usize)>,
    /// How many interleavings there are from here.
    pub ways: u64,
    /// How many of them freeze.
    pub freezing: u64,
}

/// All states that can be reached; the first is where the program begins.
#[derive(Debug)]
pub struct Graph {
    /// The states.
    pub nodes: Vec<Node>,
}

/// A program along a path.
fn along(program: fn(&mut Lab), path: &[ThreadId]) -> Running {
    let running = Running::start(program);
    for thread in path {
        let moved = running.move_on(*thread);
        debug_assert!(moved.is_some(), "the path was found by going it");
    }
    running
}

impl Graph {
    /// Explores a program.
    ///
    /// # Panics
    ///
    /// When it has more than 20,000 states.
    #[must_use]
    pub fn of(program: fn(&mut Lab)) -> Self {
        let node = |machine| Node { machine, moves: Vec::new(), ways: 0, freezing: 0 };
        let first = along(program, &[]).machine();
        let mut places = HashMap::from([(first.key(), 0)]);
        let mut nodes = vec![node(first)];
        let mut paths: Vec<Vec<ThreadId>> = vec![Vec::new()];
        let mut next = 0;
        while next < nodes.len() {
            for thread in nodes[next].machine.movers() {
                let path = [&paths[next][..], &[thread]].concat();
                let machine = along(program, &path).machine();
                let place = *places.entry(machine.key()).or_insert_with(|| {
                    nodes.push(node(machine));
                    paths.push(path);
                    nodes.len() - 1
                });
                nodes[next].moves.push((thread, place));
            }
            next += 1;
            assert!(nodes.len() <= MOST, "a program for people has fewer states");
        }
        let mut this = Self { nodes };
        this.count();
        this
    }

    /// Counts interleavings, from the ends to the beginning.
    fn count(&mut self) {
        let mut done = vec![false; self.nodes.len()];
        let mut open = vec![0];
        while let Some(place) = open.pop() {
            let waits: Vec<_> =
                self.nodes[place].moves.iter().map(|(_, next)| *next).filter(|next| !done[*next]).collect();
            if done[place] {
                continue;
            }
            if !waits.is_empty() {
                open.push(place);
                open.extend(waits);
                continue;
            }
            let (ways, freezing) = if self.nodes[place].moves.is_empty() {
                (1, u64::from(self.nodes[place].machine.is_frozen()))
            } else {
                let after = self.nodes[place].moves.iter().map(|(_, next)| &self.nodes[*next]);
                after.fold((0, 0), |(ways, freezing), node| (ways + node.ways, freezing + node.freezing))
            };
            (self.nodes[place].ways, self.nodes[place].freezing) = (ways, freezing);
            done[place] = true;
        }
    }

    /// The shortest path that freezes, as the threads that move; `None` where none does.
    #[must_use]
    pub fn shortest_freeze(&self) -> Option<Vec<ThreadId>> {
        let mut before: HashMap<usize, (usize, ThreadId)> = HashMap::new();
        let mut open = std::collections::VecDeque::from([0]);
        while let Some(place) = open.pop_front() {
            if self.nodes[place].machine.is_frozen() {
                let mut path = Vec::new();
                let mut at = place;
                while let Some((from, thread)) = before.get(&at) {
                    path.push(*thread);
                    at = *from;
                }
                path.reverse();
                return Some(path);
            }
            for (thread, next) in &self.nodes[place].moves {
                if *next != 0 && !before.contains_key(next) {
                    before.insert(*next, (place, *thread));
                    open.push_back(*next);
                }
            }
        }
        None
    }
}
