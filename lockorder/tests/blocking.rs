//! The locks whose waiters sleep, on a host: exclusion, owners, time limits, moving waiters.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lockorder::blocking::{Blocking, Event, EventError, Semaphore, SleepReadWrite};
use lockorder::host::{Condvar, Host, RwLock, SleepLock, WaitQueue, spawn};
use lockorder::{RawReadWriteLock, RawTimedReadWriteLock, hierarchy, with_root};

hierarchy! {
    /// Classes for these tests.
    hierarchy BLOCKING;
    /// Files.
    level Filesystem = 40 {
        /// A directory.
        class Directory = 1;
        /// A file.
        class Inode = 3;
    }
}

/// No test may take longer.
const DEADLINE: Duration = Duration::from_mins(1);
/// Threads of the tests with several.
const THREADS: u32 = 6;

/// Waits until something holds.
fn wait_until(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < DEADLINE, "the other threads do not come");
        thread::yield_now();
    }
}

#[test]
fn no_update_is_lost_under_a_sleeping_lock() {
    const ROUNDS: u32 = 10_000;
    let count = SleepLock::<Inode, u32>::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                with_root(|mut held| (0..ROUNDS).for_each(|_| held.with(&count, |count, _| *count += 1)));
            });
        }
    });
    assert_eq!(count.into_inner(), THREADS * ROUNDS);
}

#[test]
fn a_sleeping_lock_says_who_owns_it() {
    let lock = SleepLock::<Inode, ()>::new(());
    assert_eq!(lock.owner(), None);
    with_root(|mut held| {
        held.with(&lock, |(), _| assert_eq!(lock.owner(), Some(Host::thread())));
    });
    assert_eq!(lock.owner(), None);
}

#[test]
fn a_sleeping_lock_is_waited_for_no_longer_than_said() {
    let (lock, taken) = (SleepLock::<Inode, ()>::new(()), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with(&lock, |(), _| {
                    taken.store(true, Ordering::Release);
                    thread::sleep(Duration::from_millis(80));
                });
            });
        });
        wait_until(|| taken.load(Ordering::Acquire));
        with_root(|mut held| {
            assert!(held.lock_for(&lock, Duration::from_millis(10)).is_none());
            assert!(held.lock_for(&lock, DEADLINE).is_some());
        });
    });
}

#[test]
fn readers_share_and_writers_do_not() {
    const ROUNDS: u32 = 3_000;
    let halves = RwLock::<Inode, [u32; 2]>::new([0; 2]);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let halves = &halves;
            scope.spawn(move || {
                with_root(|mut held| {
                    for round in 0..ROUNDS {
                        if (round + number) % 4 == 0 {
                            let mut halves = held.write(halves);
                            halves[0] += 1;
                            halves[1] += 1;
                        } else {
                            let halves = held.read(halves);
                            assert_eq!(halves[0], halves[1], "half a write was seen");
                        }
                    }
                });
            });
        }
    });
    assert_eq!(halves.into_inner()[0], THREADS * ROUNDS / 4);
}

#[test]
fn a_reader_writer_lock_is_waited_for_no_longer_than_said() {
    let (lock, reading) = (RwLock::<Inode, u32>::new(0), AtomicBool::new(false));
    let leave = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with_read(&lock, |count, _| {
                    assert_eq!(*count, 0);
                    reading.store(true, Ordering::Release);
                    wait_until(|| leave.load(Ordering::Acquire));
                });
            });
        });
        wait_until(|| reading.load(Ordering::Acquire));
        with_root(|mut held| {
            assert!(held.write_for(&lock, Duration::from_millis(10)).is_none());
            assert!(
                held.read_for(&lock, DEADLINE).is_some(),
                "the writer that has given up keeps nobody out"
            );
            leave.store(true, Ordering::Release);
            assert!(held.write_for(&lock, DEADLINE).is_some());
            held.with_write(&lock, |count, mut held| {
                *count += 1;
                // Nothing further in is there; the token is at the lock's class.
                assert_eq!(format!("{:?}", held.reborrow()), "Held(up to `Inode` (40.3), Task)");
            });
        });
    });
    assert_eq!(lock.into_inner(), 1);
}

