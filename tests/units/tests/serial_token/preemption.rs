//! What gives a token back and what does not: a thread that is preempted keeps its tokens, one that blocks has none.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Duration;

use lockorder::blocking::{Condvar, Patience, WaitQueue, Waiting, without_serial_tokens};
use lockorder::host::{Mutex as HostMutex, spawn};
use lockorder::{Platform, with_root};
use unit_tests::classes::{HostInner, HostToken};
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::machine::{Machine, record, says_it_runs};

use crate::{blocker, count, flag, holds_until, raise, token, wait_for, was_free, while_it_blocks};

/// A token on the host.
type HostedToken = lockorder::blocking::SerialToken<HostToken, u64>;

#[test]
fn a_thread_that_yields_keeps_its_token() {
    let token = token(0);
    with_root(|mut held| {
        held.with_serial_token(token, |_| {
            for _ in 0..100 {
                std::thread::yield_now();
                Machine::back_off();
            }
            assert!(token.is_held_here() && !was_free(token));
        });
    });
}

#[test]
fn a_thread_that_does_not_run_for_a_while_keeps_its_token() {
    let (token, leave, mut crew) = (token(0), flag(), Crew::new());
    let holder = holds_until(&mut crew, token, leave);
    says_it_runs(&holder, false);
    std::thread::sleep(Duration::from_millis(10));
    assert!(token.is_held() && !was_free(token), "preemption has taken the token away");
    says_it_runs(&holder, true);
    raise(leave);
    crew.join();
}

#[test]
fn nobody_spins_for_a_token_whose_thread_does_not_run() {
    let (token, leave, mut crew) = (token(0), flag(), Crew::new());
    let holder = holds_until(&mut crew, token, leave);
    says_it_runs(&holder, false);
    let waiter = crew.start("the waiter", 2, || with_root(|mut held| held.with_serial_token(token, |_| ())));
    until("the waiter sleeps", || count(&waiter.looked) >= 1);
    assert_eq!(count(&waiter.relaxed), 0);
    raise(leave);
    crew.join();
}

#[test]
fn a_waiter_spins_a_bounded_time_for_a_token_whose_thread_runs() {
    let (token, leave, mut crew) = (token(0), flag(), Crew::new());
    holds_until(&mut crew, token, leave);
    let waiter = crew.start("the waiter", 2, || with_root(|mut held| held.with_serial_token(token, |_| ())));
    until("the waiter sleeps", || count(&waiter.looked) >= 1);
    let spun = count(&waiter.relaxed);
    assert!((1..10_000).contains(&spun), "it spun {spun} times");
    raise(leave);
    crew.join();
}

#[test]
fn taking_a_free_lock_gives_nothing_back() {
    let (token, lock) = (token(0), blocker());
    with_root(|mut held| {
        held.with_serial_token(token, |scope| {
            scope.held().with(lock, |(), _| assert!(token.is_held_here() && !was_free(token)));
        });
    });
    assert_eq!(count(&record().slept), 0);
}

#[test]
fn blocking_on_a_lock_gives_the_token_back() {
    let token = token(0);
    let record = while_it_blocks(token, |_| (), |_| assert!(was_free(token)), |_| ());
    assert!(count(&record.slept) >= 1);
}

#[test]
fn blocking_in_a_wait_queue_gives_the_token_back() {
    let (token, go, mut crew) = (token(0), flag(), Crew::new());
    let queue: &'static WaitQueue<Machine> = Box::leak(Box::new(WaitQueue::new()));
    let waiter = crew.start("the waiter", 1, move || {
        with_root(|mut held| {
            held.with_serial_token(token, |scope| {
                queue.wait_until(&mut scope.held(), |_| go.load(Ordering::SeqCst));
                assert!(token.is_held_here());
            });
        });
    });
    until("the waiter sleeps", || count(&waiter.looked) >= 1);
    assert!(was_free(token));
    raise(go);
    queue.wake_all();
    crew.join();
}

#[test]
fn blocking_on_a_condition_variable_gives_the_token_back() {
    let (token, mut crew) = (token(0_u64), Crew::new());
    let changed: &'static Condvar<Machine> = Box::leak(Box::new(Condvar::new()));
    let waiter = crew.start("the waiter", 1, move || {
        with_root(|mut held| {
            held.with_serial_token(token, |scope| {
                while scope.look(|data, _| *data == 0) {
                    assert!(scope.wait_for(changed, Duration::from_secs(9)), "a notification was lost");
                }
            });
        });
    });
    until("the waiter sleeps", || count(&waiter.looked) >= 1);
    with_root(|mut held| held.with_serial_token(token, |scope| scope.with(|data, _| *data = 1)));
    changed.notify_all();
    crew.join();
}

#[test]
fn waiting_for_another_token_gives_the_first_one_back() {
    let (first, second, leave, mut crew) = (token(0), token(0), flag(), Crew::new());
    holds_until(&mut crew, second, leave);
    let waiter = crew.start("the waiter", 2, move || {
        with_root(|mut held| {
            held.with_serial_token(first, |scope| {
                scope
                    .held()
                    .with_serial_token(second, |_| assert!(first.is_held_here() && second.is_held_here()));
            });
        });
    });
    until("the waiter sleeps", || count(&waiter.looked) >= 1);
    assert!(was_free(first));
    raise(leave);
    crew.join();
}

