//! What tokens cost, by counts and by generous ratios within one run.

use core::cell::RefCell;

use lockorder::blocking::SerialToken;
use lockorder::blocking::serial::MOST_SERIAL_TOKENS;
use lockorder::host::Mutex as HostMutex;
use lockorder::{Root, Task, with_root};
use unit_tests::classes::{HostLock, HostToken, Names};
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::measure::ratio;

use crate::{blocker, count, token};

/// Pairs of acquiring and releasing in one measurement.
const PAIRS: usize = 1000;

#[test]
fn a_free_token_is_taken_without_spinning_or_sleeping() {
    let (token, mut crew) = (token(0_u64), Crew::new());
    let taker = crew.start("the taker", 1, || {
        with_root(|mut held| (0..100).for_each(|_| held.with_serial_token(token, |_| ())));
    });
    crew.join();
    assert_eq!((count(&taker.relaxed), count(&taker.slept)), (0, 0));
}

#[test]
fn a_free_token_costs_little_more_than_a_mutex() {
    let (token, mutex) = (SerialToken::<HostToken, u64>::new(0), HostMutex::<HostLock, u64>::new(0));
    with_root(|mut held| {
        let held = RefCell::new(&mut held);
        let times = ratio(
            || (0..PAIRS).for_each(|_| held.borrow_mut().with_serial_token(&token, |_| ())),
            || (0..PAIRS).for_each(|_| held.borrow_mut().with(&mutex, |_, _| ())),
        );
        assert!(times < 3.0, "{times} times the cost");
    });
}

#[test]
fn acquiring_again_costs_no_more_than_the_first_time() {
    let token = SerialToken::<HostToken, u64>::new(0);
    with_root(|mut held| {
        let held = RefCell::new(&mut held);
        let times = ratio(
            || {
                held.borrow_mut().with_serial_token(&token, |scope| {
                    (0..PAIRS).for_each(|_| scope.held().with_serial_token(&token, |_| ()));
                });
            },
            || (0..PAIRS).for_each(|_| held.borrow_mut().with_serial_token(&token, |_| ())),
        );
        assert!(times < 1.5, "{times} times the cost");
    });
}

#[test]
fn sharing_a_free_token_costs_little_more_than_having_it_alone() {
    let token = SerialToken::<HostToken, u64>::new(0);
    with_root(|mut held| {
        let held = RefCell::new(&mut held);
        let times = ratio(
            || (0..PAIRS).for_each(|_| held.borrow_mut().with_shared_serial_token(&token, |_| ())),
            || (0..PAIRS).for_each(|_| held.borrow_mut().with_serial_token(&token, |_| ())),
        );
        assert!(times < 3.0, "{times} times the cost");
    });
}

/// Holds all these tokens inside of each other, and runs `inside` then.
fn nest(
    tokens: &'static [SerialToken<Names, ()>],
    held: &mut Root<'_, Task>,
    inside: &mut dyn FnMut(&mut Root<'_, Task>),
) {
    let Some((first, rest)) = tokens.split_first() else { return };
    held.with_serial_token(first, |scope| {
        if rest.is_empty() {
            inside(&mut scope.held());
        } else {
            nest(rest, &mut scope.held(), inside);
        }
    });
}

/// All the tokens that a thread may hold.
fn most_tokens() -> &'static [SerialToken<Names, ()>] {
    Box::leak((0..MOST_SERIAL_TOKENS).map(|_| SerialToken::new(())).collect())
}

#[test]
fn a_thread_with_all_its_tokens_sleeps_once_when_it_blocks_and_they_stay_free() {
    let (tokens, lock, mut crew) = (most_tokens(), blocker(), Crew::new());
    with_root(|mut held| {
        let guard = held.lock(lock);
        let blocked = crew.start("the thread with many tokens", 1, || {
            with_root(|mut held| nest(tokens, &mut held, &mut |held| held.with(lock, |(), _| ())));
        });
        until("the thread blocks", || count(&blocked.looked) >= 1);
        assert!(tokens.iter().all(|token| !token.is_held()));
        drop(guard);
        crew.join();
        assert_eq!(count(&blocked.slept), 1);
    });
}

#[test]
fn the_last_of_many_tokens_costs_not_much_more_than_the_first() {
    let (tokens, last) = (most_tokens().split_last_chunk::<1>().expect("many").0, most_tokens());
    with_root(|mut held| {
        let held = RefCell::new(&mut held);
        let times = ratio(
            || {
                nest(tokens, &mut held.borrow_mut(), &mut |held| {
                    (0..PAIRS).for_each(|_| held.with_serial_token(&last[0], |_| ()));
                });
            },
            || (0..PAIRS).for_each(|_| held.borrow_mut().with_serial_token(&last[0], |_| ())),
        );
        #[allow(clippy::cast_precision_loss, reason = "a small number")]
        let most = MOST_SERIAL_TOKENS as f64;
        assert!(times < most, "{times} times the cost");
    });
}
