//! The waits: for what a lock protects, with nothing else held or at a rank; for a condition; for a signal.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lockorder::blocking::RankedCondvar;
use lockorder::host::{Condvar, Mutex, SignallingSemaphore, WaitQueue};
use lockorder::{Held, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// Classes for these tests.
    hierarchy WAITING;
    /// Files.
    level Filesystem = 40 {
        /// A directory.
        class Directory = 1;
        /// A file.
        class Inode = 3;
        /// What servers make true.
        class Served = 5;
        /// Something that servers need.
        class Block = 7;
    }
}

/// No test may take longer.
const DEADLINE: Duration = Duration::from_mins(1);
/// A wait that ends by its time.
const SHORT: Duration = Duration::from_millis(10);

/// Waits until something holds.
fn until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < DEADLINE, "the other threads do not come");
        thread::yield_now();
    }
}

/// On a thread of its own, with a root.
fn rooted<O>(body: impl FnOnce(Root<'_, Task>) -> O) -> O {
    with_root(body)
}

#[test]
fn a_wait_ends_when_the_condition_says_so() {
    let (count, changed) = (Mutex::<Inode, u32>::new(0), Condvar::new());
    thread::scope(|threads| {
        threads.spawn(|| {
            rooted(|mut held| {
                for _ in 0..20 {
                    *held.lock(&count) += 1;
                    changed.notify_all();
                    thread::yield_now();
                }
            });
        });
        let tens =
            threads.spawn(|| rooted(|mut held| *changed.wait_while(held.lock(&count), |count| *count < 10)));
        let all =
            threads.spawn(|| rooted(|mut held| *changed.wait_until(held.lock(&count), |count| *count == 20)));
        assert!(tens.join().expect("it ends") >= 10);
        assert_eq!(all.join().expect("it ends"), 20);
    });
    rooted(|mut held| {
        // What holds already is not waited for.
        drop(changed.wait_until(held.lock(&count), |_| true));
        drop(changed.wait_while(held.lock(&count), |_| false));
    });
}

#[test]
fn a_wait_of_limited_time_says_whether_the_condition_ended() {
    let (count, changed) = (Mutex::<Inode, u32>::new(0), Condvar::new());
    rooted(|mut held| {
        let began = Instant::now();
        let (guard, ended) = changed.wait_while_for(held.lock(&count), SHORT, |count| *count == 0);
        assert!(!ended && *guard == 0 && began.elapsed() >= SHORT);
        drop(guard);
        let (guard, ended) = changed.wait_while_for(held.lock(&count), SHORT, |count| {
            *count += 1;
            *count == 1
        });
        assert!(ended && *guard == 2, "the last look is after the time is up");
    });
    rooted(|mut held| *held.lock(&count) = 0);
    thread::scope(|threads| {
        let waiter = threads.spawn(|| {
            rooted(|mut held| changed.wait_while_for(held.lock(&count), DEADLINE, |count| *count == 0).1)
        });
        rooted(|mut held| *held.lock(&count) = 1);
        changed.notify_one();
        assert!(waiter.join().expect("it ends"));
    });
}

#[test]
fn a_condition_that_may_sleep_is_looked_at_in_no_queue() {
    const THREADS: u32 = 4;
    let (queue, count) = (WaitQueue::new(), Mutex::<Inode, u32>::new(0));
    thread::scope(|threads| {
        for turn in 0..THREADS {
            let (queue, count) = (&queue, &count);
            // Each has a condition of its own, and wakes one: the wake-up must come to the right one.
            threads.spawn(move || {
                rooted(|mut held| {
                    for round in 0..100 {
                        let wanted = round * THREADS + turn;
                        queue.wait_until_may_sleep(&mut held, |held| *held.lock(count) == wanted);
                        *held.lock(count) += 1;
                        queue.wake_one();
                    }
                });
            });
        }
    });
    assert_eq!(count.into_inner(), 100 * THREADS);
}

#[test]
fn a_condition_that_may_sleep_has_the_token_of_its_caller() {
    let (queue, directory, go) = (WaitQueue::new(), Mutex::<Directory, ()>::new(()), AtomicBool::new(false));
    thread::scope(|threads| {
        threads.spawn(|| {
            rooted(|mut held| {
                queue.wait_until_may_sleep(&mut held, |held: &mut Held<'_, _, Task>| {
                    held.with(&directory, |(), _| go.load(Ordering::SeqCst))
                });
            });
        });
        thread::sleep(SHORT);
        rooted(|mut held| held.with(&directory, |(), _| go.store(true, Ordering::SeqCst)));
        queue.wake_all();
    });
}

#[test]
fn nobody_waits_where_nobody_serves() {
    let (condition, file) = (RankedCondvar::<Served>::new(), Mutex::<Inode, u32>::new(7));
    rooted(|mut held| {
        assert!(!condition.is_served());
        let refused = condition.wait(held.lock(&file)).expect_err("nobody serves");
        assert!(refused.to_string().contains("nobody serves"));
        let guard = refused.into_guard();
        assert!(*guard == 7 && file.is_held(), "the guard comes back, still held");
        let refused = condition.wait_for(guard, DEADLINE).expect_err("nobody serves");
        drop(refused);
        assert!(!file.is_held());
    });
}

