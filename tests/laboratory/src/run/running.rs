//! A raw program that runs: its threads, and who makes the next step.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::here::{Here, Shared, State};
use super::lab::{Body, Lab};
use crate::machine::{Machine, ThreadId};

/// A program that runs, one step at a time.
pub struct Running {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Running").field("machine", &self.machine()).finish_non_exhaustive()
    }
}

/// Ends a thread's part of a run, also where its code panics.
struct Ending(Arc<Shared>, ThreadId);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if !state.over {
            state.machine.threads[self.1].ended = true;
            state.running -= 1;
            self.0.changed.notify_all();
        }
    }
}

impl Running {
    /// Starts a program: every thread stands before its first step.
    ///
    /// # Panics
    ///
    /// When the operating system has no more threads.
    #[must_use]
    pub fn start(program: fn(&mut Lab)) -> Self {
        let mut lab = Lab::default();
        program(&mut lab);
        let state = State { machine: lab.machine, turn: None, running: lab.bodies.len(), over: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let start = |(thread, body): (ThreadId, Body)| {
            let shared = Arc::clone(&shared);
            let run = move || {
                let _ending = Ending(Arc::clone(&shared), thread);
                body(&Here { shared, thread });
            };
            thread::Builder::new().stack_size(128 * 1024).spawn(run).expect("a thread can be started")
        };
        let threads = lab.bodies.into_iter().enumerate().map(start).collect();
        let this = Self { shared, threads };
        drop(this.settled());
        this
    }

    /// Waits until every thread stands before a step, or has ended.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.shared.state();
        while state.running > 0 {
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    /// The machine as it is.
    #[must_use]
    pub fn machine(&self) -> Machine {
        self.settled().machine.clone()
    }

    /// Has a thread make its step, and gives what that was in words; `None` where it cannot.
    #[must_use = "a thread that cannot move has not moved"]
    pub fn move_on(&self, thread: ThreadId) -> Option<String> {
        let mut state = self.settled();
        if !state.machine.can_move(thread) {
            return None;
        }
        let words = state.machine.words(thread);
        if state.machine.move_on(thread) {
            state.turn = Some(thread);
            state.running += 1;
            self.shared.changed.notify_all();
            drop(state);
            drop(self.settled());
        }
        Some(words)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.state().over = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // Threads that have not ended leave by a panic of ours.
            let _ = thread.join();
        }
    }
}
