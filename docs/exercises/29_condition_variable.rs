//! A condition under an outer lock.
//!
//! `shoot_down` waits until all CPUs have answered, with the address space held. A CPU answers when it gets
//! the address space.
//!
//! After bug 22 of docs/lock-bugs.md: redox 7d42e8d9, an address space held over a shoot-down.

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
    held.with(&SPACE, |mapped, mut held| {
        *mapped = 0;
        let answers = held.lock(&ANSWERS);
        drop(ANSWERED.wait_until(answers, |answers| *answers == 1));
    });
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
