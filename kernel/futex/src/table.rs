//! The table of those who wait, by keys.

use core::fmt;

use lockorder::{Atomic, Before, Held, Nothing, Root, SpinLock, Task};

use crate::bucket::Bucket;
use crate::key::Key;
use crate::waiter::Waiter;
use base::sched::core::current;
use base::sched::waiting::{self, wait};
use base::time::Instant;

lockorder::hierarchy! {
    /// Who waits at the words of one bucket. Two of them by address, where waiters are moved.
    pub class Futex in base::levels::Ipc = 8, order = address;
}

/// How many buckets there are.
const BUCKETS: usize = 256;

/// How many are taken out under the lock at a time.
const BATCH: usize = 16;

/// The lock of one bucket: protects its list of waiters, and in which bucket each of them stands.
type BucketLock = SpinLock<Futex, Bucket<Waiter>>;

/// All who wait at words of user memory.
pub struct FutexTable {
    buckets: [BucketLock; BUCKETS],
}

/// Why a wait has ended without a wake-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitError<E> {
    /// What the look at the word has said: the thread has not waited.
    Refused(E),
    /// The deadline has passed.
    TimedOut,
    /// The caller's own test has interrupted the wait.
    Interrupted,
    /// There is no memory for one more waiter: the thread has not waited.
    NoMemory,
}

/// Why nobody was woken or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequeueError<E> {
    /// What the look at the word has said.
    Refused(E),
    /// There is no memory for those that would be moved.
    NoMemory,
}

/// How many were woken, and how many were moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requeued {
    /// Those that were woken.
    pub woken: usize,
    /// Those that wait elsewhere now.
    pub moved: usize,
}

impl fmt::Debug for FutexTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FutexTable")
    }
}

impl FutexTable {
    /// Nobody waits. For a static: a table is too large for a stack.
    #[must_use]
    #[allow(clippy::large_stack_arrays, clippy::new_without_default, reason = "tables are statics")]
    pub const fn new() -> Self {
        Self { buckets: [const { SpinLock::new(Bucket::EMPTY) }; BUCKETS] }
    }

    /// The lock of the bucket with a number, which [`Key::bucket`] has given.
    fn lock_of(&self, bucket: usize) -> &BucketLock {
        &self.buckets[bucket % BUCKETS]
    }

