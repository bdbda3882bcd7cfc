//! Solution: Woken, and nothing there.
//!
//! hint: Both are woken. The first takes the timer. What does the second know?
//! hint: A wake-up says "look again", and no more.
//! hint: `while` instead of `if`, and `checked_sub(1)?` for the end.
//! fails: ill somebody has woken this thread
//! learnt: A wait stands in a loop that looks at the data. `wait_until` and `wait_while` are that loop.
//!
//! why: The original bug ran a timer's callback under the list's lock; here the timers are taken out by whoever
//!     is woken, and there may be fewer than threads.

use lockorder::host::{self, Condvar, Mutex};
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        /// Timers that have expired, and whether no more come.
        class Timers = 0;
    }
}

static TIMERS: Mutex<Timers, (u32, bool)> = Mutex::new((0, false));
static CHANGED: Condvar = Condvar::new();

/// Takes one, if one comes before the end.
fn consume(mut held: Root<'_, Task>) -> Option<u32> {
    let mut timers = held.lock(&TIMERS);
    while timers.0 == 0 && !timers.1 {
        timers = CHANGED.wait(timers);
    }
    timers.0 = timers.0.checked_sub(1)?;
    Some(1)
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(|mut held| {
        let consumers = [host::spawn(consume), host::spawn(consume)];
        std::thread::sleep(std::time::Duration::from_millis(50));
        held.lock(&TIMERS).0 = 1;
        CHANGED.notify_all();
        std::thread::sleep(std::time::Duration::from_millis(50));
        held.lock(&TIMERS).1 = true;
        CHANGED.notify_all();
        let taken = consumers.map(|consumer| consumer.join(&mut held).expect("nobody panics"));
        assert_eq!(taken.into_iter().flatten().sum::<u32>(), 1);
    });
}