#[test]
fn a_served_condition_is_waited_for_with_outer_locks_held() {
    let (condition, served) = (RankedCondvar::<Served>::new(), AtomicBool::new(false));
    let (directory, file) = (Mutex::<Directory, u32>::new(0), Mutex::<Inode, u32>::new(0));
    let block = Mutex::<Block, u32>::new(0);
    // What a server makes true lies behind a lock inside of the condition's class.
    let ready = SpinLock::<Block, bool>::new(false);
    let waits = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            rooted(|mut held| {
                condition.serve(&mut held, |mut held| {
                    assert_eq!(format!("{held:?}"), "Held(up to `Served` (40.5), Task)");
                    served.store(true, Ordering::Release);
                    until(|| waits.load(Ordering::Acquire));
                    *held.lock(&block) += 1;
                    held.with(&ready, |ready, _| *ready = true);
                    condition.notify_all();
                    // It serves until the waiter has seen that.
                    until(|| !waits.load(Ordering::Acquire));
                });
            });
        });
        until(|| served.load(Ordering::Acquire));
        rooted(|mut held| {
            held.with(&directory, |number, mut held| {
                let mut guard = held.lock(&file);
                loop {
                    if *guard.held().lock(&ready) {
                        break;
                    }
                    waits.store(true, Ordering::Release);
                    guard = condition.wait(guard).expect("it is served");
                    assert!(file.is_held());
                }
                *number += 1;
                waits.store(false, Ordering::Release);
            });
        });
    });
    assert_eq!((directory.into_inner(), block.into_inner()), (1, 1));
    assert!(!condition.is_served());
}

#[test]
fn the_last_server_wakes_who_waits_also_where_it_panics() {
    for panics in [false, true] {
        let (condition, file) = (RankedCondvar::<Served>::new(), Mutex::<Inode, u32>::new(0));
        let (serving, leave) = (AtomicU32::new(0), AtomicBool::new(false));
        thread::scope(|threads| {
            let server = |last: bool| {
                rooted(|mut held| {
                    condition.serve(&mut held, |_| {
                        serving.fetch_add(1, Ordering::AcqRel);
                        until(|| leave.load(Ordering::Acquire) || !last);
                        assert!(!(panics && last), "in the service");
                    });
                });
            };
            let first = threads.spawn(move || server(true));
            until(|| serving.load(Ordering::Acquire) == 1);
            let waiter =
                threads.spawn(|| rooted(|mut held| condition.wait(held.lock(&file)).map(drop).is_ok()));
            // Another one comes and goes: somebody serves still.
            threads.spawn(move || server(false)).join().expect("it ends");
            until(|| format!("{file:?}").contains("held: false"));
            thread::sleep(SHORT);
            assert!(!waiter.is_finished(), "somebody serves still");
            leave.store(true, Ordering::Release);
            assert!(waiter.join().expect("it is woken"));
            assert_eq!(first.join().is_err(), panics);
            rooted(|mut held| assert!(condition.wait(held.lock(&file)).is_err()));
        });
    }
}

#[test]
fn a_served_condition_is_waited_for_no_longer_than_said() {
    let (condition, file) = (RankedCondvar::<Served>::new(), Mutex::<Inode, u32>::new(0));
    let (serving, leave) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|threads| {
        threads.spawn(|| {
            rooted(|mut held| {
                condition.serve(&mut held, |_| {
                    serving.store(true, Ordering::Release);
                    until(|| leave.load(Ordering::Acquire));
                });
            });
        });
        until(|| serving.load(Ordering::Acquire));
        rooted(|mut held| {
            let (guard, notified) = condition.wait_for(held.lock(&file), SHORT).expect("it is served");
            assert!(!notified);
            drop(guard);
            condition.notify_one();
        });
        leave.store(true, Ordering::Release);
    });
}

#[test]
fn a_signal_is_waited_for_once() {
    const SIGNALS: usize = 1_000;
    const THREADS: usize = 4;
    let (signals, lock) = (SignallingSemaphore::new(), SpinLock::<Inode, ()>::new(()));
    assert!(!signals.try_wait() && signals.signals() == 0);
    rooted(|mut held| assert!(!signals.wait_for(&mut held, SHORT), "nobody has signalled"));
    let taken = AtomicU32::new(0);
    thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| {
                rooted(|mut held| {
                    for _ in 0..SIGNALS {
                        signals.wait(&mut held);
                        taken.fetch_add(1, Ordering::AcqRel);
                    }
                });
            });
            threads.spawn(|| {
                rooted(|mut held| {
                    for _ in 0..SIGNALS {
                        // Legal under any lock, in any context.
                        held.with(&lock, |(), _| signals.signal());
                    }
                });
            });
        }
    });
    assert_eq!(taken.load(Ordering::Acquire) as usize, THREADS * SIGNALS);
    assert_eq!(signals.signals(), 0);
    signals.signal();
    assert!(signals.try_wait() && !signals.try_wait());
}
