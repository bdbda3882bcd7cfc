//! Long cycles and deep nestings.

use lockorder::checker::{MOST_HELD, Problem};
use unit_tests::watch::{Name, Watched};

/// Classes of which each was seen under the one before, two at a time, so that only a search finds the whole.
fn chain(thread: &Watched, length: usize) -> Vec<Name> {
    let locks: Vec<Name> = (0..length).map(|index| thread.lock(&format!("Link{index}"))).collect();
    locks.windows(2).for_each(|pair| thread.nest(pair));
    locks
}

#[test]
fn a_cycle_of_three_is_found() {
    let thread = Watched::new();
    let [a, b, c] = thread.locks();
    thread.nest(&[a, b]);
    thread.nest(&[b, c]);
    assert_eq!(thread.problems(), []);
    thread.nest(&[c, a]);
    assert_eq!(thread.problems(), [Problem::Order]);
}

#[test]
fn a_cycle_of_five_hundred_is_found() {
    let thread = Watched::new();
    let locks = chain(&thread, 500);
    assert_eq!(thread.problems(), []);
    thread.nest(&[locks[499], locks[0]]);
    assert_eq!(thread.problems(), [Problem::Order]);
}

#[test]
fn a_long_chain_the_right_way_round_is_silent() {
    let thread = Watched::new();
    let locks = chain(&thread, 500);
    thread.nest(&[locks[0], locks[499]]);
    thread.nest(&[locks[100], locks[400]]);
    assert_eq!(thread.problems(), []);
}

#[test]
fn the_shortest_way_back_is_reported() {
    let thread = Watched::new();
    let locks = chain(&thread, 8);
    thread.nest(&[locks[0], locks[7]]);
    thread.nest(&[locks[7], locks[0]]);
    let reports = thread.reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].matches("known:").count(), 1, "{}", reports[0]);
}

#[test]
fn a_nesting_as_deep_as_can_be_followed_is_silent() {
    let thread = Watched::new();
    let locks: [Name; MOST_HELD] = thread.locks();
    thread.nest(&locks);
    assert_eq!((thread.problems(), thread.held().depth()), (vec![], 0));
    assert_eq!(thread.edges().len(), MOST_HELD * (MOST_HELD - 1) / 2);
}

#[test]
fn the_deepest_nesting_is_counted() {
    let thread = Watched::new();
    let locks: [Name; 5] = thread.locks();
    thread.nest(&locks[..1]);
    thread.nest(&locks);
    thread.nest(&locks[..2]);
    assert_eq!(thread.checker().counts().longest, 5);
}

#[test]
fn an_inversion_at_the_bottom_of_a_deep_nesting_is_found() {
    let thread = Watched::new();
    let locks: [Name; 40] = thread.locks();
    thread.nest(&[locks[39], locks[38]]);
    assert_eq!(thread.problems(), []);
    thread.nest(&locks);
    assert_eq!(thread.problems(), [Problem::Order]);
}
