//! What a socket of bytes has received: a pipe's ring, and marks on parts of it, which say what came with them.
//!
//! A mark has open files, credentials, or both. A receiver gets the open files with the first byte of their part, and does not read
//! beyond that part then; one who wants credentials does not read beyond what one sender has sent.
//!
//! Everything here happens under the socket's lock.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use fs::OpenFile;
use socket::{Credentials, Room};

use crate::pipe::buffer::{Buffer, SIZE};
use crate::pipe::ring::{Refusal, Ring};

/// How many buffers there are at most.
const SLOTS: usize = 52;
/// How many bytes there are at most.
pub(super) const CAPACITY: usize = SLOTS * SIZE;
/// How many buffers are copied out under the lock, one time: nobody else has the CPU meanwhile.
const MOST_BUFFERS: usize = 4;

/// What comes with bytes.
#[derive(Debug, Default)]
pub(super) struct Attached {
    pub(super) rights: Vec<Arc<OpenFile>>,
    pub(super) credentials: Option<Credentials>,
}

/// A part of the bytes and what came with it.
struct Mark {
    start: u64,
    end: u64,
    attached: Attached,
}

/// Why a step of a receiver has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// After so many buffers.
    AtMost,
    /// There are no more bytes.
    Empty,
    /// There is no more room.
    Full,
    /// What comes next does not belong to this.
    Barrier,
    /// Open files come next: to be taken with the graph held.
    Rights,
    /// So many bytes of user memory, the next ones, are not there.
    Fault(usize),
    /// There is no memory for the list of open files.
    NoMemory,
}

/// A receiver's progress.
#[derive(Debug)]
pub(super) struct Reading {
    /// Bytes that were copied.
    pub(super) done: usize,
    /// Whether they stay.
    pub(super) peeks: bool,
    /// Whether it wants credentials.
    pub(super) asks: bool,
    /// Those of the first byte, when there was one.
    pub(super) credentials: Option<Credentials>,
    /// Whether there was a first byte.
    pub(super) has_begun: bool,
    /// Open files that came.
    pub(super) rights: Vec<Arc<OpenFile>>,
    /// Where it ends because they came.
    until: Option<u64>,
}

impl Reading {
    /// Nothing so far.
    pub(super) const fn new(peeks: bool, asks: bool) -> Self {
        Self { done: 0, peeks, asks, credentials: None, has_begun: false, rights: Vec::new(), until: None }
    }
}

/// The bytes.
pub(super) struct ByteQueue {
    ring: Ring,
    /// The place of the first byte among all that ever were, and that after the last.
    read: u64,
    written: u64,
    /// In order, and none ends before the first byte.
    marks: VecDeque<Mark>,
    /// How many of them have open files.
    with_rights: usize,
}

impl ByteQueue {
    /// No bytes.
    pub(super) fn new() -> Result<Self> {
        let ring = Ring::new(SLOTS).map_err(|_| Errno::ENOMEM)?;
        Ok(Self { ring, read: 0, written: 0, marks: VecDeque::new(), with_rights: 0 })
    }

    /// How many bytes there are.
    pub(super) const fn bytes(&self) -> usize {
        self.ring.bytes()
    }

    /// How much of the capacity is used.
    pub(super) fn used(&self) -> usize {
        self.ring.capacity().saturating_sub(self.ring.room())
    }

    /// How many of the parts have open files.
    pub(super) const fn with_rights(&self) -> usize {
        self.with_rights
    }

    /// Calls `each` for all open files.
    pub(super) fn each_right(&self, each: &mut dyn FnMut(&Arc<OpenFile>)) {
        self.marks.iter().flat_map(|mark| &mark.attached.rights).for_each(each);
    }

    /// Takes all open files out, as far as there is memory for a list of them.
    pub(super) fn take_rights(&mut self, to: &mut Vec<Arc<OpenFile>>) {
        for mark in &mut self.marks {
            let rights = &mut mark.attached.rights;
            if !rights.is_empty() && to.try_reserve(rights.len()).is_ok() {
                to.append(rights);
                self.with_rights -= 1;
            }
        }
    }

    /// Makes sure that there is room for one more mark.
    fn reserve(&mut self) -> core::result::Result<(), Refusal> {
        self.marks.try_reserve(1).map_err(|_| Refusal::NoMemory)
    }

    /// Notes that so many bytes were added, and what came with them, which is taken. There is room for a mark.
    fn added(&mut self, count: usize, attached: &mut Attached) {
        let start = self.written;
        self.written = start.saturating_add(count as u64);
        let Attached { rights, credentials } = attached;
        if rights.is_empty() && credentials.is_none() {
            return;
        }
        if rights.is_empty()
            && let Some(last) = self.marks.back_mut()
            && last.end == start
            && last.attached.credentials == *credentials
            && last.attached.rights.is_empty()
        {
            last.end = self.written;
            return;
        }
        self.with_rights += usize::from(!rights.is_empty());
        let attached = Attached { rights: core::mem::take(rights), credentials: *credentials };
        self.marks.push_back(Mark { start, end: self.written, attached });
    }

    /// Adds bytes, no more than a buffer's: all or none. What comes with them is taken where they are added.
    pub(super) fn append(
        &mut self,
        bytes: &[u8],
        attached: &mut Attached,
    ) -> core::result::Result<(), Refusal> {
        self.reserve()?;
        self.ring.append(bytes)?;
        self.added(bytes.len(), attached);
        Ok(())
    }