    /// Waits at a word until somebody wakes this thread there, or at the word that it has been moved to.
    ///
    /// `check` looks at the word, under the bucket's lock: where it refuses the thread does not wait. `interrupted` is asked
    /// before the thread sleeps and whenever [`Thread::wake`](base::sched::thread::Thread::wake) was called for it. A wake-up
    /// that comes together with the deadline, or with what interrupts, counts: it is another thread's loss otherwise.
    ///
    /// # Errors
    ///
    /// Whatever else has ended the wait.
    #[track_caller]
    pub fn wait<E>(
        &self,
        held: &mut Root<'_, Task>,
        key: Key,
        bitset: u32,
        deadline: Option<Instant>,
        check: impl FnOnce(&mut Held<'_, Futex, Atomic>) -> Result<(), E>,
        mut interrupted: impl FnMut(&mut Held<'_, Nothing, Atomic>) -> bool,
    ) -> Result<(), WaitError<E>> {
        let bucket = key.bucket(BUCKETS);
        let waiter = Waiter::new(current(), bucket);
        held.with(self.lock_of(bucket), |bucket, mut held| {
            check(&mut held).map_err(WaitError::Refused)?;
            bucket.reserve(1).map_err(|_| WaitError::NoMemory)?;
            bucket.push(key, bitset, waiter.clone());
            Ok(())
        })?;
        let ended = wait(held, &[], deadline, |held| match waiter.bucket() {
            None => Some(Ok(())),
            Some(_) => interrupted(held).then_some(Err(WaitError::Interrupted)),
        });
        let result = ended.unwrap_or_else(|error| {
            Err(match error {
                waiting::WaitError::TimedOut => WaitError::TimedOut,
                waiting::WaitError::NoMemory => WaitError::NoMemory,
            })
        });
        if result.is_err() && !self.leave(held, &waiter) {
            return Ok(());
        }
        result
    }

    /// Takes a waiter out of the bucket in which it stands; false where it has been woken.
    fn leave(&self, held: &mut Root<'_, Task>, waiter: &Waiter) -> bool {
        while let Some(noted) = waiter.bucket() {
            let left = held.with(self.lock_of(noted), |bucket, _held| {
                // Under this lock it is neither woken nor moved away.
                waiter.bucket() == Some(noted) && bucket.remove(|other| other.is(waiter))
            });
            if left {
                return true;
            }
        }
        false
    }

    /// Wakes those who wait at a word, `most` of them, who wait for what has a bit in `bitset`, in the order in which they came;
    /// says how many. Who comes while this goes on is not woken.
    ///
    /// Threads are woken after the lock: who is woken on another CPU mostly wants this bucket next, and would find the lock held
    /// by a CPU that is still sending the interrupt.
    pub fn wake(
        &self,
        held: &mut Held<'_, impl Before<Futex>, Task>,
        key: Key,
        bitset: u32,
        most: usize,
    ) -> usize {
        let lock = self.lock_of(key.bucket(BUCKETS));
        let mut latest = None;
        let mut woken = 0;
        loop {
            let batch = BATCH.min(most - woken);
            let mut taken = [const { None }; BATCH];
            let mut places = taken.iter_mut();
            let now = held.below::<Futex>().with(lock, |bucket, _held| {
                let latest = *latest.get_or_insert(bucket.latest());
                bucket.take_waiting(key, bitset, latest, batch, |waiter| {
                    waiter.note_woken();
                    // There are as many places as a batch has waiters.
                    if let Some(place) = places.next() {
                        *place = Some(waiter);
                    }
                })
            });
            taken.iter().flatten().for_each(Waiter::wake);
            woken += now;
            if now < batch || woken == most {
                return woken;
            }
        }
    }

    /// Wakes those who wait at the word `from`, `wake_count` of them, and has `move_count` of the others wait at the word `to` instead;
    /// says how many of each.
    ///
    /// `check` looks at a word, under the locks of both buckets: where it refuses nothing happens.
    ///
    /// # Errors
    ///
    /// What `check` has said, or that there is no memory for those that would be moved.
    pub fn requeue<E>(
        &self,
        held: &mut Held<'_, impl Before<Futex>, Task>,
        [from, to]: [Key; 2],
        [wake_count, move_count]: [usize; 2],
        check: impl FnOnce(&mut Held<'_, Futex, Atomic>) -> Result<(), E>,
    ) -> Result<Requeued, RequeueError<E>> {
        let target = to.bucket(BUCKETS);
        let [source_lock, target_lock] = [self.lock_of(from.bucket(BUCKETS)), self.lock_of(target)];
        let wake = |bucket: &mut Bucket<Waiter>| {
            let latest = bucket.latest();
            bucket.take_waiting(from, u32::MAX, latest, wake_count, |waiter| {
                waiter.note_woken();
                waiter.wake();
            })
        };
        let mut held = held.below::<Futex>();
        let Ok(mut pair) = held.lock_pair(source_lock, target_lock) else {
            // One bucket, and one lock.
            return held.with(source_lock, |bucket, mut held| {
                check(&mut held).map_err(RequeueError::Refused)?;
                let woken = wake(bucket);
                Ok(Requeued { woken, moved: bucket.rename(from, to, move_count) })
            });
        };
        let ([source, destination], mut held) = pair.split();
        check(&mut held).map_err(RequeueError::Refused)?;
        // Room first: nobody is taken out who cannot be put in.
        let moving = source.count(from).saturating_sub(wake_count).min(move_count);
        destination.reserve(moving).map_err(|_| RequeueError::NoMemory)?;
        let woken = wake(source);
        let moved = source.give(destination, from, to, moving, |waiter| waiter.moves_to(target));
        Ok(Requeued { woken, moved })
    }
}
