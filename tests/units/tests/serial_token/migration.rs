//! A thread blocks with tokens, runs on elsewhere, and has all of them again.

use std::sync::atomic::Ordering;

use lockorder::with_root;
use unit_tests::crew::Crew;
use unit_tests::deadline::until;
use unit_tests::machine::record;

use crate::{blocker, count, flag, raise, token, wait_for, was_free, while_it_blocks};

#[test]
fn a_thread_that_runs_on_elsewhere_has_its_token_again() {
    let token = token(0);
    let move_it = |thread: &unit_tests::machine::Record| thread.cpu.store(40, Ordering::SeqCst);
    while_it_blocks(
        token,
        |_| (),
        move_it,
        |_| assert_eq!(record().cpu.load(Ordering::SeqCst), 40, "the test has moved it"),
    );
    assert!(!token.is_held());
}

#[test]
fn others_have_the_token_while_its_thread_blocks() {
    let token = token(0);
    while_it_blocks(token, |_| (), |_| assert!(was_free(token)), |_| ());
}

#[test]
fn what_others_changed_meanwhile_is_seen() {
    let token = token(0);
    let change = |_: &unit_tests::machine::Record| {
        let mut crew = Crew::new();
        crew.start("the other thread", 2, || {
            with_root(|mut held| {
                held.with_serial_token(token, |scope| {
                    scope.with(|data, _| {
                        assert_eq!(*data, 1);
                        *data = 2;
                    });
                });
            });
        });
        crew.join();
    };
    while_it_blocks(token, |data| *data = 1, change, |data| assert_eq!(*data, 2));
}

#[test]
fn a_thread_that_blocked_does_not_run_on_until_its_token_is_free() {
    let (token, leave) = (token(0), flag());
    let (mut crew, lock) = (Crew::new(), blocker());
    let (has, runs_on) = (flag(), flag());
    with_root(|mut held| {
        let guard = held.lock(lock);
        let blocked = crew.start("the thread that blocks", 1, move || {
            with_root(|mut held| {
                held.with_serial_token(token, |scope| {
                    scope.held().with(lock, |(), _| ());
                    raise(runs_on);
                    scope.with(|data, _| assert_eq!(*data, 5));
                });
            });
        });
        until("the thread blocks", || count(&blocked.looked) >= 1);
        crew.start("the other thread", 2, move || {
            with_root(|mut held| {
                held.with_serial_token(token, |scope| {
                    raise(has);
                    wait_for("the test says go", leave);
                    scope.with(|data, _| *data = 5);
                });
            });
        });
        wait_for("the other thread has the token", has);
        drop(guard);
        until("the first one sleeps for its token", || count(&blocked.slept) >= 2);
    });
    assert!(!runs_on.load(Ordering::SeqCst), "it runs on without its token");
    raise(leave);
    crew.join();
}

#[test]
fn all_tokens_come_back_each_as_often_as_it_was_acquired() {
    let (one, other, lock) = (token(0_u64), token(0_u64), blocker());
    let mut crew = Crew::new();
    with_root(|mut held| {
        let guard = held.lock(lock);
        let blocked = crew.start("the thread that blocks", 1, move || {
            with_root(|mut held| {
                held.with_serial_token(one, |first| {
                    first.held().with_serial_token(other, |second| {
                        second.held().with_serial_token(one, |again| {
                            again.held().with(lock, |(), _| ());
                            record().cpu.store(50, Ordering::SeqCst);
                        });
                        assert!(one.is_held_here() && other.is_held_here());
                    });
                    assert!(one.is_held_here() && !other.is_held_here());
                });
                assert!(!one.is_held_here());
            });
        });
        until("the thread blocks", || count(&blocked.looked) >= 1);
        assert!(was_free(one) && was_free(other), "it blocks with a token");
        drop(guard);
    });
    crew.join();
    assert!(!one.is_held() && !other.is_held());
}

#[test]
fn a_reader_that_blocked_reads_again_and_is_no_writer() {
    let (token, lock) = (token(0_u64), blocker());
    let (mut crew, runs_on, leave) = (Crew::new(), flag(), flag());
    with_root(|mut held| {
        let guard = held.lock(lock);
        let blocked = crew.start("the reader that blocks", 1, move || {
            with_root(|mut held| {
                held.with_shared_serial_token(token, |scope| {
                    scope.held().with(lock, |(), _| ());
                    raise(runs_on);
                    wait_for("the test says go", leave);
                });
            });
        });
        until("the reader blocks", || count(&blocked.looked) >= 1);
        assert!(was_free(token));
        drop(guard);
    });
    wait_for("the reader runs on", runs_on);
    let mut readers = Crew::new();
    readers.start("another reader", 2, || {
        with_root(|mut held| held.with_shared_serial_token(token, |scope| scope.look(|data, _| *data)))
    });
    assert_eq!(readers.join(), [0]);
    assert!(!was_free(token));
    raise(leave);
    crew.join();
}

#[test]
fn a_thread_that_moves_without_blocking_keeps_its_token() {
    let token = token(0);
    with_root(|mut held| {
        held.with_serial_token(token, |_| {
            for cpu in [0, 31, 32, 63] {
                record().cpu.store(cpu, Ordering::SeqCst);
                assert!(token.is_held_here() && !was_free(token), "the token stayed on the last CPU");
            }
        });
    });
}

#[test]
fn many_threads_block_and_move_and_lose_no_update() {
    let (tokens, lock): ([_; 2], _) = ([token(0_u64), token(0_u64)], blocker());
    let mut crew = Crew::new();
    for index in 0..6 {
        crew.start(format!("thread {index}"), index, move || {
            for round in 0..60 {
                with_root(|mut held| {
                    held.with_serial_token(tokens[index % 2], |outer| {
                        outer.held().with_serial_token(tokens[1 - index % 2], |inner| {
                            inner.with(|data, _| *data += 1);
                            inner.held().with(lock, |(), _| std::thread::yield_now());
                            record().cpu.store((index + round) % 64, Ordering::SeqCst);
                            inner.with(|data, _| *data += 1);
                        });
                        outer.with(|data, _| *data += 1);
                    });
                });
            }
        });
    }
    crew.join();
    let read = |token: &'static lockorder::blocking::SerialToken<_, u64>| {
        with_root(|mut held| held.with_serial_token(token, |scope| scope.look(|data, _| *data)))
    };
    assert_eq!(read(tokens[0]) + read(tokens[1]), 6 * 60 * 3);
}
