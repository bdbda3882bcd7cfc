//! Where a raw program's locks, queues and threads are made.

use std::fmt;
use std::panic::Location;

use super::here::{Here, Lock, Queue, Word, Worker};
use crate::machine::{Kind, Machine, Op};

/// What a thread's code is.
pub(super) type Body = Box<dyn FnOnce(&Here) + Send>;

/// Where a program's objects and threads are made.
#[derive(Default)]
pub struct Lab {
    pub(super) machine: Machine,
    pub(super) bodies: Vec<Body>,
}

impl fmt::Debug for Lab {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lab").field("machine", &self.machine).finish_non_exhaustive()
    }
}

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
