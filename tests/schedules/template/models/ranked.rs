//! What has a rank and is waited for: events, served condition variables, semaphores.

use std::sync::Arc;
use std::time::Duration;

use lockorder::{Nothing, Task};
use shuttle::sync::atomic::{AtomicU64, Ordering};

use super::{catch, on_threads, panic_as_planned};
use crate::copy::blocking::{Event, EventError, RankedCondvar, Semaphore, SignallingSemaphore, Sleep};
use crate::copy::machine::Machine;
use crate::copy::typed::{Buffers, Guard, Held, Lock, Pages};
use crate::world::Watched;

/// A token of a thread that holds nothing.
fn nothing_held() -> Held<'static, Nothing, Task> {
    Held::mint()
}

/// One thread promises and does, others wait: who waited sees what was done; before the promise nobody waits.
pub fn event() {
    let shared = Arc::new((Event::<Pages>::new(), Watched::new()));
    on_threads(3, move |number| {
        let (event, count) = &*shared;
        if number == 0 {
            event.promise(&mut nothing_held(), |_| count.increase()).expect("the only promise");
        } else {
            match event.wait(&mut nothing_held()) {
                Ok(()) => assert_eq!(count.read(), 1, "the event was not done"),
                Err(error) => assert_eq!(error, EventError::NotPromised),
            }
        }
    });
}

/// A promise panics: nobody waits for ever, and nobody takes it for done.
pub fn broken_event() {
    let shared = Arc::new(Event::<Pages>::new());
    on_threads(3, move |number| {
        if number == 0 {
            catch(|| shared.promise(&mut nothing_held(), |_| panic_as_planned()));
        } else {
            assert!(shared.wait(&mut nothing_held()).is_err(), "a broken event was done");
        }
    });
}

/// Two permits for four threads: one has no time, one panics with its permit, and no more than two have one at once.
pub fn semaphore() {
    let shared = Arc::new((Semaphore::<Pages>::new(2), AtomicU64::new(0)));
    let for_threads = Arc::clone(&shared);
    on_threads(4, move |number| {
        let (semaphore, holders) = &*for_threads;
        let hold = || {
            assert!(holders.fetch_add(1, Ordering::SeqCst) < 2, "three threads have one of two permits");
            holders.fetch_sub(1, Ordering::SeqCst);
        };
        let mut held = nothing_held();
        match number {
            0 => {
                if let Some(_permit) = semaphore.acquire_for(&mut held, Duration::from_nanos(2)) {
                    hold();
                }
            }
            1 => {
                catch(|| {
                    let _permit = semaphore.acquire(&mut held);
                    panic_as_planned()
                });
            }
            _ => {
                let _permit = semaphore.acquire(&mut held);
                hold();
            }
        }
    });
    assert_eq!(shared.0.permits(), 2, "a permit did not come back");
}

/// As many signals as waits.
pub fn signals() {
    let semaphore = Arc::new(SignallingSemaphore::<Machine>::new());
    on_threads(4, move |number| {
        if number < 2 {
            semaphore.signal();
        } else {
            semaphore.wait(&mut nothing_held());
        }
    });
}

/// Threads wait with a lock for what a server does, which leaves without notifying everybody: nobody waits for ever, and
/// who finds nobody serving has its guard.
pub fn served() {
    let shared = Arc::new((RankedCondvar::<Pages>::new(), Lock::<Buffers, Sleep<Machine>, u64>::new(0)));
    on_threads(3, move |number| {
        let (served, lock) = &*shared;
        if number == 0 {
            served.serve(&mut nothing_held(), |_held| {
                *lock.lock::<Pages, Task>() += 1;
                served.notify_one();
            });
            return;
        }
        let mut guard: Guard<'_, _, Nothing, Task> = lock.lock();
        while *guard == 0 {
            match served.wait(guard) {
                Ok(again) => guard = again,
                Err(refused) => {
                    *refused.into_guard() += 2;
                    return;
                }
            }
        }
    });
}

/// The only server leaves, and no condition comes true: whoever waits is told, and nobody waits for ever.
pub fn served_no_more() {
    let shared = Arc::new((RankedCondvar::<Pages>::new(), Lock::<Buffers, Sleep<Machine>, u64>::new(0)));
    on_threads(3, move |number| {
        let (served, lock) = &*shared;
        if number == 0 {
            served.serve(&mut nothing_held(), |_held| shuttle::thread::yield_now());
            return;
        }
        let mut guard: Guard<'_, _, Nothing, Task> = lock.lock();
        while let Ok(again) = served.wait(guard) {
            guard = again;
        }
    });
}