    /// Adds the first `count` bytes of a buffer, as [`Ring::put`] does.
    pub(super) fn put(
        &mut self,
        buffer: Buffer,
        count: usize,
        more: bool,
        attached: &mut Attached,
    ) -> core::result::Result<Option<Buffer>, (Buffer, Refusal)> {
        if let Err(refusal) = self.reserve() {
            return Err((buffer, refusal));
        }
        let spare = self.ring.put(buffer, count, more).map_err(|buffer| (buffer, Refusal::Full))?;
        self.added(count, attached);
        Ok(spare)
    }

    /// An empty buffer, if one is kept.
    pub(super) fn take_spare(&mut self) -> Option<Buffer> {
        self.ring.take_spare()
    }

    /// Keeps a buffer that was not needed; gives it back where enough are kept.
    pub(super) fn put_back(&mut self, buffer: Buffer) -> Option<Buffer> {
        self.ring.put_back(buffer)
    }

    /// Where the part of a byte ends, and its mark, if it has one.
    fn part(&self, at: u64) -> (u64, Option<usize>) {
        let found = self.marks.iter().enumerate().find(|(_, mark)| mark.end > at);
        match found {
            Some((place, mark)) if mark.start <= at => (mark.end, Some(place)),
            Some((_, mark)) => (mark.start, None),
            None => (self.written, None),
        }
    }

    /// Goes on with a receiver: copies out what user memory has room for now, and takes it out. Open files are touched if the
    /// graph is held.
    pub(super) fn read(&mut self, to: Room<'_>, graph_is_held: bool, reading: &mut Reading) -> Ended {
        let room = to.len();
        for _ in 0..MOST_BUFFERS {
            // Who asks for nothing waits for something to be there.
            if reading.done >= room && reading.done > 0 {
                return Ended::Full;
            }
            let ahead = if reading.peeks { reading.done } else { 0 };
            let at = self.read.saturating_add(ahead as u64);
            if at >= self.written {
                return Ended::Empty;
            }
            let (end, mark) = self.part(at);
            let mark = mark.and_then(|place| self.marks.get_mut(place));
            let credentials = mark.as_ref().and_then(|mark| mark.attached.credentials);
            let is_other = reading.asks && reading.has_begun && reading.credentials != credentials;
            if is_other || reading.until.is_some_and(|until| at >= until) {
                return Ended::Barrier;
            }
            if reading.done >= room {
                return Ended::Full;
            }
            let mark = mark.filter(|mark| !mark.attached.rights.is_empty() && reading.until.is_none());
            if let Some(mark) = &mark {
                if !graph_is_held {
                    return Ended::Rights;
                }
                if reading.rights.try_reserve(mark.attached.rights.len()).is_err() {
                    return Ended::NoMemory;
                }
            }
            let most = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).min(room - reading.done);
            let bytes = self.ring.at(ahead);
            let bytes = bytes.get(..most).unwrap_or(bytes);
            if to.try_copy_out(reading.done, bytes).is_err() {
                return Ended::Fault(bytes.len());
            }
            if !reading.has_begun {
                (reading.has_begun, reading.credentials) = (true, credentials);
            }
            if let Some(mark) = mark {
                reading.until = Some(mark.end);
                if reading.peeks {
                    reading.rights.extend(mark.attached.rights.iter().cloned());
                } else {
                    reading.rights.append(&mut mark.attached.rights);
                    self.with_rights -= 1;
                }
            }
            let count = bytes.len();
            reading.done += count;
            if !reading.peeks {
                self.ring.consume(count);
                self.read = self.read.saturating_add(count as u64);
                while self.marks.front().is_some_and(|mark| mark.end <= self.read) {
                    self.marks.pop_front();
                }
            }
        }
        if reading.done >= room { Ended::Full } else { Ended::AtMost }
    }
}

#[cfg(test)]
mod tests {
    use super::{Attached, ByteQueue, CAPACITY};
    use socket::Credentials;

    /// Adds bytes that a process sends, or that nobody asks about.
    fn add(queue: &mut ByteQueue, count: usize, pid: Option<u32>) {
        let credentials = pid.map(|pid| Credentials { pid, uid: 0, gid: 0 });
        queue.append(&vec![0; count], &mut Attached { credentials, ..Attached::default() }).unwrap();
    }

    #[test]
    fn one_senders_bytes_are_one_part() {
        let mut queue = ByteQueue::new().unwrap();
        add(&mut queue, 2, Some(1));
        add(&mut queue, 3, Some(1));
        add(&mut queue, 4, Some(2));
        assert_eq!((queue.part(0), queue.part(4), queue.part(5)), ((5, Some(0)), (5, Some(0)), (9, Some(1))));
    }

    #[test]
    fn bytes_without_mark_end_where_a_mark_begins() {
        let mut queue = ByteQueue::new().unwrap();
        add(&mut queue, 2, None);
        add(&mut queue, 3, Some(1));
        add(&mut queue, 4, None);
        assert_eq!((queue.part(0), queue.part(2), queue.part(5)), ((2, None), (5, Some(0)), (9, None)));
        assert_eq!((queue.bytes(), queue.with_rights()), (9, 0));
    }

    #[test]
    fn what_has_no_room_leaves_no_mark() {
        let mut queue = ByteQueue::new().unwrap();
        for _ in 0..CAPACITY / 4096 {
            add(&mut queue, 4096, None);
        }
        assert_eq!(queue.used(), CAPACITY);
        let credentials = Some(Credentials::NOBODY);
        assert!(queue.append(&[0], &mut Attached { credentials, ..Attached::default() }).is_err());
        assert!(queue.marks.is_empty());
    }
}
