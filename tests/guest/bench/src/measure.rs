//! One measurement: how many operations make a round, and the median of the rounds.
//!
//! Rounds are as long as the clock needs to be exact, and no longer: the operations of a round are doubled until it takes its
//! share of the time. Rounds are many and short: one that is shorter than the slices in which the host of an emulator shares its CPUs
//! mostly falls into one, and the median is that of such rounds. Operations that are slow from the beginning are repeated as often as the time allows, once at least.

use std::io;
use std::time::{Duration, Instant};

use crate::Batch;

/// How many times the operations are multiplied at most, from one attempt to the next.
const STEP: u32 = 16;

/// Nanoseconds for one operation: the median of `rounds` rounds, which take about `time` together.
pub(crate) fn measure(time: Duration, rounds: u32, batch: Batch) -> io::Result<f64> {
    let share = time / (rounds + 1);
    let began = Instant::now();
    let (mut count, mut took) = (1, batch(1)?);
    while took < share / 2 && began.elapsed() < time {
        let missing = share.as_nanos() / took.as_nanos().max(1);
        count *= u64::try_from(missing).unwrap_or(u64::MAX).clamp(2, STEP.into());
        took = batch(count)?;
    }
    let mut costs = vec![cost(took, count)];
    let began = Instant::now();
    // The attempt above warms caches and counts only where there is time for no other.
    while costs.len() <= rounds as usize && began.elapsed() < time {
        costs.push(cost(batch(count)?, count));
    }
    if costs.len() > 1 {
        costs.swap_remove(0);
    }
    Ok(median(&mut costs))
}

/// Nanoseconds for one of `count` operations.
#[allow(clippy::cast_precision_loss, reason = "a measurement has fewer digits")]
fn cost(took: Duration, count: u64) -> f64 {
    took.as_nanos() as f64 / count as f64
}

/// The median; of nothing, 0.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use super::{measure, median};

    #[test]
    fn operations_are_repeated_until_they_can_be_measured() {
        let found = measure(Duration::from_secs(1), 4, |count| Ok(Duration::from_nanos(50 * count)));
        assert!((found.unwrap() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn what_fails_is_no_measurement() {
        assert!(measure(Duration::from_secs(1), 4, |_| Err(io::Error::other("no"))).is_err());
    }

    #[test]
    fn the_middle_one_counts() {
        assert!((median(&mut [9.0, 1.0, 5.0]) - 5.0).abs() < 1e-9);
        assert!(median(&mut []).abs() < 1e-9);
    }
}
