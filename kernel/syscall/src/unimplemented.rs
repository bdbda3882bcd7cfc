//! Calls that programs ask for and that are not there, by number.

use core::sync::atomic::{AtomicU64, Ordering};

/// The most numbers that are told apart.
const NUMBERS: usize = 512;

static COUNTS: [AtomicU64; NUMBERS] = [const { AtomicU64::new(0) }; NUMBERS];

/// Counts one.
pub(crate) fn count(number: u32) {
    let place = usize::try_from(number).unwrap_or(usize::MAX).min(NUMBERS - 1);
    COUNTS[place].fetch_add(1, Ordering::Relaxed);
}

/// The numbers that were asked for, and how often.
pub fn asked() -> impl Iterator<Item = (usize, u64)> {
    let counts = COUNTS.iter().map(|count| count.load(Ordering::Relaxed));
    counts.enumerate().filter(|&(_, count)| count > 0)
}
