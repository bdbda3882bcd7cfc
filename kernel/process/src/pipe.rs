//! Pipes: bytes from writers to readers.
//!
//! A pipe has a ring of bytes behind a lock of class [`Pipe`], and two counts: who can read, who can write. User memory ranks
//! outside of the ring's lock, and may fault; so it is faulted in before, and copied to and from under the lock by the verb that resolves
//! nothing. What faults all the same is tried again: no byte is lost to a bad address. What can be done at once is read without the lock.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use abi::{Errno, Result, ioctl};
use base::mm::fallible::try_arc;
use base::sched::Mutex;
use base::sched::waiting::{self, Source};
use base::user::{self, Access, Fault, UserSlice};
use fs::{File, Readiness, StreamFile, Waits};
use lockorder::{Root, Task, hierarchy};

hierarchy! {
    /// The bytes in a pipe.
    pub class Pipe in base::levels::Ipc = 5;
}

/// How many bytes a pipe has room for.
pub const CAPACITY: usize = 65536;
/// Up to how many bytes a write is whole.
pub const WHOLE: usize = 4096;

/// Bytes in a ring that grows up to [`CAPACITY`].
#[derive(Debug, Default)]
struct Ring {
    bytes: Vec<u8>,
    first: usize,
    length: usize,
}

impl Ring {
    /// Makes room for more bytes, as far as there is memory and the pipe may have them.
    fn reserve(&mut self, more: usize) {
        let wanted = (self.length + more).min(CAPACITY);
        if wanted <= self.bytes.len() {
            return;
        }
        let size = wanted.next_power_of_two().clamp(WHOLE, CAPACITY);
        let mut bytes = Vec::new();
        if bytes.try_reserve_exact(size).is_err() {
            return;
        }
        for part in self.parts(self.length) {
            bytes.extend_from_slice(&self.bytes[part]);
        }
        bytes.resize(size, 0);
        (self.bytes, self.first) = (bytes, 0);
    }

    /// Where the first bytes are: one part, or two.
    fn parts(&self, count: usize) -> [core::ops::Range<usize>; 2] {
        let end = self.first + count;
        let size = self.bytes.len();
        if end <= size { [self.first..end, 0..0] } else { [self.first..size, 0..end - size] }
    }

    /// Where the next bytes go: one part, or two.
    fn free_parts(&self, count: usize) -> [core::ops::Range<usize>; 2] {
        let size = self.bytes.len();
        let start = if size == 0 { 0 } else { (self.first + self.length) % size };
        let end = start + count;
        if end <= size { [start..end, 0..0] } else { [start..size, 0..end - size] }
    }

    /// Takes bytes out.
    fn consume(&mut self, count: usize) {
        self.length -= count;
        self.first = if self.length == 0 { 0 } else { (self.first + count) % self.bytes.len() };
    }
}

/// What both ends share.
struct Shared {
    /// Protects the bytes; class `Pipe`.
    ring: Mutex<Pipe, Ring>,
    /// How many bytes there are, to be read without the lock.
    length: AtomicUsize,
    readers: AtomicU32,
    writers: AtomicU32,
    to_read: Source,
    to_write: Source,
}

/// One end of a pipe.
struct End {
    shared: Arc<Shared>,
    writes: bool,
}

/// A pipe: the end to read, and the end to write.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub fn new() -> Result<[File; 2]> {
    let shared = Shared {
        ring: Mutex::new(Ring::default()),
        length: AtomicUsize::new(0),
        readers: AtomicU32::new(1),
        writers: AtomicU32::new(1),
        to_read: Source::new(),
        to_write: Source::new(),
    };
    let shared = try_arc(shared).map_err(|_| Errno::ENOMEM)?;
    let end = |writes| {
        let end = try_arc(End { shared: Arc::clone(&shared), writes }).map_err(|_| Errno::ENOMEM)?;
        Ok(File::Stream(end))
    };
    Ok([end(false)?, end(true)?])
}

impl Shared {
    /// Copies to user memory what there is; none where something faults.
    fn take(&self, held: &mut Root<'_, Task>, to: UserSlice) -> Option<usize> {
        held.with(&self.ring, |ring, _| {
            let count = ring.length.min(to.len());
            let mut done = 0;
            for part in ring.parts(count) {
                let bytes = &ring.bytes[part];
                user::try_copy_out(to.skip(done), bytes).ok()?;
                done += bytes.len();
            }
            ring.consume(count);
            self.length.store(ring.length, Ordering::SeqCst);
            Some(count)
        })
    }

    /// Copies from user memory as much as there is room for, nothing where there is less than `least`; none where something
    /// faults.
    fn put(&self, held: &mut Root<'_, Task>, from: UserSlice, least: usize) -> Option<usize> {
        held.with(&self.ring, |ring, _| {
            ring.reserve(from.len());
            let room = ring.bytes.len() - ring.length;
            let count = room.min(from.len());
            if count < least {
                return Some(0);
            }
            let mut done = 0;
            for part in ring.free_parts(count) {
                let bytes = &mut ring.bytes[part];
                user::try_copy_in(from.skip(done).take(bytes.len()), bytes).ok()?;
                done += bytes.len();
            }
            ring.length += count;
            self.length.store(ring.length, Ordering::SeqCst);
            Some(count)
        })
    }

