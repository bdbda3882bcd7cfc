//! Threads that wait at words: what a C library makes its mutexes and condition variables of.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use core::time::Duration;

use futex::{FutexTable, Key, Requeued, WaitError};
use lockorder::{Root, Task};

use super::{Verdict, check};
use base::sched::{self, JoinHandle, Placement};
use base::time::Instant;

/// Threads of each test.
const THREADS: usize = 8;
/// How often each acquires.
const ROUNDS: u64 = 2000;
/// A wait that takes so long has lost its wake-up.
const LIMIT: Duration = Duration::from_secs(20);
/// Any bit.
const ANY: u32 = u32::MAX;

/// Who waits at the words of these tests.
static TABLE: FutexTable = FutexTable::new();

/// A word, of the address space of these tests.
const fn word(number: u64) -> Key {
    Key::Private { space: u64::MAX, address: 4 * number }
}

/// Waits at a word while it has a value.
fn wait(held: &mut Root<'_, Task>, key: Key, value: &AtomicU32, expected: u32) -> Result<(), WaitError<()>> {
    let check = || (value.load(Ordering::Relaxed) == expected).then_some(()).ok_or(());
    TABLE.wait(held, key, ANY, Some(Instant::now() + LIMIT), |_| check(), |_| false)
}

/// A mutex made of a word: free, held, or held and waited for (Drepper, "Futexes Are Tricky", 2011, the second mutex).
#[derive(Default)]
struct Lock {
    state: AtomicU32,
    /// A number that it protects, changed in two steps.
    number: AtomicU64,
}

impl Lock {
    const KEY: Key = word(1);

    /// Acquires; false where a wake-up was lost.
    fn acquire(&self, held: &mut Root<'_, Task>) -> bool {
        if self.state.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            return true;
        }
        while self.state.swap(2, Ordering::Acquire) != 0 {
            if wait(held, Self::KEY, &self.state, 2) == Err(WaitError::TimedOut) {
                return false;
            }
        }
        true
    }

    fn release(&self, held: &mut Root<'_, Task>) {
        if self.state.swap(0, Ordering::Release) == 2 {
            TABLE.wake(held, Self::KEY, ANY, 1);
        }
    }
}

/// Threads add to a number that a mutex of a word protects, and let others on inside.
pub(super) fn a_word_makes_a_mutex(held: &mut Root<'_, Task>) -> Verdict {
    let lock = Arc::new(Lock::default());
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let lock = Arc::clone(&lock);
            sched::spawn("locker", Placement::default(), move |mut held| {
                (0..ROUNDS).all(|round| {
                    let acquired = lock.acquire(&mut held);
                    let before = lock.number.load(Ordering::Relaxed);
                    if round % 8 == 0 {
                        sched::yield_now(&mut held);
                    }
                    lock.number.store(before + 1, Ordering::Relaxed);
                    lock.release(&mut held);
                    acquired
                })
            })
        })
        .collect();
    let well = threads.into_iter().filter_map(|thread| thread.join(held).then_some(())).count();
    let number = lock.number.load(Ordering::Relaxed);
    check(well == THREADS && number == THREADS as u64 * ROUNDS, || format!("{number}, {well} threads well"))
}

/// Has threads wait at a word, each for a bit; gives them when all wait.
fn waiters(
    held: &mut Root<'_, Task>,
    key: Key,
    deadline: Option<Instant>,
    interrupt: &Arc<AtomicBool>,
) -> Vec<JoinHandle<Result<(), WaitError<()>>>> {
    let looked = Arc::new(AtomicU64::new(0));
    let threads = (0..THREADS)
        .map(|number| {
            let (looked, interrupt) = (Arc::clone(&looked), Arc::clone(interrupt));
            sched::spawn("waiter", Placement::default(), move |mut held| {
                let check = || {
                    looked.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                };
                let interrupted = || interrupt.load(Ordering::SeqCst);
                TABLE.wait(&mut held, key, 1 << number, deadline, |_| check(), |_| interrupted())
            })
        })
        .collect();
    while looked.load(Ordering::Relaxed) < THREADS as u64 {
        sched::yield_now(held);
    }
    threads
}

/// Those who wait at a word are woken by their bits, in part, or moved to another one and woken there; or they give up, wherever they
/// are by then.
pub(super) fn waiters_are_moved_woken_and_give_up(held: &mut Root<'_, Task>) -> Verdict {
    let never = Arc::new(AtomicBool::new(false));
    let threads = waiters(held, word(2), None, &never);
    let chosen = TABLE.wake(held, word(2), 0b101, usize::MAX);
    let moved = TABLE.requeue(held, [word(2), word(3)], [1, 3], |_| Ok::<_, ()>(()));
    let refused = TABLE.requeue(held, [word(2), word(3)], [9, 9], |_| Err(7));
    let counts = [word(2), word(3)].map(|key| TABLE.wake(held, key, ANY, usize::MAX));
    let woken = threads.into_iter().filter_map(|thread| thread.join(held).ok()).count();
    check(
        (chosen, moved, refused)
            == (2, Ok(Requeued { woken: 1, moved: 3 }), Err(futex::RequeueError::Refused(7)))
            && (counts, woken) == ([THREADS - 6, 3], THREADS),
        || format!("chosen {chosen}, {moved:?}, {refused:?}, then {counts:?}, and {woken} say so"),
    )?;

    let threads = waiters(held, word(2), Some(Instant::now() + Duration::from_millis(20)), &never);
    let moved = TABLE.requeue(held, [word(2), word(3)], [0, THREADS / 2], |_| Ok::<_, ()>(()));
    let results = threads.into_iter().map(|thread| thread.join(held));
    let late = results.filter(|result| *result == Err(WaitError::TimedOut)).count();
    check(late == THREADS && moved.is_ok(), || format!("{late} have timed out, {moved:?}"))?;

    let interrupt = Arc::new(AtomicBool::new(false));
    let threads = waiters(held, word(2), None, &interrupt);
    interrupt.store(true, Ordering::SeqCst);
    for thread in &threads {
        thread.thread().wake();
    }
    let results = threads.into_iter().map(|thread| thread.join(held));
    let interrupted = results.filter(|result| *result == Err(WaitError::Interrupted)).count();
    let left = [word(2), word(3)].map(|key| TABLE.wake(held, key, ANY, usize::MAX));
    check(interrupted == THREADS && left == [0, 0], || format!("{interrupted} interrupted, {left:?} left"))
}
