//! The machine that raw programs run on: threads on CPUs, locks, queues, and the rules of who can move.
//!
//! A thread *announces* what it does next; the machine says whether it can ([`Machine::can_move`]) and does it ([`Machine::move_on`]).
//!
//! - A spin lock turns preemption off on its holder's CPU, and so does waiting for one; an interrupt-safe one turns interrupts off too.
//! - A handler runs on one CPU, as soon as interrupts are on there, and whoever it interrupts stands still until it has ended.
//! - Who sleeps gives the CPU away, with whatever is held. A thread moves only while nobody with preemption off, no handler and no
//!   runnable thread of a higher priority has its CPU.
//! - Where nobody can move and somebody has not ended, the program is frozen.

pub mod explain;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::panic::Location;

/// A thread, by its number.
pub type ThreadId = usize;
/// A lock, a queue or a word, by its number.
pub type ObjectId = usize;

/// Where in a program something is.
pub type Site = &'static Location<'static>;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A lock whose waiters spin.
    Spin,
    /// The same, with interrupts off while it is held.
    IrqSpin,
    /// A lock whose waiters sleep.
    Sleep,
    /// Many readers or one writer; a waiting writer keeps new readers out.
    ReadWrite,
    /// As many holders as there are permits.
    Permits(u32),
    /// Threads that sleep until they are woken.
    Queue,
    /// A word that is read and written without a lock.
    Word,
}

/// How a lock is acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Alone.
    Exclusive,
    /// With others.
    Shared,
}

/// What a thread does in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A handler begins.
    Interrupt,
    /// Something that concerns nobody else.
    Step(&'static str),
    /// Reads a word.
    Read(ObjectId),
    /// Writes a word.
    Write(ObjectId, u32),
    /// Acquires a lock.
    Acquire(ObjectId, Mode),
    /// Releases it.
    Release(ObjectId),
    /// Goes to sleep in a queue; a lock is released in the same step.
    Sleep(ObjectId, Option<ObjectId>),
    /// Goes on when it has been woken.
    Wake(ObjectId),
    /// Goes to sleep for a time.
    Nap,
    /// Goes on when the time is over.
    Up,
    /// Wakes all that sleep in a queue.
    WakeAll(ObjectId),
    /// Goes on when a thread has ended.
    Join(ThreadId),
    /// Works, without sleeping, until a thread has ended.
    WorkUntil(ThreadId),
}

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it is called.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Who holds it.
    pub holders: Vec<(ThreadId, Mode)>,
    /// What is in it.
    pub value: u32,
    /// How often it was changed: what a thread has seen of it is told by this number.
    version: u32,
}

/// A thread.
#[derive(Clone, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own: a thread may be asleep and woken"
)]
pub struct Thread {
    /// What it is called.
    pub name: &'static str,
    /// The CPU that it runs on.
    pub cpu: usize,
    /// The larger runs first.
    pub priority: u32,
    /// Whether it is an interrupt's handler.
    pub is_handler: bool,
    /// What it does next, and where in the program that is; `None` while it runs there, and at its end.
    pub next: Option<(Op, Site)>,
    /// What it holds, the outermost first.
    pub held: Vec<(ObjectId, Site)>,
    /// Whether it has ended.
    pub ended: bool,
    /// Whether a handler has begun.
    begun: bool,
    /// Whether it waits in a way that others see: it spins with preemption off, or is a writer that keeps readers out.
    waiting: bool,
    preemption_off: u32,
    interrupts_off: u32,
    asleep: bool,
    woken: bool,
    /// All that it has done and seen.
    history: u64,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// The objects.
    pub objects: Vec<Object>,
    /// The threads.
    pub threads: Vec<Thread>,
}

impl Machine {
    /// One more object.
    pub fn add_object(&mut self, name: &'static str, kind: Kind, value: u32) -> ObjectId {
        self.objects.push(Object { name, kind, holders: Vec::new(), value, version: 0 });
        self.objects.len() - 1
    }

