//! Join with nothing held.
//!
//! A CPU is started with the mapper held, and waits until the other one is up. The other one needs the
//! mapper.
//!
//! After bug 21 of docs/lock-bugs.md: redox b7665018, the mapper held while a CPU starts.

use lockorder::host::{self, Mutex};
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// What is mapped where.
        class Mapper = 1;
    }
}

static MAPPER: Mutex<Mapper, u32> = Mutex::new(0);

fn start(mut held: Root<'_, Task>) {
    let other = host::spawn(|mut held| *held.lock(&MAPPER) += 1);
    held.with(&MAPPER, |mapped, mut held| {
        *mapped += 10;
        other.join(&mut held).expect("it starts");
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(start);
    with_root(|mut held| assert_eq!(*held.lock(&MAPPER), 11));
}
