//! Nobody waits for ever, no token is lost and nothing is used after it is gone, under many schedules; every broken copy is
//! noticed.
//!
//! `SCHEDULES` in the environment says how many of either kind, `ONLY` which model or broken copy alone; a failure prints its
//! schedule. Each broken copy is tried in a process of its own.

use kernel_schedules::mutants::MUTANTS;
use kernel_schedules::{BROKEN, MODELS};
use schedules::{check, is_noticed, try_if_asked};

/// How many schedules of either kind, for each model.
fn count() -> usize {
    std::env::var("SCHEDULES").ok().and_then(|count| count.parse().ok()).unwrap_or(4_000)
}

/// Whether a model or a broken copy is to be tried.
fn is_wanted(name: &str) -> bool {
    std::env::var("ONLY").map_or(true, |only| only == name)
}

/// The name of the test, which broken copies are tried by.
const TEST: &str = "waits_end_and_broken_ones_are_noticed";

/// One test: what a broken copy prints is not shown, and the failure of the text itself must be.
#[test]
fn waits_end_and_broken_ones_are_noticed() {
    try_if_asked(BROKEN);
    for (name, model) in MODELS.iter().filter(|(name, _)| is_wanted(name)) {
        let began = std::time::Instant::now();
        check(*model, count());
        println!("{name}: {} schedules, {:.1} s", 2 * count(), began.elapsed().as_secs_f64());
    }
    let mut missed = Vec::new();
    for (mutant, (name, _)) in MUTANTS.iter().zip(BROKEN).filter(|(mutant, _)| is_wanted(mutant.name)) {
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