    /// One more thread.
    pub fn add_thread(
        &mut self,
        name: &'static str,
        cpu: usize,
        priority: u32,
        is_handler: bool,
    ) -> ThreadId {
        self.threads.push(Thread {
            name,
            cpu,
            priority,
            is_handler,
            next: None,
            held: Vec::new(),
            ended: false,
            begun: false,
            waiting: false,
            preemption_off: 0,
            interrupts_off: 0,
            asleep: false,
            woken: false,
            history: 0,
        });
        self.threads.len() - 1
    }

    /// The other threads of a thread's CPU that have not ended.
    fn beside(&self, thread: ThreadId) -> impl Iterator<Item = (ThreadId, &Thread)> {
        let cpu = self.threads[thread].cpu;
        let all = self.threads.iter().enumerate();
        all.filter(move |(other, state)| *other != thread && state.cpu == cpu && !state.ended)
    }

    /// Whether a lock can be had at once.
    fn is_free(&self, thread: ThreadId, object: ObjectId, mode: Mode) -> bool {
        let Object { kind, holders, .. } = &self.objects[object];
        let exclusive = holders.iter().any(|(_, mode)| *mode == Mode::Exclusive);
        match (kind, mode) {
            (Kind::Permits(permits), _) => (holders.len() as u64) < u64::from(*permits),
            (Kind::ReadWrite, Mode::Shared) => {
                let writer_waits = self.threads.iter().enumerate().any(|(other, state)| {
                    let wants = state.next.map(|(op, _)| op) == Some(Op::Acquire(object, Mode::Exclusive));
                    other != thread && state.waiting && wants
                });
                !exclusive && !writer_waits
            }
            _ => holders.is_empty(),
        }
    }

    /// Whether beginning to wait for a lock is a step of its own, since others see it.
    fn waits_visibly(&self, thread: ThreadId, object: ObjectId, mode: Mode) -> bool {
        match self.objects[object].kind {
            Kind::Spin | Kind::IrqSpin => {
                !self.threads[thread].is_handler && self.beside(thread).next().is_some()
            }
            Kind::ReadWrite => mode == Mode::Exclusive,
            _ => false,
        }
    }

    /// Whether a thread could go on if it had a CPU.
    fn is_ready(&self, thread: ThreadId) -> bool {
        let state = &self.threads[thread];
        let Some((op, _)) = state.next else { return false };
        match op {
            Op::Acquire(object, mode) => {
                let begins = !state.waiting && self.waits_visibly(thread, object, mode);
                self.is_free(thread, object, mode) || begins
            }
            Op::Wake(_) => state.woken,
            Op::Join(other) | Op::WorkUntil(other) => self.threads[other].ended,
            _ => true,
        }
    }

    /// Who keeps a thread off its CPU.
    fn kept_off_by(&self, thread: ThreadId) -> Option<ThreadId> {
        let this = &self.threads[thread];
        if this.is_handler && this.begun {
            return None;
        }
        let keeps = |(other, state): &(ThreadId, &Thread)| {
            if state.is_handler {
                return state.begun;
            }
            if this.is_handler {
                return state.interrupts_off > 0 && !state.asleep;
            }
            let works = matches!(state.next, Some((Op::WorkUntil(_), _)));
            let runnable = !state.asleep && (works || self.is_ready(*other));
            (state.preemption_off > 0 && !state.asleep) || (state.priority > this.priority && runnable)
        };
        self.beside(thread).find(keeps).map(|(other, _)| other)
    }

    /// Whether a thread can make a step.
    #[must_use]
    pub fn can_move(&self, thread: ThreadId) -> bool {
        !self.threads[thread].ended && self.is_ready(thread) && self.kept_off_by(thread).is_none()
    }

    /// The threads that can make a step.
    #[must_use]
    pub fn movers(&self) -> Vec<ThreadId> {
        (0..self.threads.len()).filter(|thread| self.can_move(*thread)).collect()
    }

