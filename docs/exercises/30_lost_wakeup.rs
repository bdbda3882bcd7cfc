//! The lost wake-up.
//!
//! The consumer looks, finds nothing, and goes to sleep. In between the producer wakes: it wakes nobody.
//! Here it is made to happen every time. Look and sleep have to be one step.
//!
//! After bug 9 of docs/lock-bugs.md: tgoskits #2145, a wait condition that locks, under the queue's lock.

use lockorder::host::{self, Condvar, Mutex};
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        /// How many requests there are.
        class Requests = 0;
    }
}

static REQUESTS: Mutex<Requests, u32> = Mutex::new(0);
static CAME: Condvar = Condvar::new();

fn consume(mut held: Root<'_, Task>) -> u32 {
    let empty = *held.lock(&REQUESTS) == 0;
    between_look_and_sleep();
    let mut requests = held.lock(&REQUESTS);
    if empty {
        requests = CAME.wait(requests);
    }
    std::mem::take(&mut *requests)
}

// ---- Nothing below this line needs to change. ----

/// The producer runs just here.
fn between_look_and_sleep() {
    let producer = std::thread::spawn(|| {
        with_root(|mut held| *held.lock(&REQUESTS) += 1);
        CAME.notify_one();
    });
    producer.join().expect("it ends");
}

fn main() {
    with_root(|mut held| {
        let consumer = host::spawn(consume);
        assert_eq!(consumer.join(&mut held).expect("it ends"), 1);
    });
}
