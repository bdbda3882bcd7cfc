//! What a thread of a raw program does: it announces a step, and makes it when it is its turn.

use std::fmt;
use std::panic::{Location, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::machine::{Machine, Mode, ObjectId, Op, Site, ThreadId};

/// A raw lock around a number: anybody can acquire it at any time.
#[derive(Clone, Copy, Debug)]
pub struct Lock(pub(super) ObjectId);

/// Threads that sleep until something happens.
#[derive(Clone, Copy, Debug)]
pub struct Queue(pub(super) ObjectId);

/// A number that is read and written without a lock.
#[derive(Clone, Copy, Debug)]
pub struct Word(pub(super) ObjectId);

/// A thread, to wait for.
#[derive(Clone, Copy, Debug)]
pub struct Worker(pub(super) ThreadId);

/// What a run's threads and its scheduler share.
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
}

/// What they share, behind its lock.
pub(super) struct State {
    pub(super) machine: Machine,
    /// Whose turn it is.
    pub(super) turn: Option<ThreadId>,
    /// How many threads run the program's own code, between two steps.
    pub(super) running: usize,
    /// Whether the run is over: threads leave where they are.
    pub(super) over: bool,
}

impl Shared {
    /// What is shared, locked.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a thread whose run is over; not an error, so nothing is printed.
struct Over;

/// A thread's own view.
pub struct Here {
    pub(super) shared: Arc<Shared>,
    pub(super) thread: ThreadId,
}

impl fmt::Debug for Here {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Here").field("thread", &self.thread).finish_non_exhaustive()
    }
}

/// A raw lock, held; released when it drops.
#[derive(Debug)]
pub struct Guard<'a> {
    here: &'a Here,
    lock: Lock,
    site: Site,
}

impl Here {
    /// Announces a step, and makes it when it is its turn.
    pub(super) fn step(&self, op: Op, site: Site) {
        // A thread that ends early makes no more steps.
        if thread::panicking() {
            return;
        }
        let mut state = self.shared.state();
        state.machine.threads[self.thread].next = Some((op, site));
        state.running -= 1;
        self.shared.changed.notify_all();
        while state.turn != Some(self.thread) {
            if state.over {
                drop(state);
                resume_unwind(Box::new(Over));
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.turn = None;
    }

    /// Acquires a lock, alone.
    #[track_caller]
    #[must_use = "a guard that is not kept releases at once"]
    pub fn lock(&self, lock: Lock) -> Guard<'_> {
        let site = Location::caller();
        self.step(Op::Acquire(lock.0, Mode::Exclusive), site);
        Guard { here: self, lock, site }
    }

    /// Acquires a lock, with other readers.
    #[track_caller]
    #[must_use = "a guard that is not kept releases at once"]
    pub fn read(&self, lock: Lock) -> Guard<'_> {
        let site = Location::caller();
        self.step(Op::Acquire(lock.0, Mode::Shared), site);
        Guard { here: self, lock, site }
    }

    /// Goes to sleep in a queue, whatever it says now, with whatever is held.
    #[track_caller]
    pub fn sleep(&self, queue: Queue) {
        let site = Location::caller();
        self.step(Op::Sleep(queue.0, None), site);
        self.step(Op::Wake(queue.0), site);
    }

    /// Goes to sleep for a time, with whatever is held.
    #[track_caller]
    pub fn nap(&self) {
        let site = Location::caller();
        self.step(Op::Nap, site);
        self.step(Op::Up, site);
    }

    /// Releases a guard's lock and goes to sleep, in one step; acquires it again when it is woken.
    #[track_caller]
    #[must_use = "a guard that is not kept releases at once"]
    pub fn wait<'a>(&'a self, queue: Queue, guard: Guard<'a>) -> Guard<'a> {
        let site = Location::caller();
        self.step(Op::Sleep(queue.0, Some(guard.lock.0)), site);
        self.step(Op::Wake(queue.0), site);
        self.step(Op::Acquire(guard.lock.0, Mode::Exclusive), site);
        guard
    }

    /// Wakes all that sleep in a queue now.
    #[track_caller]
    pub fn wake(&self, queue: Queue) {
        self.step(Op::WakeAll(queue.0), Location::caller());
    }

    /// Reads a word.
    #[track_caller]
    #[must_use = "looking does nothing else"]
    pub fn look(&self, word: Word) -> u32 {
        self.step(Op::Read(word.0), Location::caller());
        self.shared.state().machine.objects[word.0].value
    }

    /// Writes a word.
    #[track_caller]
    pub fn put(&self, word: Word, value: u32) {
        self.step(Op::Write(word.0, value), Location::caller());
    }

    /// Waits for the end of a thread.
    #[track_caller]
    pub fn join(&self, worker: Worker) {
        self.step(Op::Join(worker.0), Location::caller());
    }

    /// Works, without sleeping, until a thread has ended.
    #[track_caller]
    pub fn work_until_the_end_of(&self, worker: Worker) {
        self.step(Op::WorkUntil(worker.0), Location::caller());
    }

    /// Does something that concerns nobody else.
    #[track_caller]
    pub fn step_of_its_own(&self, words: &'static str) {
        self.step(Op::Step(words), Location::caller());
    }
}

impl Guard<'_> {
    /// The number.
    #[must_use]
    pub fn get(&self) -> u32 {
        self.here.shared.state().machine.objects[self.lock.0].value
    }

    /// Changes the number.
    pub fn set(&self, value: u32) {
        self.here.shared.state().machine.objects[self.lock.0].value = value;
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.here.step(Op::Release(self.lock.0), self.site);
    }
}
