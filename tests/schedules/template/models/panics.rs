//! Panics: where a condition or a critical section unwinds, nothing stays held or queued.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use lockorder::{Nothing, Task};
use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{FOR_EVER, on_threads, take_permit, wait_in};
use crate::copy::blocking::{self, RawWaitQueue, SerialToken};
use crate::copy::machine::Machine;
use crate::copy::typed::{Held, Mounts};
use crate::copy::wait_queue::WaitQueue;

/// What is thrown.
struct Planned;

/// Unwinds without a report: it is caught.
pub fn panic_as_planned() -> ! {
    resume_unwind(Box::new(Planned))
}

/// Runs what may panic as planned; gives nothing if it does.
pub fn catch<O>(body: impl FnOnce() -> O) -> Option<O> {
    let payload = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => return Some(result),
        Err(payload) => payload,
    };
    if !payload.is::<Planned>() {
        resume_unwind(payload);
    }
    None
}

/// Threads take a permit in turns, and one panics when it looks for the second time: it stands in the queue no more, and the
/// wake-up that was given to it comes to the next one.
pub fn condition_panics() {
    let shared = Arc::new((WaitQueue::INIT, AtomicU64::new(0)));
    let for_threads = Arc::clone(&shared);
    on_threads(4, move |number| {
        let (queue, permits) = &*for_threads;
        if number == 1 {
            let mut looks = 0;
            let took = catch(|| {
                wait_in(queue, &FOR_EVER, || {
                    looks += 1;
                    if looks == 2 { panic_as_planned() } else { take_permit(permits) }
                })
            });
            if took.is_none() {
                return;
            }
        } else if number > 1 {
            wait_in(queue, &FOR_EVER, || take_permit(permits));
        }
        permits.fetch_add(1, Ordering::SeqCst);
        queue.wake_one();
    });
    assert!(shared.0.is_empty(), "somebody stands in the queue");
}

/// Two threads wait in one queue. The condition of one may sleep, and panics when it is looked at for the second time: the wake-up
/// that led to this look comes to the other thread.
pub fn condition_that_sleeps_panics() {
    let shared = Arc::new((
        blocking::WaitQueue::<Machine>::new(),
        [const { AtomicBool::new(false) }; 2],
    ));
    on_threads(3, move |number| {
        let (queue, [done, left]) = &*shared;
        let mut held = Held::<Nothing, Task>::mint();
        match number {
            0 => {
                done.store(true, Ordering::SeqCst);
                queue.wake_one();
            }
            1 => {
                let mut looks = 0;
                catch(|| {
                    queue.wait_until_may_sleep(&mut held, |_| {
                        looks += 1;
                        if looks == 2 { panic_as_planned() } else { left.load(Ordering::SeqCst) }
                    });
                });
            }
            _ => {
                queue.wait_until(&mut held, |_| done.load(Ordering::SeqCst));
                // The wake-up may have come to this thread at once.
                left.store(true, Ordering::SeqCst);
                queue.wake_all();
            }
        }
    });
}

/// A condition panics while its thread has given its tokens back: it has them again where the panic is caught.
pub fn condition_panics_with_tokens() {
    let shared =
        Arc::new((SerialToken::<Mounts, [u64; 2]>::new([0; 2]), WaitQueue::INIT, AtomicBool::new(false)));
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |number| {
        let (token, queue, done) = &*for_threads;
        Held::<Nothing, Task>::mint().with_serial_token(token, |scope| {
            if number == 0 {
                catch(|| {
                    wait_in(queue, &FOR_EVER, || {
                        if done.load(Ordering::SeqCst) { panic_as_planned() } else { false }
                    })
                });
                assert!(token.is_held_here(), "a thread has lost its token to a panic");
            }
            scope.with(|numbers, _held| {
                numbers[0] += 1;
                shuttle::thread::yield_now();
                numbers[1] += 1;
                assert_eq!(numbers[0], numbers[1], "somebody wrote beside the owner");
            });
            if number == 1 {
                done.store(true, Ordering::SeqCst);
                queue.wake_all();
            }
        });
    });
    assert!(!shared.0.is_held() && shared.1.is_empty(), "something stays held or queued");
}

/// Critical sections panic, exclusive ones in shared ones among them: no token stays held, and others get it.
pub fn critical_section_panics() {
    let shared = Arc::new([const { SerialToken::<Mounts, u64>::new(0) }; 2]);
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |number| {
        let mut held = Held::<Nothing, Task>::mint();
        let [first, second] = &*for_threads;
        if number == 0 {
            catch(|| {
                held.with_serial_token(first, |scope| {
                    scope.held().with_shared_serial_token(second, |scope| {
                        scope.held().with_serial_token(second, |scope| scope.with(|_, _| panic_as_planned()))
                    })
                })
            });
            // Nothing is left over that would keep this thread from blocking.
            assert!(!first.is_held_here() && !second.is_held_here(), "a token stays held over a panic");
        }
        held.with_serial_token(second, |scope| {
            scope.held().with_serial_token(first, |scope| scope.with(|number, _| *number += 1));
        });
    });
    assert!(shared.iter().all(|token| !token.is_held()), "a token stays held over a panic");
}
