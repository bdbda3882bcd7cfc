//! The clock, for the host to compare with its own.

use core::time::Duration;

use lockorder::{Root, Task};

use base::time;
use base::{record, sched};

/// How often the host is told the time; it takes its best look.
const LOOKS: u64 = 3;
/// The time between two of them.
const BETWEEN: Duration = Duration::from_millis(1500);

/// Marks moments, and says how long the time between them was.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    record::marker("clock: look");
    for _ in 0..LOOKS {
        let before = time::nanoseconds();
        sched::sleep(&mut held, BETWEEN);
        let passed = time::nanoseconds() - before;
        record::marker("clock: look");
        record::figure("nanoseconds since the last look", passed);
    }
    0
}
