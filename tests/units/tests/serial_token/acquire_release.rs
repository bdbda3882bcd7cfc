//! Acquiring and releasing: alone, again, shared, several.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lockorder::blocking::serial::MOST_SERIAL_TOKENS;
use lockorder::blocking::{SerialToken, SerialTokenPool};
use lockorder::{Root, Task, with_root};
use unit_tests::classes::{Mounts, Names};
use unit_tests::crew::Crew;
use unit_tests::deadline::until;

use crate::{count, flag, holds_until, raise, token, wait_for, was_free};

#[test]
fn a_new_token_is_free() {
    let token = token(0_u64);
    assert!(!token.is_held() && !token.is_held_here() && was_free(token));
}

#[test]
fn a_token_is_held_in_its_scope_and_free_after_it() {
    let token = token(0_u64);
    with_root(|mut held| held.with_serial_token(token, |_| assert!(token.is_held() && !was_free(token))));
    assert!(!token.is_held() && was_free(token));
}

#[test]
fn only_the_thread_that_has_it_holds_it_here() {
    let (token, leave, mut crew) = (token(0), flag(), Crew::new());
    holds_until(&mut crew, token, leave);
    assert!(token.is_held() && !token.is_held_here());
    raise(leave);
    crew.join();
}

#[test]
fn a_token_acquired_again_is_freed_by_the_last_scope() {
    let token = token(0_u64);
    with_root(|mut held| {
        held.with_serial_token(token, |outer| {
            outer.held().with_serial_token(token, |middle| middle.held().with_serial_token(token, |_| ()));
            assert!(token.is_held_here() && !was_free(token), "an inner scope has freed it");
        });
    });
    assert!(was_free(token));
}

#[test]
fn trying_for_a_token_that_another_thread_has_fails_at_once() {
    let (token, leave, mut crew) = (token(0), flag(), Crew::new());
    holds_until(&mut crew, token, leave);
    let mut trying = Crew::new();
    let record = trying.start("the one who tries", 2, || {
        with_root(|mut held| held.try_with_serial_token(token, |_| ()).is_some())
    });
    assert_eq!(trying.join(), [false]);
    assert_eq!((count(&record.relaxed), count(&record.slept)), (0, 0));
    raise(leave);
    crew.join();
}

#[test]
fn trying_for_ones_own_token_succeeds_and_is_counted() {
    let token = token(0_u64);
    with_root(|mut held| {
        held.with_serial_token(token, |scope| {
            assert_eq!(scope.held().try_with_serial_token(token, |_| 5), Some(5));
            assert!(token.is_held_here(), "the attempt's end has freed it");
        });
    });
}

#[test]
fn who_waits_gets_the_token_when_it_is_freed() {
    let (token, leave, mut crew) = (token(0), flag(), Crew::new());
    holds_until(&mut crew, token, leave);
    let waiter = crew.start("the waiter", 2, || {
        with_root(|mut held| held.with_serial_token(token, |scope| scope.with(|data, _| *data += 1)));
    });
    until("the waiter sleeps", || count(&waiter.looked) >= 1);
    raise(leave);
    crew.join();
    with_root(|mut held| held.with_serial_token(token, |scope| scope.look(|data, _| assert_eq!(*data, 1))));
}

#[test]
fn eight_threads_lose_no_update() {
    let (token, mut crew) = (token(0_u64), Crew::new());
    for index in 0..8 {
        crew.start(format!("thread {index}"), index, || {
            for _ in 0..500 {
                with_root(|mut held| held.with_serial_token(token, |scope| scope.with(|data, _| *data += 1)));
            }
        });
    }
    crew.join();
    with_root(|mut held| {
        held.with_serial_token(token, |scope| scope.look(|data, _| assert_eq!(*data, 4000)));
    });
}

#[test]
fn readers_hold_it_together() {
    let (token, mut crew) = (token(7_u64), Crew::new());
    let inside: [_; 3] = core::array::from_fn(|_| flag());
    for index in 0..3 {
        crew.start(format!("reader {index}"), index, move || {
            with_root(|mut held| {
                held.with_shared_serial_token(token, |scope| {
                    raise(inside[index]);
                    for other in inside {
                        wait_for("all readers are in", other);
                    }
                    scope.look(|data, _| assert_eq!(*data, 7));
                });
            });
        });
    }
    crew.join();
    assert!(!token.is_held());
}

