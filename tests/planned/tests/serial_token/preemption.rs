//! A token is kept while its thread could run, and given back only where it blocks.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use lockorder::with_root;
use planned_tests::wait_until;

use super::Scene;

/// Runs `body` on a thread that holds the token, and `outside` on another one while it does.
fn beside(scene: &Scene, body: impl FnOnce() + Send, outside: impl FnOnce() + Send) {
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with_token(&scene.token, |token| {
                    scene.arrive();
                    body();
                    token.with(|number, _| *number += 1);
                });
            });
        });
        scene.wait_for_other();
        outside();
    });
}

#[test]
fn giving_the_cpu_away_keeps_the_token() {
    let scene = Scene::new();
    let spin = || wait_until("the other has tried", || scene.go.load(Ordering::SeqCst));
    beside(&scene, spin, || {
        with_root(|mut held| {
            for _ in 0..100 {
                assert_eq!(held.try_with_token(&scene.token, |_| ()), None, "it was given back");
                thread::yield_now();
            }
        });
        scene.go.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_sleep_that_the_library_does_not_know_of_keeps_it() {
    let scene = Scene::new();
    beside(
        &scene,
        || thread::sleep(Duration::from_millis(20)),
        || {
            with_root(|mut held| {
                held.with_token(&scene.token, |token| token.with(|number, _| assert_eq!(*number, 1)));
            });
        },
    );
}

#[test]
fn an_inner_lock_that_is_free_keeps_it() {
    let scene = Scene::new();
    with_root(|mut held| {
        held.with_token(&scene.token, |token| {
            token.held().with(&scene.lock, |(), _| assert!(scene.token.is_held()));
            assert!(scene.token.is_held_here());
        });
    });
}

#[test]
fn an_inner_lock_that_is_waited_for_gives_it_back() {
    let scene = Scene::new();
    thread::scope(|scope| {
        with_root(|mut held| {
            held.with(&scene.lock, |(), _| {
                scope.spawn(|| {
                    with_root(|mut held| {
                        held.with_token(&scene.token, |token| {
                            scene.arrive();
                            token.held().with(&scene.lock, |(), _| ());
                        });
                    });
                });
                scene.wait_for_other();
                wait_until("the token is free", || !scene.token.is_held());
            });
        });
    });
}

#[test]
fn a_condition_variable_gives_it_back() {
    let scene = Scene::new();
    let changed = lockorder::host::Condvar::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with_token(&scene.token, |token| {
                    scene.arrive();
                    while token.look(|number, _| *number == 0) {
                        token.wait(&changed);
                    }
                });
            });
        });
        scene.wait_for_other();
        with_root(|mut held| held.with_token(&scene.token, |token| token.with(|number, _| *number = 1)));
        changed.notify_all();
    });
}

#[test]
fn waiting_for_another_token_gives_it_back() {
    let scene = Scene::new();
    beside(
        &scene,
        || wait_until("it may go on", || scene.go.load(Ordering::SeqCst)),
        || {
            thread::scope(|scope| {
                scope.spawn(|| {
                    with_root(|mut held| {
                        held.with_token(&scene.other, |other| {
                            other.held().with_token(&scene.token, |_| assert!(scene.other.is_held_here()));
                        });
                    });
                });
                // The one that wants both has the other one for a moment, and gives it back while it waits.
                wait_until("the other token is free", || !scene.other.is_held());
                with_root(|mut held| held.with_token(&scene.other, |_| ()));
                scene.go.store(true, Ordering::SeqCst);
            });
        },
    );
}

#[test]
fn a_reader_that_blocks_lets_a_writer_in() {
    let scene = Scene::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with_shared_token(&scene.token, |token| {
                    scene.arrive();
                    scene.queue.wait_until(&mut token.held_to_wait(), |_| scene.go.load(Ordering::SeqCst));
                    token.look(|number, _| assert_eq!(*number, 1));
                });
            });
        });
        scene.wait_for_other();
        with_root(|mut held| held.with_token(&scene.token, |token| token.with(|number, _| *number = 1)));
        scene.release();
    });
}

#[test]
fn the_end_of_a_section_lets_a_waiter_in() {
    let scene = Scene::new();
    beside(
        &scene,
        || thread::sleep(Duration::from_millis(5)),
        || {
            with_root(|mut held| held.with_token(&scene.token, |token| token.with(|number, _| *number += 1)));
        },
    );
    with_root(|mut held| {
        held.with_token(&scene.token, |token| token.with(|number, _| assert_eq!(*number, 2)));
    });
}
