//! One thread acquires and releases, nobody else wanting the lock.

use std::fmt::Write;
use std::time::Instant;

use tests::plots::Bar;

use crate::page::{median, ratio};
use crate::subjects::{Kind, Subject};

/// Pairs in one round of one subject.
const PAIRS: u64 = 100_000;
/// Rounds; each goes through all subjects.
const ROUNDS: usize = 41;

/// Nanoseconds for one pair, by round, of each subject.
fn measure(locks: &[Box<dyn Subject>], quick: bool) -> Vec<Vec<f64>> {
    let (rounds, pairs) = if quick { (3, 1000) } else { (ROUNDS, PAIRS) };
    let mut times = vec![Vec::new(); locks.len()];
    // The first round warms up, and is not kept.
    for round in 0..=rounds {
        for step in 0..locks.len() {
            // Each round begins with another one, so that nobody always comes after the same one.
            let index = (round + step) % locks.len();
            let began = Instant::now();
            locks[index].pairs(pairs);
            #[allow(clippy::cast_precision_loss, reason = "some hundred thousand")]
            let each = began.elapsed().as_secs_f64() * 1e9 / pairs as f64;
            if round > 0 {
                times[index].push(each);
            }
        }
    }
    times
}

/// The median of the ratios of each round.
fn paired(ours: &[f64], theirs: &[f64]) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect())
}

/// The table, and what there is to draw.
pub(crate) fn table(locks: &[Box<dyn Subject>], quick: bool) -> (String, Vec<Bar>) {
    let times = measure(locks, quick);
    let mut text = String::from(
        "\n### One thread, acquired and released\n\n| lock | ns | against the best peer of its kind |\n|---|---:|---|\n",
    );
    let mut bars = Vec::new();
    for kind in [Kind::Spinning, Kind::Sleeping, Kind::Reading, Kind::Writing] {
        let of_kind: Vec<usize> = (0..locks.len()).filter(|&index| locks[index].kind() == kind).collect();
        let best = of_kind
            .iter()
            .copied()
            .filter(|&index| !locks[index].is_ours())
            .min_by(|&one, &other| median(times[one].clone()).total_cmp(&median(times[other].clone())))
            .expect("each kind has a peer");
        for &index in &of_kind {
            let (name, ours) = (locks[index].name().to_owned(), locks[index].is_ours());
            bars.push(Bar { name, ours, value: median(times[index].clone()) });
            let against = paired(&times[index], &times[best]);
            let note = if index == best { "the best peer".to_owned() } else { ratio(against) };
            writeln!(text, "| {} | {:.2} | {note} |", locks[index].name(), median(times[index].clone()))
                .expect("a string takes everything");
        }
    }
    (text, bars)
}