#[test]
fn a_writer_waits_until_the_last_reader_has_left() {
    let (token, mut crew) = (token(0_u64), Crew::new());
    let (reads, leave): ([_; 2], [_; 2]) = ([flag(), flag()], [flag(), flag()]);
    for index in 0..2 {
        crew.start(format!("reader {index}"), index, move || {
            with_root(|mut held| {
                held.with_shared_serial_token(token, |scope| {
                    raise(reads[index]);
                    wait_for("the test says go", leave[index]);
                    scope.look(|data, _| assert_eq!(*data, 0, "somebody wrote beside a reader"));
                });
            });
        });
        wait_for("the reader reads", reads[index]);
    }
    let writer = crew.start("the writer", 3, || {
        with_root(|mut held| held.with_serial_token(token, |scope| scope.with(|data, _| *data = 1)));
    });
    until("the writer sleeps", || count(&writer.looked) >= 1);
    raise(leave[0]);
    until("the writer looks in vain", || count(&writer.looked) >= 2);
    assert!(token.is_held());
    raise(leave[1]);
    crew.join();
}

#[test]
fn no_new_reader_comes_in_while_a_writer_waits() {
    let (token, mut crew) = (token(0_u64), Crew::new());
    let (reads, leave) = (flag(), flag());
    crew.start("the first reader", 0, move || {
        with_root(|mut held| {
            held.with_shared_serial_token(token, |_| {
                raise(reads);
                wait_for("the test says go", leave);
            });
        });
    });
    wait_for("the reader reads", reads);
    let writer = crew.start("the writer", 1, || {
        with_root(|mut held| held.with_serial_token(token, |scope| scope.with(|data, _| *data = 1)));
    });
    until("the writer sleeps", || count(&writer.looked) >= 1);
    let reader = crew.start("the new reader", 2, || {
        with_root(|mut held| {
            held.with_shared_serial_token(token, |scope| assert_eq!(scope.look(|data, _| *data), 1));
        });
    });
    until("the new reader sleeps", || count(&reader.looked) >= 1);
    raise(leave);
    crew.join();
}

#[test]
fn a_panic_gives_the_token_back() {
    let token = token(0_u64);
    let section =
        || with_root(|mut held| held.with_serial_token(token, |scope| scope.with(|_, _| panic!("within"))));
    assert!(catch_unwind(AssertUnwindSafe(section)).is_err());
    assert!(!token.is_held_here() && was_free(token));
}

#[test]
fn tokens_of_one_class_are_acquired_in_any_order() {
    let (one, other, mut crew) = (token(0_u64), token(0_u64), Crew::new());
    for index in 0..4 {
        let (first, second) = if index % 2 == 0 { (one, other) } else { (other, one) };
        crew.start(format!("thread {index}"), index, move || {
            for _ in 0..200 {
                with_root(|mut held| {
                    held.with_serial_token(first, |outer| {
                        outer.with(|data, _| *data += 1);
                        outer.held().with_serial_token(second, |inner| inner.with(|data, _| *data += 1));
                    });
                });
            }
        });
    }
    crew.join();
    with_root(|mut held| {
        held.with_serial_token(one, |scope| assert_eq!(scope.look(|data, _| *data), 800));
        held.with_serial_token(other, |scope| assert_eq!(scope.look(|data, _| *data), 800));
    });
}

/// Holds all these tokens inside of each other.
fn nest(tokens: &[SerialToken<Names, ()>], held: &mut Root<'_, Task>) {
    if let Some((first, rest)) = tokens.split_first() {
        held.with_serial_token(first, |scope| nest(rest, &mut scope.held()));
    }
}

#[test]
fn one_token_too_many_is_refused_and_the_others_are_given_back() {
    let tokens: Vec<_> = (0..=MOST_SERIAL_TOKENS).map(|_| SerialToken::new(())).collect();
    with_root(|mut held| nest(&tokens[..MOST_SERIAL_TOKENS], &mut held));
    assert!(catch_unwind(AssertUnwindSafe(|| with_root(|mut held| nest(&tokens, &mut held)))).is_err());
    assert!(tokens.iter().all(|token| !token.is_held()));
}

#[test]
fn the_data_of_a_token_that_nobody_can_hold_is_reached_without_it() {
    let mut token = SerialToken::<Mounts, u32>::new(1);
    *token.get_mut() += 1;
    assert_eq!(token.into_inner(), 2);
}

#[test]
fn a_pool_gives_a_resource_the_same_token_each_time() {
    static POOL: SerialTokenPool<Names, 8> = SerialTokenPool::new();
    let resources = [0_u64; 100];
    for resource in &resources {
        assert!(core::ptr::eq(POOL.token_of(resource), POOL.token_of(resource)));
    }
}