    /// Whether somebody has not ended, and nobody can move.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.movers().is_empty() && self.threads.iter().any(|thread| !thread.ended)
    }

    /// Makes a thread's step; says whether the thread is through with it: where it only begins to wait, it is not.
    pub fn move_on(&mut self, thread: ThreadId) -> bool {
        let Some((op, site)) = self.threads[thread].next else { return false };
        if let Op::Acquire(object, mode) = op
            && !self.is_free(thread, object, mode)
        {
            let spins = matches!(self.objects[object].kind, Kind::Spin | Kind::IrqSpin);
            let state = &mut self.threads[thread];
            state.waiting = true;
            state.preemption_off += u32::from(spins);
            return false;
        }
        let seen = self.see(op);
        let state = &mut self.threads[thread];
        let mut hasher = DefaultHasher::new();
        (state.history, op, site.line(), seen).hash(&mut hasher);
        state.history = hasher.finish();
        state.next = None;
        self.take_effect(thread, op, site);
        true
    }

    /// What of an object is seen by a step: its version, which rises where the step changes it.
    fn see(&mut self, op: Op) -> u32 {
        let (object, changes) = match op {
            Op::Acquire(object, mode) => (object, mode == Mode::Exclusive),
            Op::Write(object, _) | Op::Sleep(object, _) | Op::WakeAll(object) => (object, true),
            Op::Read(object) | Op::Wake(object) => (object, false),
            _ => return 0,
        };
        let seen = self.objects[object].version;
        self.objects[object].version += u32::from(changes);
        seen
    }

    fn take_effect(&mut self, thread: ThreadId, op: Op, site: Site) {
        match op {
            Op::Interrupt => self.threads[thread].begun = true,
            Op::Write(object, value) => self.objects[object].value = value,
            Op::Acquire(object, mode) => {
                self.objects[object].holders.push((thread, mode));
                let kind = self.objects[object].kind;
                let state = &mut self.threads[thread];
                state.held.push((object, site));
                let spun = std::mem::take(&mut state.waiting);
                if matches!(kind, Kind::Spin | Kind::IrqSpin) {
                    state.preemption_off += u32::from(!spun);
                    state.interrupts_off += u32::from(kind == Kind::IrqSpin);
                }
            }
            Op::Release(object) => self.release(thread, object),
            Op::Sleep(_, lock) => {
                let state = &mut self.threads[thread];
                (state.asleep, state.woken) = (true, false);
                if let Some(lock) = lock {
                    self.release(thread, lock);
                }
            }
            Op::Nap => self.threads[thread].asleep = true,
            Op::Wake(_) | Op::Up => self.threads[thread].asleep = false,
            Op::WakeAll(queue) => {
                let sleeps = |state: &Thread| state.next.is_some_and(|(op, _)| op == Op::Wake(queue));
                self.threads.iter_mut().filter(|state| sleeps(state)).for_each(|state| state.woken = true);
            }
            Op::Step(_) | Op::Read(_) | Op::Join(_) | Op::WorkUntil(_) => {}
        }
    }

    fn release(&mut self, thread: ThreadId, object: ObjectId) {
        let holders = &mut self.objects[object].holders;
        if let Some(place) = holders.iter().position(|(holder, _)| *holder == thread) {
            holders.remove(place);
        }
        let kind = self.objects[object].kind;
        let state = &mut self.threads[thread];
        if let Some(place) = state.held.iter().rposition(|(held, _)| *held == object) {
            state.held.remove(place);
        }
        if matches!(kind, Kind::Spin | Kind::IrqSpin) {
            state.preemption_off -= 1;
            state.interrupts_off -= u32::from(kind == Kind::IrqSpin);
        }
    }

    /// What tells two states apart, so far as it matters for what comes.
    #[must_use]
    pub fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for Object { holders, value, version, .. } in &self.objects {
            (holders, value, version).hash(&mut hasher);
        }
        for state in &self.threads {
            let next = state.next.map(|(op, site)| (op, site.line()));
            (state.history, next, state.ended, state.begun, state.waiting).hash(&mut hasher);
            (state.preemption_off, state.interrupts_off, state.asleep, state.woken).hash(&mut hasher);
        }
        hasher.finish()
    }
}
