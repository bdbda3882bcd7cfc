//! Queues of messages, each with a number that its reader may choose by.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::Mutex;
use base::wall_clock;
use fs::Caller;
use lockorder::{Root, Task, hierarchy};

use crate::kind::{Kind, Object, Store};
use crate::table::{ALTER, Permissions, READ, Wish};
use crate::waiting::Waits;

hierarchy! {
    /// The messages of one queue.
    pub class MessageQueue in base::levels::Ipc = 11;
}

/// The most queues.
pub const MOST_QUEUES: usize = 1024;
/// The most bytes of one message.
pub const MOST_OF_MESSAGE: usize = 8192;
/// The most bytes of one queue, and of it the most that others than root may set.
pub const MOST_OF_QUEUE: u64 = 16_384;
/// Bytes that root may set a queue's most to.
const MOST_OF_ANY: u64 = 1 << 20;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number, above 0.
    pub kind: i64,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// Which message a reader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The first one.
    First,
    /// The first one with this number.
    Only(i64),
    /// The first one with another number.
    Except(i64),
    /// The first one with the least number up to this one.
    Least(i64),
}

impl Choice {
    /// The place of the message among those of a queue.
    fn place(self, messages: &VecDeque<Message>) -> Option<usize> {
        let mut kinds = messages.iter().map(|message| message.kind);
        match self {
            Self::First => (!messages.is_empty()).then_some(0),
            Self::Only(kind) => kinds.position(|other| other == kind),
            Self::Except(kind) => kinds.position(|other| other != kind),
            Self::Least(most) => {
                let least = kinds.filter(|&kind| kind <= most).min()?;
                messages.iter().position(|message| message.kind == least)
            }
        }
    }
}

/// What is told of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Bytes of its messages.
    pub bytes: u64,
    /// How many messages it has.
    pub count: u64,
    /// The most bytes that it may have.
    pub most: u64,
    /// When a message was sent, and received, last, in seconds since 1970; 0 for never.
    pub moved: [u64; 2],
    /// When it was made, or something was set.
    pub changed: u64,
    /// The processes that have sent and received last.
    pub processes: [u32; 2],
}

/// What the lock of a queue protects.
#[derive(Debug)]
struct State {
    messages: VecDeque<Message>,
    facts: Facts,
}

/// A queue.
pub struct Queue(Object<MessageQueue, State>);

impl core::fmt::Debug for Queue {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Queue")
    }
}

impl Queue {
    fn new() -> Result<Arc<Self>> {
        let facts = Facts { most: MOST_OF_QUEUE, changed: wall_clock::now().as_secs(), ..Facts::default() };
        let state = State { messages: VecDeque::new(), facts };
        try_arc(Self(Object::new(Mutex::new(Some(state))))).map_err(|_| Errno::ENOMEM)
    }
}

/// All queues.
#[derive(Debug)]
pub struct Messages(Store<Arc<Queue>>);

impl Messages {
    pub(crate) const fn new() -> Self {
        Self(Store::new())
    }

    /// The number of a queue, found by its key or made.
    ///
    /// # Errors
    ///
    /// As for `msgget`: what a table gives.
    pub fn get(&self, held: &mut Root<'_, Task>, wish: Wish, caller: &Caller<'_>) -> Result<u32> {
        held.with(&self.0.table, |table, _| {
            table.find_or_make(wish, caller, MOST_QUEUES, |_| Ok(()), Queue::new)
        })
    }

    /// How many queues there are, and how many messages and bytes they have.
    pub fn used(&self, held: &mut Root<'_, Task>) -> [u64; 3] {
        held.with(&self.0.table, |table, mut held| {
            let mut sum = [table.count() as u64, 0, 0];
            for (_, entry) in table.iter() {
                held.with(&entry.object.0.state, |state, _| {
                    if let Some(State { facts, .. }) = state {
                        sum[1] += facts.count;
                        sum[2] += facts.bytes;
                    }
                });
            }
            sum
        })
    }