#[test]
fn a_thread_that_blocks_with_a_reference_into_the_data_is_told() {
    // With the token that `with` gives nothing can block; this gets around the types.
    let token = token(0_u64);
    let waiting = Waiting::here(Patience::UntilItHolds);
    with_root(|mut held| {
        held.with_serial_token(token, |scope| {
            scope.with(|_, _| {
                // SAFETY: the thread holds serialising tokens only, and reaches no data meanwhile.
                let block = || unsafe { without_serial_tokens::<Machine, _>(&waiting, || ()) };
                assert!(catch_unwind(AssertUnwindSafe(block)).is_err());
                assert!(!was_free(token), "the token is free while its data is referred to");
            });
        });
    });
}

#[test]
fn a_thread_that_catches_the_panic_of_its_wait_has_its_token_again() {
    let (token, queue) = (token(0_u64), WaitQueue::<Machine>::new());
    with_root(|mut held| {
        held.with_serial_token(token, |scope| {
            let mut held = scope.held();
            let wait = || queue.wait_until(&mut held, |_| panic!("in the condition"));
            assert!(catch_unwind(AssertUnwindSafe(wait)).is_err());
            assert!(token.is_held(), "it reaches the data without the token");
        });
    });
}

#[test]
fn a_thread_does_not_say_that_it_holds_a_token_while_it_is_given_back() {
    let (token, queue) = (token(0_u64), WaitQueue::<Machine>::new());
    with_root(|mut held| {
        held.with_serial_token(token, |scope| {
            queue.wait_until(&mut scope.held(), |_| {
                assert!(!token.is_held_here());
                true
            });
            assert!(token.is_held_here());
        });
    });
}

#[test]
fn a_condition_that_panics_leaves_tokens_that_work() {
    let (token, mut crew) = (token(0_u64), Crew::new());
    crew.start("the thread whose condition panics", 1, move || {
        let queue = WaitQueue::<Machine>::new();
        let wait = || {
            with_root(|mut held| {
                held.with_serial_token(token, |scope| {
                    queue.wait_until(&mut scope.held(), |_| panic!("in the condition"));
                });
            });
        };
        assert!(catch_unwind(AssertUnwindSafe(wait)).is_err());
        with_root(|mut held| held.with_serial_token(token, |_| ()));
    });
    crew.join();
    assert!(!token.is_held(), "the thread's next scope has not given the token back");
}

#[test]
fn a_condition_that_panics_takes_no_wake_up_with_it() {
    let (go, mut crew) = (flag(), Crew::new());
    let queue: &'static WaitQueue<Machine> = Box::leak(Box::new(WaitQueue::new()));
    crew.start("the thread whose condition panics", 1, move || {
        let wait = || with_root(|mut held| queue.wait_until(&mut held, |_| panic!("in the condition")));
        assert!(catch_unwind(AssertUnwindSafe(wait)).is_err());
    });
    crew.join();
    let mut crew = Crew::new();
    let waiter = crew.start("the waiter", 2, move || {
        with_root(|mut held| queue.wait_until(&mut held, |_| go.load(Ordering::SeqCst)));
    });
    until("the waiter sleeps", || count(&waiter.looked) >= 1);
    raise(go);
    assert!(queue.wake_one());
    crew.join();
}

#[test]
fn joining_a_thread_gives_the_token_back() {
    let token: &'static HostedToken = Box::leak(Box::new(HostedToken::new(0)));
    let mut crew = Crew::new();
    crew.start("the thread that joins", 1, move || {
        with_root(|mut held| {
            held.with_serial_token(token, |scope| {
                let other = spawn(move |mut held| {
                    held.with_serial_token(token, |scope| scope.with(|data, _| *data = 1));
                });
                other.join(&mut scope.held()).expect("it does not panic");
                assert!(token.is_held_here());
                scope.with(|data, _| assert_eq!(*data, 1));
            });
        });
    });
    crew.join();
}

#[test]
fn blocking_on_a_mutex_of_the_host_gives_the_token_back() {
    let token: &'static HostedToken = Box::leak(Box::new(HostedToken::new(0)));
    let lock: &'static _ = Box::leak(Box::new(HostMutex::<HostInner, ()>::new(())));
    let (mut crew, wants) = (Crew::new(), flag());
    with_root(|mut held| {
        held.with(lock, |(), _| {
            crew.start("the thread that blocks", 2, move || {
                with_root(|mut held| {
                    held.with_serial_token(token, |scope| {
                        raise(wants);
                        scope.held().with(lock, |(), _| assert!(token.is_held()));
                    });
                });
            });
            wait_for("the thread wants the mutex", wants);
            until("the token is free, since its thread blocks", || !token.is_held());
        });
    });
    crew.join();
}