#[test]
fn a_reader_that_sleeps_enters_before_the_next_writer() {
    static CORE: SleepReadWrite<Host> = SleepReadWrite::INIT;
    static LEAVE: AtomicBool = AtomicBool::new(false);
    assert!(CORE.try_acquire_exclusive());
    let reader = spawn(|_held| {
        // SAFETY: this thread holds nothing else, and releases what it has acquired.
        unsafe {
            CORE.acquire_shared::<Host>();
            wait_until(|| LEAVE.load(Ordering::Acquire));
            CORE.release_shared();
        }
    });
    wait_until(|| format!("{CORE:?}").contains("readers_waiting: 1"));
    // SAFETY: acquired at the top.
    unsafe { CORE.release_exclusive() }
    // The reader may sleep still, and is in all the same.
    assert!(!CORE.try_acquire_exclusive(), "a second writer passes the reader: {CORE:?}");
    LEAVE.store(true, Ordering::Release);
    with_root(|mut held| reader.join(&mut held).expect("the reader reads"));
    assert!(CORE.try_acquire_exclusive(), "nobody is in any more: {CORE:?}");
}

#[test]
fn a_reader_that_gives_up_is_waited_for_by_nobody() {
    let core = SleepReadWrite::<Host>::INIT;
    assert!(core.try_acquire_exclusive());
    // SAFETY: this thread waits for itself, for a limited time; it releases what it has acquired.
    unsafe {
        assert!(!core.acquire_shared_for::<Host>(Duration::from_millis(5)));
        assert!(!core.acquire_exclusive_for::<Host>(Duration::from_millis(5)));
        core.release_exclusive();
    }
    assert!(core.try_acquire_exclusive(), "nobody is in or waits: {core:?}");
}

#[test]
fn upgradeable_readers_that_sleep_come_one_after_the_other() {
    static COUNT: RwLock<Inode, u32> = RwLock::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                with_root(|mut held| {
                    for round in 0..500 {
                        let reader = held.upgradeable(&COUNT);
                        let before = *reader;
                        if round % 3 == 0 {
                            drop(reader);
                            continue;
                        }
                        let mut writer = reader.upgrade();
                        assert_eq!(*writer, before, "somebody wrote in between");
                        *writer += 1;
                        drop(writer.downgrade_to_upgradeable().downgrade());
                    }
                });
            });
        }
    });
    with_root(|mut held| assert_eq!(*held.read(&COUNT), THREADS * 333));
}

#[test]
fn a_semaphore_lets_so_many_in() {
    let (permits, inside, most) = (Semaphore::<Inode>::new(2), AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                with_root(|mut held| {
                    for _ in 0..200 {
                        let _permit = permits.acquire(&mut held);
                        most.fetch_max(inside.fetch_add(1, Ordering::AcqRel) + 1, Ordering::AcqRel);
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::AcqRel);
                    }
                });
            });
        }
    });
    assert_eq!((permits.permits(), most.load(Ordering::Acquire)), (2, 2));
    with_root(|mut held| {
        let (_one, held) = permits.acquire(&mut held);
        assert_eq!(format!("{held:?}"), "Held(up to `Inode` (40.3), Task)", "a permit ranks like a lock");
        assert_eq!(permits.permits(), 1);
    });
    assert!(catch_unwind(|| Semaphore::<Inode>::new(0)).is_err(), "nobody could ever get a permit");
}

#[test]
fn a_wait_ends_when_its_condition_holds_or_its_time_is_up() {
    let (queue, go) = (WaitQueue::new(), AtomicBool::new(false));
    with_root(|mut held| {
        let holds = || go.load(Ordering::Acquire);
        assert!(!queue.wait_until_for(&mut held, Duration::from_millis(10), |_| holds()));
    });
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| with_root(|mut held| queue.wait_until(&mut held, |_| go.load(Ordering::Acquire))));
        }
        thread::sleep(Duration::from_millis(10));
        go.store(true, Ordering::Release);
        queue.wake_all();
    });
}

