//! A new lock gets its place.
//!
//! A mapping has an object, whose pages are behind a new lock. It has no class yet. `fault` says where it
//! belongs.
//!
//! After bug 8 of docs/lock-bugs.md: zCore #48, a mapping and its object.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// What is mapped where.
        class Mapping = 1;
        /// The frames that are free.
        class Frames = 3;
    }
}

static MAPPING: SpinLock<Mapping, u32> = SpinLock::new(0);
static OBJECT: SpinLock<Object, u32> = SpinLock::new(0);
static FRAMES: SpinLock<Frames, u32> = SpinLock::new(8);

// ---- Nothing below this line needs to change. ----

fn fault(mut held: Root<'_, Task>) {
    held.with(&MAPPING, |mapped, mut held| {
        held.with(&OBJECT, |pages, mut held| {
            *held.lock(&FRAMES) -= 1;
            *pages += 1;
        });
        *mapped += 1;
    });
}

fn main() {
    with_root(fault);
    with_root(|mut held| assert_eq!(*held.lock(&FRAMES), 7));
}
