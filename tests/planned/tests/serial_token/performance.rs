//! What tokens cost: by sizes, and by generous ratios of times in one run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use lockorder::blocking::token::{HeldTokens, MOST_TOKENS, TokenCore};
use lockorder::blocking::{Token, TokenPool};
use lockorder::host::{Host, Mutex, RawWaitQueue};
use lockorder::with_root;

use super::{Inode, Mounts, Scene};

/// The median time of five runs.
fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..5)
        .map(|_| {
            let began = Instant::now();
            run();
            began.elapsed()
        })
        .collect();
    times.sort();
    times[2]
}

/// Pairs in one run.
const PAIRS: u32 = 20_000;

#[test]
fn a_free_pair_costs_few_mutex_pairs() {
    let (token, mutex) = (Token::<Mounts, ()>::new(()), Mutex::<Inode, ()>::new(()));
    with_root(|mut held| {
        let mutexes = median(|| (0..PAIRS).for_each(|_| held.with(black_box(&mutex), |(), _| ())));
        let tokens = median(|| (0..PAIRS).for_each(|_| held.with_token(black_box(&token), |_| ())));
        assert!(tokens < 20 * mutexes, "{tokens:?} against {mutexes:?}, in a build without optimisation");
    });
}

#[test]
fn acquiring_again_costs_less_than_twice_the_first_time() {
    let token = Token::<Mounts, ()>::new(());
    with_root(|mut held| {
        let first = median(|| (0..PAIRS).for_each(|_| held.with_token(black_box(&token), |_| ())));
        held.with_token(&token, |scope| {
            let mut held = scope.held();
            let again = median(|| (0..PAIRS).for_each(|_| held.with_token(black_box(&token), |_| ())));
            assert!(again < 2 * first, "{again:?} against {first:?}");
        });
    });
}

#[test]
fn a_token_is_as_large_as_its_words_and_its_queue() {
    assert!(size_of::<TokenCore<Host>>() <= 16 + size_of::<RawWaitQueue>());
    assert_eq!(size_of::<Token<Mounts, u64>>(), size_of::<TokenCore<Host>>() + 8);
}

#[test]
fn a_thread_needs_a_bounded_list() {
    assert!(size_of::<HeldTokens<Host>>() <= MOST_TOKENS * 64 + 32);
}

#[test]
fn a_pool_spreads_its_resources() {
    static POOL: TokenPool<Mounts, 16> = TokenPool::new();
    let mut served = [0_u32; 16];
    let scenes: Vec<Box<Scene>> = (0..160).map(|_| Box::new(Scene::new())).collect();
    let tokens: Vec<_> =
        (0..16 * 64).map(|address| std::ptr::from_ref(POOL.token_at(address * 16))).collect();
    let first = tokens.iter().min().expect("there are some");
    for token in &tokens {
        let distance = token.addr() - first.addr();
        served[distance / size_of::<Token<Mounts, ()>>()] += 1;
    }
    assert!(served.iter().all(|&count| (16..=160).contains(&count)), "{served:?}");
    assert!(scenes.iter().all(|scene| std::ptr::eq(POOL.token_of(&**scene), POOL.token_of(&**scene))));
}
