//! Comparing costs: by ratios within one run, never by the clock alone.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How often each of the two is measured.
const ROUNDS: usize = 25;

/// How many times as long `one` takes as `other`.
///
/// Both are measured in turn, many times, and the shortest of each counts: whatever else the machine does only makes a round
/// longer. One comparison is made at a time.
pub fn ratio(mut one: impl FnMut(), mut other: impl FnMut()) -> f64 {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let time = |body: &mut dyn FnMut()| {
        let began = Instant::now();
        body();
        began.elapsed().as_secs_f64().max(1e-9)
    };
    let (mut shortest_one, mut shortest_other) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        shortest_one = shortest_one.min(time(&mut one));
        shortest_other = shortest_other.min(time(&mut other));
    }
    shortest_one / shortest_other
}
