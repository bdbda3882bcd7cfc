//! A thread blocks with tokens, others have them meanwhile, and it has them again when it goes on.

use std::sync::atomic::Ordering;
use std::thread;

use lockorder::with_root;

use super::Scene;

/// One thread blocks with the first token, or with both; `meanwhile` runs while it is blocked; `afterwards` when it runs on.
fn blocks_with(
    scene: &Scene,
    both: bool,
    meanwhile: impl FnOnce() + Send,
    afterwards: impl FnOnce(u64) + Send,
) {
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with_token(&scene.token, |token| {
                    if both {
                        let mut held = token.held_to_wait();
                        held.with_token(&scene.other, |other| {
                            scene.arrive();
                            scene
                                .queue
                                .wait_until(&mut other.held_to_wait(), |_| scene.go.load(Ordering::SeqCst));
                            assert!(scene.other.is_held_here(), "it runs without its other token");
                        });
                    } else {
                        scene.arrive();
                        scene
                            .queue
                            .wait_until(&mut token.held_to_wait(), |_| scene.go.load(Ordering::SeqCst));
                    }
                    assert!(scene.token.is_held_here(), "it runs without its token");
                    afterwards(token.with(|number, _| *number));
                });
            });
        });
        scene.wait_for_other();
        meanwhile();
        scene.release();
    });
    assert!(!scene.token.is_held() && !scene.other.is_held());
}

#[test]
fn another_thread_has_the_token_while_its_thread_is_blocked() {
    let scene = Scene::new();
    let take =
        || with_root(|mut held| held.with_token(&scene.token, |_| assert!(scene.token.is_held_here())));
    blocks_with(&scene, false, take, |_| ());
}

#[test]
fn what_has_changed_meanwhile_is_seen() {
    let scene = Scene::new();
    let change =
        || with_root(|mut held| held.with_token(&scene.token, |token| token.with(|number, _| *number = 7)));
    blocks_with(&scene, false, change, |number| assert_eq!(number, 7));
}

#[test]
fn all_tokens_come_back_together() {
    let scene = Scene::new();
    let take =
        || with_root(|mut held| held.with_token(&scene.other, |other| other.with(|number, _| *number += 1)));
    blocks_with(&scene, true, take, |_| ());
}

#[test]
fn a_thread_waits_for_a_token_that_has_been_taken_meanwhile() {
    let scene = Scene::new();
    let take_and_keep = || {
        with_root(|mut held| {
            held.with_token(&scene.token, |token| {
                scene.release();
                thread::sleep(std::time::Duration::from_millis(10));
                token.with(|number, _| *number = 3);
            });
        });
    };
    blocks_with(&scene, false, take_and_keep, |number| assert_eq!(number, 3, "it ran beside the other one"));
}

#[test]
fn it_comes_back_to_the_thread_and_not_to_its_cpu() {
    // Many threads pass through one token, blocking each time, wherever they go on.
    let scene = Scene::new();
    planned_tests::on_threads(6, |_| {
        with_root(|mut held| {
            for _ in 0..100 {
                held.with_token(&scene.token, |token| {
                    token.with(|number, _| *number += 1);
                    let time = std::time::Duration::from_micros(10);
                    let _ = scene.queue.wait_until_for(&mut token.held_to_wait(), time, |_| false);
                    assert!(scene.token.is_held_here());
                    token.with(|number, _| *number += 1);
                });
            }
        });
    });
    with_root(|mut held| {
        held.with_token(&scene.token, |token| token.with(|number, _| assert_eq!(*number, 1200)));
    });
}

#[test]
fn a_count_survives_blocking() {
    let scene = Scene::new();
    scene.go.store(true, Ordering::SeqCst);
    with_root(|mut held| {
        held.with_token(&scene.token, |outer| {
            let mut inside = outer.held_to_wait();
            inside.with_token(&scene.token, |inner| {
                let time = std::time::Duration::from_millis(1);
                let _ = scene.queue.wait_until_for(&mut inner.held_to_wait(), time, |_| false);
            });
            assert!(scene.token.is_held_here(), "the inner release has freed it");
        });
    });
    assert!(!scene.token.is_held());
}