#[test]
fn notified_waiters_stand_in_line_for_the_lock() {
    let (lock, changed) = (SleepLock::<Inode, (u32, bool)>::new((0, false)), Condvar::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                with_root(|mut held| {
                    let mut state = held.lock(&lock);
                    state.0 += 1;
                    while !state.1 {
                        state = changed.wait(state);
                    }
                    state.0 -= 1;
                });
            });
        }
        with_root(|mut held| {
            wait_until(|| lock.owner().is_none() && with_count(&lock) == THREADS);
            let mut state = held.lock(&lock);
            state.1 = true;
            changed.notify_all_behind(&state);
        });
    });
    assert_eq!(lock.into_inner(), (0, true));
}

#[test]
fn a_waiter_that_was_moved_leaves_when_its_time_is_up() {
    let (lock, changed) = (SleepLock::<Inode, u32>::new(0), Condvar::new());
    thread::scope(|scope| {
        for limited in [false, true] {
            let (lock, changed) = (&lock, &changed);
            scope.spawn(move || {
                with_root(|mut held| {
                    let mut count = held.lock(lock);
                    *count += 1;
                    if limited {
                        // Its time is up while it stands in the lock's queue, where it was moved.
                        drop(changed.wait_for(count, Duration::from_millis(100)));
                    } else {
                        drop(changed.wait(count));
                    }
                });
            });
        }
        with_root(|mut held| {
            // They have looked at the notifications before they released the lock.
            wait_until(|| held.with(&lock, |count, _| *count) == 2);
            let count = held.lock(&lock);
            changed.notify_all_behind(&count);
            thread::sleep(Duration::from_millis(150));
        });
    });
    assert_eq!(lock.into_inner(), 2);
}

/// How many have come, asked from a thread of its own.
fn with_count(lock: &SleepLock<Inode, (u32, bool)>) -> u32 {
    thread::scope(|scope| {
        scope
            .spawn(|| with_root(|mut held| held.with(lock, |state, _| state.0)))
            .join()
            .expect("it only looks")
    })
}

#[test]
fn several_locks_at_one_condition_variable_are_refused() {
    let (one, other, changed) =
        (SleepLock::<Inode, bool>::new(false), SleepLock::<Inode, ()>::new(()), Condvar::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                let mut done = held.lock(&one);
                while !*done {
                    done = changed.wait(done);
                }
            });
        });
        wait_until(|| format!("{changed:?}").contains("awaited: true"));
        let refused = catch_unwind(AssertUnwindSafe(|| {
            with_root(|mut held| drop(changed.wait_for(held.lock(&other), Duration::from_millis(1))));
        }));
        let is_free = !other.is_held();
        // The waiter leaves first: it would not if something were found missing.
        with_root(|mut held| held.with(&one, |done, _| *done = true));
        changed.notify_all();
        assert!(refused.is_err(), "two locks at one condition variable");
        assert!(is_free, "the refused one is free again");
    });
    // Nobody waits: another lock is welcome.
    with_root(|mut held| drop(changed.wait_for(held.lock(&other), Duration::from_millis(1))));
}

#[test]
fn an_event_is_promised_before_it_is_waited_for() {
    let (event, promised) = (Event::<Directory>::new(), AtomicBool::new(false));
    with_root(|mut held| assert_eq!(event.wait(&mut held), Err(EventError::NotPromised)));
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                event.promise(&mut held, |_| {
                    promised.store(true, Ordering::Release);
                    thread::sleep(Duration::from_millis(20));
                })
            })
        });
        wait_until(|| promised.load(Ordering::Acquire));
        with_root(|mut held| assert_eq!(event.wait(&mut held), Ok(())));
    });
    assert!(event.is_done());
}
