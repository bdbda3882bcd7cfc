//! Solution: A new lock gets its place.
//!
//! hint: `fault` holds the mapping when it wants the object, and the object when it wants a frame.
//! hint: There is room between 1 and 3.
//! hint: `class Object = 2;` between the two, or `class Object in Memory = 2;` behind the level, as another
//!     file would write it.
//! fails: E0425 cannot find type `Object` in this scope
//! learnt: Numbers with gaps leave room. A class may be declared beside its lock, in another file or crate, and
//!     names its level.
//!
//! why: The object is shared by several mappings, so from an object nobody goes to mappings: that walk takes a
//!     reference, releases, and begins outside. With the class in the order, the reverse walk would not
//!     compile.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// What is mapped where.
        class Mapping = 1;
        /// The frames that are free.
        class Frames = 3;
    }
    /// Which pages an object has.
    class Object in Memory = 2;
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