    /// Sends a message by a process, waiting until there is room.
    ///
    /// # Errors
    ///
    /// As for `msgsnd`: [`Errno::EAGAIN`], [`Errno::EINTR`], [`Errno::EIDRM`], [`Errno::EINVAL`], [`Errno::EACCES`], [`Errno::ENOMEM`].
    pub fn send(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        (caller, process): (&Caller<'_>, u32),
        message: Message,
        waits: &Waits<'_>,
    ) -> Result<()> {
        if message.kind < 1 || message.bytes.len() > MOST_OF_MESSAGE {
            return Err(Errno::EINVAL);
        }
        let (_, queue) = self.0.find(held, number, caller, ALTER)?;
        let length = message.bytes.len() as u64;
        let mut message = Some(message);
        loop {
            let seen = queue.0.with(held, |state| {
                let facts = &mut state.facts;
                // As many messages as bytes: those without bytes take memory too.
                if facts.bytes + length > facts.most || facts.count + 1 > facts.most {
                    return Ok(Some(queue.0.changes.seen()));
                }
                state.messages.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
                state.messages.extend(message.take());
                facts.bytes += length;
                facts.count += 1;
                facts.moved[0] = wall_clock::now().as_secs();
                facts.processes[0] = process;
                Ok(None)
            })?;
            let Some(seen) = seen else {
                queue.0.changes.note();
                return Ok(());
            };
            if waits.nonblocking {
                return Err(Errno::EAGAIN);
            }
            queue.0.changes.wait(held, seen, waits)?;
        }
    }

    /// Receives a message of at most so many bytes, or the beginning of a longer one if `truncates` says so, waiting for one.
    ///
    /// # Errors
    ///
    /// As for `msgrcv`: [`Errno::ENOMSG`], [`Errno::E2BIG`], [`Errno::EINTR`], [`Errno::EIDRM`], [`Errno::EACCES`].
    pub fn receive(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        (caller, process): (&Caller<'_>, u32),
        choice: Choice,
        (most, truncates): (usize, bool),
        waits: &Waits<'_>,
    ) -> Result<Message> {
        let (_, queue) = self.0.find(held, number, caller, READ)?;
        loop {
            let taken = queue.0.with(held, |state| {
                let Some(place) = choice.place(&state.messages) else {
                    return Ok(Err(queue.0.changes.seen()));
                };
                if !truncates && state.messages.get(place).is_some_and(|message| message.bytes.len() > most) {
                    return Err(Errno::E2BIG);
                }
                let message = state.messages.remove(place).ok_or(Errno::ENOMSG)?;
                let facts = &mut state.facts;
                facts.bytes -= message.bytes.len() as u64;
                facts.count -= 1;
                facts.moved[1] = wall_clock::now().as_secs();
                facts.processes[1] = process;
                Ok(Ok(message))
            })?;
            match taken {
                Ok(mut message) => {
                    queue.0.changes.note();
                    message.bytes.truncate(most);
                    return Ok(message);
                }
                Err(_) if waits.nonblocking => return Err(Errno::ENOMSG),
                Err(seen) => queue.0.changes.wait(held, seen, waits)?,
            }
        }
    }

    /// Gives a queue to another owner, with another mode, and another most of bytes.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`], [`Errno::EPERM`], [`Errno::EIDRM`].
    pub fn set(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        (owner, mode): ((u32, u32), u32),
        most: u64,
    ) -> Result<()> {
        let queue = self.0.change(held, number, caller, |entry| {
            if most > MOST_OF_QUEUE && caller.uid != 0 {
                return Err(Errno::EPERM);
            }
            if most > MOST_OF_ANY {
                return Err(Errno::EINVAL);
            }
            entry.permissions.set(owner, mode);
            Ok(Arc::clone(&entry.object))
        })?;
        queue.0.with(held, |state| {
            state.facts.most = most;
            state.facts.changed = wall_clock::now().as_secs();
            Ok(())
        })?;
        queue.0.changes.note();
        Ok(())
    }
}

impl Kind for Messages {
    type Object = Arc<Queue>;
    type Facts = Facts;

    fn store(&self) -> &Store<Arc<Queue>> {
        &self.0
    }

    fn facts(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        wanted: u32,
    ) -> Result<(Permissions, Facts)> {
        let (permissions, queue) = self.0.find(held, number, caller, wanted)?;
        Ok((permissions, queue.0.with(held, |state| Ok(state.facts))?))
    }

    fn remove(&self, held: &mut Root<'_, Task>, number: u32, caller: &Caller<'_>) -> Result<()> {
        self.0.take_out(held, number, caller)?.0.end(held);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::vec::Vec;

    use super::{Choice, Message};

    #[test]
    fn a_reader_chooses_by_number() {
        let messages: VecDeque<Message> =
            [3, 1, 2, 1].map(|kind| Message { kind, bytes: Vec::new() }).into_iter().collect();
        let place = |choice: Choice| choice.place(&messages);
        assert_eq!(place(Choice::First), Some(0));
        assert_eq!((place(Choice::Only(1)), place(Choice::Only(4))), (Some(1), None));
        assert_eq!(place(Choice::Except(3)), Some(1));
        assert_eq!((place(Choice::Least(2)), place(Choice::Least(0))), (Some(1), None));
        assert_eq!(Choice::First.place(&VecDeque::new()), None);
    }
}