    fn readiness(&self, writes: bool) -> Readiness {
        let length = self.length.load(Ordering::SeqCst);
        let mut readiness = Readiness::empty();
        if writes {
            readiness.set(Readiness::WRITE, CAPACITY - length >= WHOLE);
            readiness.set(Readiness::ERROR, self.readers.load(Ordering::SeqCst) == 0);
        } else {
            readiness.set(Readiness::READ, length > 0);
            readiness.set(Readiness::HANG_UP, self.writers.load(Ordering::SeqCst) == 0);
        }
        readiness
    }
}

impl StreamFile for End {
    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize> {
        if self.writes {
            return Err(Errno::EBADF);
        }
        let shared = &*self.shared;
        if to.is_empty() {
            return Ok(0);
        }
        loop {
            // Before the look: who writes and goes leaves the bytes first.
            let no_writers = shared.writers.load(Ordering::SeqCst) == 0;
            match shared.take(held, to) {
                Some(0) if no_writers => return Ok(0),
                Some(0) => {}
                Some(count) => {
                    shared.to_write.wake();
                    return Ok(count);
                }
                None => {
                    let needed = to.take(shared.length.load(Ordering::SeqCst).max(1));
                    user::fault_in(held, needed, Access::Write).map_err(|Fault| Errno::EFAULT)?;
                    continue;
                }
            }
            if waits.nonblocking {
                return Err(Errno::EAGAIN);
            }
            let can_go_on = || {
                let ready =
                    shared.length.load(Ordering::SeqCst) > 0 || shared.writers.load(Ordering::SeqCst) == 0;
                (ready || (waits.interrupted)()).then_some(ready)
            };
            // There is no deadline, and one source needs no memory.
            if waiting::wait(held, &[&shared.to_read], None, |_| can_go_on()) != Ok(true) {
                return Err(Errno::EINTR);
            }
        }
    }

    fn write(&self, held: &mut Root<'_, Task>, from: UserSlice, waits: Waits<'_>) -> Result<usize> {
        if !self.writes {
            return Err(Errno::EBADF);
        }
        let shared = &*self.shared;
        let mut done = 0;
        let so_far = |done: usize, error: Errno| if done > 0 { Ok(done) } else { Err(error) };
        while done < from.len() {
            if shared.readers.load(Ordering::SeqCst) == 0 {
                return so_far(done, Errno::EPIPE);
            }
            let rest = from.skip(done);
            let least = if from.len() <= WHOLE { from.len() } else { 1 };
            match shared.put(held, rest, least) {
                Some(0) if (waits.interrupted)() => return so_far(done, Errno::EINTR),
                Some(0) => {}
                Some(count) => {
                    done += count;
                    shared.to_read.wake();
                    continue;
                }
                None => {
                    let needed = rest.take(CAPACITY);
                    if user::fault_in(held, needed, Access::Read).is_err() {
                        return so_far(done, Errno::EFAULT);
                    }
                    continue;
                }
            }
            if waits.nonblocking {
                return so_far(done, Errno::EAGAIN);
            }
            let can_go_on = || {
                let room = CAPACITY - shared.length.load(Ordering::SeqCst);
                let ready = room >= least || shared.readers.load(Ordering::SeqCst) == 0;
                (ready || (waits.interrupted)()).then_some(ready)
            };
            // There is no deadline, and one source needs no memory.
            if waiting::wait(held, &[&shared.to_write], None, |_| can_go_on()) != Ok(true) {
                return so_far(done, Errno::EINTR);
            }
        }
        Ok(done)
    }

    fn ioctl(&self, held: &mut Root<'_, Task>, request: u32, argument: u64) -> Result<usize> {
        if request != ioctl::FIONREAD {
            return Err(Errno::ENOTTY);
        }
        let length = i32::try_from(self.shared.length.load(Ordering::SeqCst)).unwrap_or(i32::MAX);
        let to = UserSlice::new(argument, 4).map_err(|Fault| Errno::EFAULT)?;
        user::copy_out(held, to, &length.to_le_bytes()).map_err(|Fault| Errno::EFAULT)?;
        Ok(0)
    }

    fn readiness(&self) -> Readiness {
        self.shared.readiness(self.writes)
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(if self.writes { &self.shared.to_write } else { &self.shared.to_read });
    }

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {
        let shared = &*self.shared;
        let (count, others) = if self.writes {
            (&shared.writers, &shared.to_read)
        } else {
            (&shared.readers, &shared.to_write)
        };
        count.fetch_sub(1, Ordering::SeqCst);
        others.wake();
    }

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::{CAPACITY, Ring};

    #[test]
    fn a_ring_gives_bytes_in_the_order_in_which_they_came() {
        let (mut ring, mut model) = (Ring::default(), VecDeque::new());
        let mut random = 7_u64;
        let mut next = 0_u8;
        for _ in 0..20_000 {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let count = (random >> 40) as usize % 3000;
            if random >> 20 & 1 == 0 {
                ring.reserve(count);
                let count = count.min(ring.bytes.len() - ring.length);
                for part in ring.free_parts(count) {
                    for byte in &mut ring.bytes[part] {
                        *byte = next;
                        model.push_back(next);
                        next = next.wrapping_add(1);
                    }
                }
                ring.length += count;
            } else {
                let count = count.min(ring.length);
                let taken: Vec<u8> =
                    ring.parts(count).into_iter().flat_map(|part| ring.bytes[part].to_vec()).collect();
                ring.consume(count);
                assert_eq!(taken, model.drain(..count).collect::<Vec<_>>());
            }
            assert!(ring.length == model.len() && ring.length <= CAPACITY);
        }
    }
}
