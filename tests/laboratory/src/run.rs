//! Raw programs: what they are written with, and how they run.
//!
//! A program is a function that makes objects and threads in a [`Lab`]. Every thread is one of the operating system's, and runs the
//! program's own code; before each step it waits until [`Running::move_on`] says that it is its turn. So exactly one runs at a time, and which one is
//! the caller's choice. A run that is dropped ends its threads, frozen or not.

use std::fmt;
use std::panic::{Location, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::machine::{Kind, Machine, Mode, ObjectId, Op, Site, ThreadId};

/// What a thread's code is.
type Body = Box<dyn FnOnce(&Here) + Send>;

/// Where a program's objects and threads are made.
#[derive(Default)]
pub struct Lab {
    machine: Machine,
    bodies: Vec<Body>,
}

impl fmt::Debug for Lab {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lab").field("machine", &self.machine).finish_non_exhaustive()
    }
}

/// A raw lock around a number: anybody can acquire it at any time.
#[derive(Clone, Copy, Debug)]
pub struct Lock(ObjectId);

/// Threads that sleep until something happens.
#[derive(Clone, Copy, Debug)]
pub struct Queue(ObjectId);

/// A number that is read and written without a lock.
#[derive(Clone, Copy, Debug)]
pub struct Word(ObjectId);

/// A thread, to wait for.
#[derive(Clone, Copy, Debug)]
pub struct Worker(ThreadId);

impl Lab {
    /// A lock whose waiters spin.
    pub fn spin_lock(&mut self, name: &'static str) -> Lock {
        Lock(self.machine.add_object(name, Kind::Spin, 0))
    }

    /// A lock that turns interrupts off.
    pub fn irq_lock(&mut self, name: &'static str) -> Lock {
        Lock(self.machine.add_object(name, Kind::IrqSpin, 0))
    }

    /// A lock whose waiters sleep.
    pub fn mutex(&mut self, name: &'static str) -> Lock {
        Lock(self.machine.add_object(name, Kind::Sleep, 0))
    }

    /// Many readers or one writer.
    pub fn rw_lock(&mut self, name: &'static str) -> Lock {
        Lock(self.machine.add_object(name, Kind::ReadWrite, 0))
    }

    /// So many permits.
    pub fn semaphore(&mut self, name: &'static str, permits: u32) -> Lock {
        Lock(self.machine.add_object(name, Kind::Permits(permits), 0))
    }

    /// A queue; its name is what its sleepers wait for.
    pub fn queue(&mut self, name: &'static str) -> Queue {
        Queue(self.machine.add_object(name, Kind::Queue, 0))
    }

    /// A number without a lock.
    pub fn word(&mut self, name: &'static str) -> Word {
        Word(self.machine.add_object(name, Kind::Word, 0))
    }

    /// A thread on a CPU.
    pub fn thread(
        &mut self,
        name: &'static str,
        cpu: usize,
        body: impl FnOnce(&Here) + Send + 'static,
    ) -> Worker {
        self.add(name, cpu, 0, false, Box::new(body))
    }

    /// A thread with a priority: a larger one runs first.
    pub fn thread_of_priority(
        &mut self,
        name: &'static str,
        cpu: usize,
        priority: u32,
        body: impl FnOnce(&Here) + Send + 'static,
    ) -> Worker {
        self.add(name, cpu, priority, false, Box::new(body))
    }

    /// An interrupt's handler on a CPU: it begins at any time at which interrupts are on there, once.
    #[track_caller]
    pub fn handler(
        &mut self,
        name: &'static str,
        cpu: usize,
        body: impl FnOnce(&Here) + Send + 'static,
    ) -> Worker {
        let interrupts = Location::caller();
        let body = move |here: &Here| {
            here.step(Op::Interrupt, interrupts);
            body(here);
        };
        self.add(name, cpu, 0, true, Box::new(body))
    }

    fn add(&mut self, name: &'static str, cpu: usize, priority: u32, is_handler: bool, body: Body) -> Worker {
        self.bodies.push(body);
        Worker(self.machine.add_thread(name, cpu, priority, is_handler))
    }
}

/// What a run's threads and its scheduler share.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    machine: Machine,
    /// Whose turn it is.
    turn: Option<ThreadId>,
    /// How many threads run the program's own code, between two steps.
    running: usize,
    /// Whether the run is over: threads leave where they are.
    over: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a thread whose run is over; not an error, so nothing is printed.
struct Over;

/// A thread's own view.
pub struct Here {
    shared: Arc<Shared>,
    thread: ThreadId,
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
    fn step(&self, op: Op, site: Site) {
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
