//! Signals that are read: `signalfd`. A read takes signals of a set that wait for the thread that reads or for its process, whether they
//! are blocked or not; those that are not blocked are mostly delivered before.
//!
//! **Whose signals.** Those of whoever looks: a descriptor that a child has inherited shows it its own. So the file alone is ready for
//! nothing, and whoever knows the caller [binds](SignalFile::bound) it to a thread for the time of a look. An epoll looks for the thread that
//! has added the file, whoever waits there: signals of its process are seen by all of its threads, and those of another thread by none.
//!
//! **Locks.** None of its own: the set is an atomic, signals are taken under [`Signals`](super::Signals), and whether some wait is read
//! from atomic words. Whoever has a signal wait wakes the source of the process.

use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Encoder, Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting::{self, Source};
use base::user::{Access, UserSlice, copy_out, fault_in};
use fs::{File, Readiness, StreamFile};
use lockorder::{Root, Task};

use super::info::{Info, Kind};
use super::number::UNSTOPPABLE;
use crate::life::Current;
use crate::thread::Thread;

/// Bytes of a signal as it is read.
const SIZE: usize = 128;

/// A set of signals as a file.
#[derive(Debug)]
pub struct SignalFile(Arc<AtomicU64>);

/// The same, for a thread that looks.
struct Bound {
    set: Arc<AtomicU64>,
    thread: Arc<Thread>,
}

/// A signal as it is read (`signalfd_siginfo`).
fn encode(info: &Info) -> [u8; SIZE] {
    let ([first, second], value) = (info.halves(), info.value());
    #[allow(clippy::cast_possible_truncation, reason = "the lower half of a word")]
    let low = value as u32;
    let mut bytes = Encoder::new();
    bytes.u32(info.signal.number()).i32(info.error()).i32(info.code());
    match info.kind() {
        Kind::Sent => bytes.u32(first).u32(second),
        Kind::Valued => bytes.u32(first).u32(second).skip(24).u32(low).u64(value),
        Kind::Timer => bytes.skip(12).u32(first).skip(4).u32(second).skip(8).u32(low).u64(value),
        Kind::Child => bytes.u32(first).u32(second).skip(20).u32(low),
        Kind::Fault => bytes.skip(60).u64(info.address()),
    };
    bytes.finish()
}

impl SignalFile {
    /// One for a set.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn create(set: u64) -> Result<File> {
        let set = try_arc(AtomicU64::new(set & !UNSTOPPABLE)).map_err(|_| Errno::ENOMEM)?;
        Ok(File::Stream(try_arc(Self(set)).map_err(|_| Errno::ENOMEM)?))
    }

    /// Which signals a file reads, if it reads some.
    #[must_use]
    pub fn of(file: &File) -> Option<&Self> {
        file.stream()
    }

    fn set(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Reads another set from here on. By a thread, whose process's others look again.
    pub fn change(&self, thread: &Thread, set: u64) {
        self.0.store(set & !UNSTOPPABLE, Ordering::SeqCst);
        thread.shared().signalled.wake();
    }

    /// The file as a thread sees it.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn bound(&self, thread: &Arc<Thread>) -> Result<Arc<dyn StreamFile>> {
        let bound = Bound { set: Arc::clone(&self.0), thread: Arc::clone(thread) };
        Ok(try_arc(bound).map_err(|_| Errno::ENOMEM)?)
    }

    /// Reads signals of a thread's, as many as there are and room is for, waiting for one.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is no room for one; [`Errno::EAGAIN`]; [`Errno::EINTR`]; [`Errno::EFAULT`].
    pub fn read_for(
        &self,
        held: &mut Root<'_, Task>,
        current: &Current,
        to: UserSlice,
        nonblocking: bool,
    ) -> Result<usize> {
        let (process, thread) = (current.process(), &current.thread);
        if to.len() < SIZE {
            return Err(Errno::EINVAL);
        }
        let mut done = 0;
        while to.len() - done >= SIZE {
            let place = to.skip(done).take(SIZE);
            // First: what was taken is not lost to a bad address.
            if fault_in(held, place, Access::Write).is_err() {
                return if done > 0 { Ok(done) } else { Err(Errno::EFAULT) };
            }
            if let Some(info) = process.take(held, thread, self.set()) {
                copy_out(held, place, &encode(&info)).map_err(|_| Errno::EFAULT)?;
                done += SIZE;
                continue;
            }
            if done > 0 {
                break;
            }
            if nonblocking {
                return Err(Errno::EAGAIN);
            }
            let look = || match thread.pending() & self.set() {
                0 => thread.is_interrupted().then_some(Err(Errno::EINTR)),
                _ => Some(Ok(())),
            };
            waiting::wait(held, &[&thread.shared().signalled], None, |_| look())
                .map_err(|_| Errno::ENOMEM)??;
        }
        Ok(done)
    }
}

impl StreamFile for SignalFile {
    fn readiness(&self) -> Readiness {
        Readiness::empty()
    }

    fn sources<'a>(&'a self, _each: &mut dyn FnMut(&'a Source)) {}

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}

    fn label(&self) -> &'static str {
        "anon_inode:[signalfd]"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl StreamFile for Bound {
    fn readiness(&self) -> Readiness {
        match self.thread.pending() & self.set.load(Ordering::SeqCst) {
            0 => Readiness::empty(),
            _ => Readiness::READ,
        }
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(&self.thread.shared().signalled);
    }

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::encode;
    use crate::signal::{Fate, Info, Signal};

    fn at(bytes: &[u8], place: usize) -> u32 {
        u32::from_le_bytes(*bytes[place..].first_chunk().unwrap())
    }

    #[test]
    fn each_kind_has_its_fields_in_their_places() {
        let sent = encode(&Info::sent(Signal::INT, 0, 7, 1000));
        assert_eq!([0, 8, 12, 16].map(|place| at(&sent, place)), [2, 0, 7, 1000]);
        let timer = encode(&Info::timer(Signal::ALRM, 3, 4, 5));
        assert_eq!([24, 32, 44, 48].map(|place| at(&timer, place)), [3, 4, 5, 5]);
        let child = encode(&Info::child(Signal::CHLD, 7, 1000, Fate::Exited(9)));
        assert_eq!([8, 12, 16, 40].map(|place| at(&child, place)), [1, 7, 1000, 9]);
        let fault = encode(&Info::fault(Signal::SEGV, 1, 0x1000));
        assert_eq!(at(&fault, 72), 0x1000);
    }
}
