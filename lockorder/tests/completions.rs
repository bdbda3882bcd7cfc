//! Completions on a host: threads play the handlers.

#![allow(unsafe_code, reason = "a handler's root is minted by whoever plays the machine")]

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use lockorder::blocking::{Completion, SerialToken, TimedOut};
use lockorder::host::Mutex;
use lockorder::{HardIrq, IrqSpinLock, Root, SpinLock, entry, hierarchy, with_root};

hierarchy! {
    /// Classes for these tests.
    hierarchy COMPLETIONS;
    /// Files.
    level Filesystem = 40 {
        /// What is mounted where.
        class Mounts = 0, order = serial;
        /// A file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// A disk's requests.
        class Queue = 0;
        /// That a disk has answered.
        class Answer = 1;
        /// What lies further in.
        class Blocks = 2;
    }
}

/// No test may take longer.
const DEADLINE: Duration = Duration::from_mins(1);
/// Long enough for a thread to begin to wait, mostly: the tests hold whether it does or not.
const A_WHILE: Duration = Duration::from_millis(20);

/// Plays a handler.
fn interrupt<O>(handler: impl for<'r> FnOnce(Root<'r, HardIrq>) -> O + Send) -> O
where
    O: Send,
{
    // SAFETY: the thread has just begun: it plays a CPU that has been interrupted, and has no other root.
    thread::scope(|scope| scope.spawn(|| unsafe { entry::interrupt(handler) }).join().expect("no panic"))
}

#[test]
fn a_disk_is_waited_for_with_locks_held() {
    let inode = Mutex::<Inode, u32>::new(0);
    let queue = IrqSpinLock::<Queue, u32>::new(0);
    let blocks = SpinLock::<Blocks, u32>::new(7);
    let answered = Completion::<Answer>::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                with_root(|mut held| {
                    // One after the other: the lock is held over the wait.
                    held.with(&inode, |size, mut held| {
                        assert_eq!(answered.wait_for(&mut held, DEADLINE), Ok(()));
                        *size += *held.lock(&queue);
                        *size += *held.lock(&blocks);
                    });
                });
            });
        }
        // And several at once.
        for _ in 0..4 {
            scope.spawn(|| with_root(|mut held| assert_eq!(answered.wait_for(&mut held, DEADLINE), Ok(()))));
        }
        thread::sleep(A_WHILE);
        interrupt(|mut held| {
            let handler = held.in_handler();
            held.with(&queue, |requests, _held| {
                *requests += 1;
                assert!(answered.complete(handler));
            });
        });
    });
    assert_eq!(inode.into_inner(), 4 * (1 + 7));
}

#[test]
fn what_is_complete_is_not_waited_for() {
    let answered = Completion::<Answer>::new();
    assert_eq!(format!("{answered:?}"), "Completion(Answer, incomplete)");
    assert!(interrupt(|held| answered.complete(held.in_handler())));
    assert!(!interrupt(|held| answered.complete(held.in_handler())), "the second answer is no news");
    with_root(|mut held| assert_eq!(answered.wait_for(&mut held, Duration::ZERO), Ok(())));
    assert_eq!(format!("{answered:?}"), "Completion(Answer, complete)");
}

#[test]
fn a_device_that_does_not_answer_is_waited_for_no_longer_than_said() {
    let (answered, began) = (Completion::<Answer>::new(), Instant::now());
    with_root(|mut held| assert_eq!(answered.wait_for(&mut held, A_WHILE), Err(TimedOut)));
    assert!(began.elapsed() >= A_WHILE && began.elapsed() < DEADLINE);
    assert!(TimedOut.to_string().contains("may still come"));
}

#[test]
fn an_answer_that_comes_late_harms_nobody() {
    let mut request = Arc::new(Completion::<Answer>::new());
    // The device's.
    let submitted = Arc::clone(&request);
    with_root(|mut held| assert_eq!(request.wait_for(&mut held, Duration::ZERO), Err(TimedOut)));
    assert!(Arc::get_mut(&mut request).is_none(), "it is with the device: nobody uses it again");
    // The waiter has gone; its request is another one now.
    let abandoned = std::mem::take(&mut request);
    drop(abandoned);
    interrupt(|held| submitted.complete(held.in_handler()));
    assert!(!request.is_complete());
    // What the device has given back is used again.
    let mut again = submitted;
    Arc::get_mut(&mut again).expect("nobody else refers to it").reset();
    with_root(|mut held| assert_eq!(again.wait_for(&mut held, Duration::ZERO), Err(TimedOut)));
}

#[test]
fn a_thread_that_waits_gives_its_serialising_tokens_back() {
    let token = SerialToken::<Mounts, u32>::new(0);
    let answered = Completion::<Answer>::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with_serial_token(&token, |scope| {
                    assert_eq!(answered.wait_for(&mut scope.held(), DEADLINE), Ok(()));
                    scope.with(|count, _| assert_eq!(*count, 1));
                });
            });
        });
        scope.spawn(|| {
            with_root(|mut held| held.with_serial_token(&token, |scope| scope.with(|count, _| *count += 1)));
            interrupt(|held| answered.complete(held.in_handler()));
        });
    });
}
