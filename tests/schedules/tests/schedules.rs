//! Every sleeping lock holds what it promises under many schedules, and every broken one is noticed.
//!
//! `SCHEDULES` in the environment says how many of either kind, `ONLY` which model or broken copy alone; a failure prints its
//! schedule. Each broken copy is tried in a process of its own.

use schedules::mutants::MUTANTS;
use schedules::{BROKEN, MODELS, check, is_noticed, try_if_asked};

/// How many schedules of either kind, for each model.
fn count() -> usize {
    std::env::var("SCHEDULES").ok().and_then(|count| count.parse().ok()).unwrap_or(4_000)
}

/// Whether a model or a broken copy is to be tried.
fn is_wanted(name: &str) -> bool {
    std::env::var("ONLY").map_or(true, |only| only == name)
}

/// The name of the test, which broken copies are tried by.
const TEST: &str = "locks_keep_their_promises_and_broken_ones_are_noticed";

/// One test: what a broken lock prints is not shown, and a sound one's failure must be.
#[test]
fn locks_keep_their_promises_and_broken_ones_are_noticed() {
    try_if_asked(BROKEN);
    locks_keep_their_promises();
    broken_locks_are_noticed();
}

/// The library's own.
fn locks_keep_their_promises() {
    for (name, model) in MODELS.iter().filter(|(name, _)| is_wanted(name)) {
        let began = std::time::Instant::now();
        check(*model, count());
        println!("{name}: {} schedules, {:.1} s", 2 * count(), began.elapsed().as_secs_f64());
    }
}

/// And those that are broken on purpose.
fn broken_locks_are_noticed() {
    let mut missed = Vec::new();
    for (mutant, (name, _)) in MUTANTS.iter().zip(BROKEN) {
        assert_eq!(mutant.name, *name);
        if !is_wanted(name) {
            continue;
        }
        let began = std::time::Instant::now();
        let noticed = is_noticed(TEST, name);
        println!(
            "{name}: {} by `{}`, {:.1} s",
            if noticed { "noticed" } else { "MISSED" },
            mutant.model,
            began.elapsed().as_secs_f64()
        );
        if !noticed {
            missed.push(*name);
        }
    }
    assert!(missed.is_empty(), "not noticed: {missed:?}");
}
