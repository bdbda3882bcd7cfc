//! The clock, for the host to compare with its own.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use base::record;
use base::sched::{self, Placement, WaitQueue};
use base::time::Instant;

/// How often the host is told the time; it takes its best look.
const LOOKS: u64 = 3;
/// The time between two of them.
const BETWEEN: Duration = Duration::from_millis(1500);

/// Marks moments, and says how long the time between them was. A thread waits for the last one meanwhile: if the host stops
/// the machine, that is no long wait.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    static OVER: AtomicBool = AtomicBool::new(false);
    static QUEUE: WaitQueue = WaitQueue::new();
    let mut held = held;
    let waiter = sched::spawn("waiter", Placement::default(), |mut held| {
        QUEUE.wait_until(&mut held, |_| OVER.load(Ordering::Acquire));
    });
    record::marker("clock: look");
    for _ in 0..LOOKS {
        let before = Instant::now().as_nanos();
        sched::sleep(&mut held, BETWEEN);
        let passed = Instant::now().as_nanos() - before;
        record::marker("clock: look");
        record::figure("nanoseconds since the last look", passed);
    }
    OVER.store(true, Ordering::Release);
    QUEUE.wake_all();
    waiter.join(&mut held);
    0
}
