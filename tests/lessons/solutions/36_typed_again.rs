//! Solution: Back to types.
//!
//! hint: `read_heap` wants a typed token. What is known of this one is a number.
//! hint: `held.typed::<Mappings>()` compares the number with a class, and gives a `Result`.
//! hint: `let mut held = held.typed::<Mappings>().ok()?;`
//! fails: E0308 mismatched types
//! learnt: The way back from a number to a type is a comparison, and can fail. A kernel is converted lock by
//!     lock with the two.
//!
//! why: `typed::<Mappings>` succeeds where at most `Mappings` may be held, and then everything inside of it can
//!     be acquired with types again.

use lockorder::{DynHeld, Held, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// The mappings of a process.
        class Mappings = 0;
        /// The break of its heap.
        class Heap = 1;
    }
}

static MAPPINGS: SpinLock<Mappings, u32> = SpinLock::new(2);
static HEAP: SpinLock<Heap, u32> = SpinLock::new(7);

/// The break of the heap; `None` where the caller holds too much.
fn heap_of(held: &mut DynHeld<'_, Task>) -> Option<u32> {
    let mut held = held.typed::<Mappings>().ok()?;
    Some(read_heap(&mut held))
}

// ---- Nothing below this line needs to change. ----

#[acquires(Heap; atomic)]
fn read_heap(held: &mut Held) -> u32 {
    *held.lock(&HEAP)
}

fn main() {
    with_root(|mut held| {
        assert_eq!(heap_of(&mut held.erase()), Some(7));
        assert_eq!(*held.lock(&MAPPINGS), 2);
        let mut heap = held.lock(&HEAP);
        assert!(heap.held().erase().typed::<Mappings>().is_err());
    });
}
