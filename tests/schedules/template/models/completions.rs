//! Completions: what an interrupt handler tells. A thread plays the handler.

use std::sync::Arc;
use std::time::Duration;

use lockorder::{Nothing, Task};
use shuttle::sync::atomic::{AtomicU64, Ordering};

use super::on_threads;
use crate::copy::blocking::serial::SerialToken;
use crate::copy::blocking::{Completion, TimedOut};
use crate::copy::typed::{Held, InHandler, Mounts, Pages};
use crate::world::{Instant, Watched};

/// Looks at the clock that nobody needs who is woken: no schedule keeps the handler from running for so long.
const ENOUGH: Duration = Duration::from_nanos(400);

/// Waits, and is woken: a wait that its deadline ends has lost its wake-up.
fn wait_and_be_woken(completion: &Completion<Pages>, held: &mut Held<'_, Nothing, Task>) {
    let deadline = Instant::now().checked_add(ENOUGH).expect("a short time");
    assert_eq!(completion.wait_for(held, ENOUGH), Ok(()), "it is complete in the end");
    assert!(Instant::now() < deadline, "a wake-up was lost");
}

/// A handler completes what two threads wait for, and each sees what was done before.
pub fn completion() {
    let shared = Arc::new((Completion::<Pages>::new(), Watched::new()));
    on_threads(3, move |number| {
        let (completion, count) = &*shared;
        if number == 0 {
            count.increase();
            assert!(completion.complete(InHandler::mint()), "nobody else completes it");
        } else {
            wait_and_be_woken(completion, &mut Held::mint());
            assert_eq!(count.read(), 1, "what was done before is not seen");
        }
    });
}

/// A thread waits with a serialising token in hand. The device answers when another thread has used the token: it must have
/// been given back.
pub fn completion_over_a_token() {
    let shared = Arc::new((Completion::<Pages>::new(), SerialToken::<Mounts, u64>::new(0)));
    on_threads(2, move |number| {
        let (completion, token) = &*shared;
        let mut held = Held::<Nothing, Task>::mint();
        if number == 0 {
            held.with_serial_token(token, |scope| scope.with(|count, _| *count += 1));
            completion.complete(InHandler::mint());
        } else {
            held.with_serial_token(token, |scope| {
                wait_and_be_woken(completion, &mut scope.held());
                scope.with(|count, _| assert_eq!(*count, 1, "the device answered before it was asked"));
            });
        }
    });
}

/// A device answers twice, perhaps when the only waiter has given up and gone. One answer is news; who comes afterwards does
/// not wait, however little time there is; and nobody stands in the queue of what is used again.
pub fn late_completion() {
    let completion = Arc::new(Completion::<Pages>::new());
    let news = Arc::new(AtomicU64::new(0));
    let (for_threads, told) = (Arc::clone(&completion), Arc::clone(&news));
    on_threads(3, move |number| {
        if number == 0 {
            let waited = for_threads.wait_for(&mut Held::<Nothing, Task>::mint(), Duration::from_nanos(2));
            assert!(waited.is_ok() || waited == Err(TimedOut));
            return;
        }
        told.fetch_add(u64::from(for_threads.complete(InHandler::mint())), Ordering::SeqCst);
        let again = for_threads.wait_for(&mut Held::<Nothing, Task>::mint(), Duration::ZERO);
        assert_eq!(again, Ok(()), "what is complete is waited for");
    });
    assert_eq!(news.load(Ordering::SeqCst), 1, "one answer is news");
    let mut completion = Arc::into_inner(completion).expect("everybody has gone");
    assert!(!format!("{completion:?}").contains("incomplete"));
    completion.reset();
    assert_eq!(completion.wait_for(&mut Held::<Nothing, Task>::mint(), Duration::ZERO), Err(TimedOut));
}
