//! A counter that is waited for: `eventfd`. Writers add to it; a reader takes all of it, or one, and waits while it is zero.
//!
//! The counter is an atomic, and there is no lock: who changes it wakes who waits for that.

use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting::{self, Source};
use base::user::{Access, UserSlice, copy_in, copy_out, fault_in};
use fs::{File, Readiness, StreamFile, Waits};
use lockorder::{Root, Task};

/// The most that it counts to.
const MOST: u64 = u64::MAX - 1;

/// Bytes that are read or written.
const SIZE: usize = size_of::<u64>();

/// A counter.
#[derive(Debug)]
pub struct Counter {
    count: AtomicU64,
    /// Whether a reader takes one, and not all.
    one_by_one: bool,
    readers: Source,
    writers: Source,
}

/// A new counter, with what it begins at; a reader takes one where `one_by_one` says so, and all otherwise.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub fn create(count: u32, one_by_one: bool) -> Result<File> {
    let count = AtomicU64::new(u64::from(count));
    let counter = Counter { count, one_by_one, readers: Source::new(), writers: Source::new() };
    Ok(File::Stream(try_arc(counter).map_err(|_| Errno::ENOMEM)?))
}

/// What a reader leaves and what it gets; none where it would wait.
const fn taken(count: u64, one_by_one: bool) -> Option<(u64, u64)> {
    match (count, one_by_one) {
        (0, _) => None,
        (count, true) => Some((count - 1, 1)),
        (count, false) => Some((0, count)),
    }
}

/// What a counter is with more; none where it would wait.
const fn added(count: u64, more: u64) -> Option<u64> {
    match count.checked_add(more) {
        Some(count) if count <= MOST => Some(count),
        _ => None,
    }
}

/// Waits until `change` has changed something.
fn wait<T>(
    held: &mut Root<'_, Task>,
    source: &Source,
    waits: Waits<'_>,
    change: impl Fn() -> Option<T>,
) -> Result<T> {
    if let Some(done) = change() {
        return Ok(done);
    }
    if waits.nonblocking {
        return Err(Errno::EAGAIN);
    }
    let look = || match change() {
        Some(done) => Some(Ok(done)),
        None => (waits.interrupted)().then_some(Err(Errno::EINTR)),
    };
    waiting::wait(held, &[source], None, |_| look()).map_err(|_| Errno::ENOMEM)?
}

impl Counter {
    /// Takes what a reader gets.
    fn take(&self) -> Option<u64> {
        let take = |count| taken(count, self.one_by_one).map(|(left, _)| left);
        let before = self.count.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).ok()?;
        taken(before, self.one_by_one).map(|(_, taken)| taken)
    }

    /// Adds.
    fn add(&self, more: u64) -> Option<()> {
        let add = |count| added(count, more);
        self.count.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).ok().map(|_| ())
    }
}

impl StreamFile for Counter {
    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize> {
        if to.len() < SIZE {
            return Err(Errno::EINVAL);
        }
        // First: what was taken is not lost to a bad address.
        let to = to.take(SIZE);
        fault_in(held, to, Access::Write).map_err(|_| Errno::EFAULT)?;
        let taken = wait(held, &self.readers, waits, || self.take())?;
        self.writers.wake();
        copy_out(held, to, &taken.to_le_bytes()).map_err(|_| Errno::EFAULT)?;
        Ok(SIZE)
    }

    fn write(&self, held: &mut Root<'_, Task>, from: UserSlice, waits: Waits<'_>) -> Result<usize> {
        if from.len() < SIZE {
            return Err(Errno::EINVAL);
        }
        let mut bytes = [0; SIZE];
        copy_in(held, from.take(SIZE), &mut bytes).map_err(|_| Errno::EFAULT)?;
        let more = u64::from_le_bytes(bytes);
        if more > MOST {
            return Err(Errno::EINVAL);
        }
        wait(held, &self.writers, waits, || self.add(more))?;
        self.readers.wake();
        Ok(SIZE)
    }

    fn readiness(&self) -> Readiness {
        let count = self.count.load(Ordering::Acquire);
        let mut readiness = Readiness::empty();
        readiness.set(Readiness::READ, count > 0);
        readiness.set(Readiness::WRITE, count < MOST);
        readiness
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(&self.readers);
        each(&self.writers);
    }

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}

    fn label(&self) -> &'static str {
        "anon_inode:[eventfd]"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, added, taken};

    #[test]
    fn a_reader_takes_all_or_one() {
        assert_eq!(taken(0, false), None);
        assert_eq!(taken(0, true), None);
        assert_eq!(taken(5, false), Some((0, 5)));
        assert_eq!(taken(5, true), Some((4, 1)));
    }

    #[test]
    fn it_counts_to_the_last_number_but_one() {
        assert_eq!(added(0, MOST), Some(MOST));
        assert_eq!(added(1, MOST), None);
        assert_eq!(added(MOST, 1), None);
        assert_eq!(added(MOST, 0), Some(MOST));
    }
}
