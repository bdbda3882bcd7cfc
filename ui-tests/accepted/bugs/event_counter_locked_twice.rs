//! An event counter stays locked while what polls it locks it again. Source: hermit d067df5c.
//!
//! accepted: release before polling

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Messages between processes.
    level Ipc = 30 {
        /// Event counter.
        class EventCounter = 3;
    }
}

static EVENTS: SpinLock<EventCounter, u64> = SpinLock::new(0);

fn poll(mut held: Root<'_, Task>) -> u64 {
    *held.lock(&EVENTS)
}

fn read(mut held: Root<'_, Task>) -> u64 {
    let count = *held.lock(&EVENTS);
    count + poll(held.reborrow())
}

fn main() {
    println!("{}", with_root(read));
}
