//! Solution: Join with nothing held.
//!
//! hint: Who waits for whom? Draw both arrows.
//! hint: To join is to wait, and who waits for a thread holds nothing that it may need.
//! hint: Release the mapper first: `*held.lock(&MAPPER) += 10;`
//! fails: E0277 `Mapper` may be held here, but this call waits for another thread and needs nothing held
//! learnt: A join is a wait like one for a lock. It asks for a token with which nothing is held.
//!
//! why: Which locks the other thread takes is known nowhere in the types of this one. So the rule is the simple
//!     one: hold nothing.

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
    *held.lock(&MAPPER) += 10;
    other.join(&mut held).expect("it starts");
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(start);
    with_root(|mut held| assert_eq!(*held.lock(&MAPPER), 11));
}
