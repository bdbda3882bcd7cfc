//! Solution: A condition under an outer lock.
//!
//! hint: A condition variable releases one lock while it waits: that of its guard. Which one stays held?
//! hint: Change the mappings and release, then wait.
//! hint: `*held.lock(&SPACE) = 0;` and after it the answers.
//! fails: E0277 may be held here, but this call waits for another thread and needs nothing held
//! learnt: Waiting at a condition variable releases the inner lock and no other. Outer locks stay held, so
//!     there must be none.
//!
//! why: Where an outer lock really has to stay, a `RankedCondvar` has a place in the order: those who notify
//!     serve at its class, and never acquire outwards.

use lockorder::host::{self, Condvar, Mutex};
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// The mappings of a process.
        class AddressSpace = 0;
        /// How many CPUs have answered.
        class Answers = 6;
    }
}

static SPACE: Mutex<AddressSpace, u32> = Mutex::new(0);
static ANSWERS: Mutex<Answers, u32> = Mutex::new(0);
static ANSWERED: Condvar = Condvar::new();

fn shoot_down(mut held: Root<'_, Task>) {
    *held.lock(&SPACE) = 0;
    let answers = held.lock(&ANSWERS);
    drop(ANSWERED.wait_until(answers, |answers| *answers == 1));
}

// ---- Nothing below this line needs to change. ----

fn answer(mut held: Root<'_, Task>) {
    held.with(&SPACE, |_, mut held| *held.lock(&ANSWERS) += 1);
    ANSWERED.notify_all();
}

fn main() {
    with_root(|mut held| {
        let other = host::spawn(answer);
        shoot_down(held.reborrow());
        other.join(&mut held).expect("it answers");
    });
}
