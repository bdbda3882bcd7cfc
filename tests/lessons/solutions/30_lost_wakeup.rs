//! Solution: The lost wake-up.
//!
//! hint: What does `empty` say by the time the thread sleeps?
//! hint: Look with the lock held, and do not release it before sleeping: `wait` releases it and enters the
//!     queue in one step.
//! hint: `CAME.wait_while(requests, |requests| *requests == 0)`
//! fails: frozen
//! learnt: Between looking and sleeping nothing may be released but by the wait itself. The look is at the
//!     data, not at a copy of it.
//!
//! why: `wait_while` looks under the lock, before it waits and after each wake-up. A notification that comes
//!     earlier has changed the data by then, so it is not needed.

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
    between_look_and_sleep();
    let requests = held.lock(&REQUESTS);
    let mut requests = CAME.wait_while(requests, |requests| *requests == 0);
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
