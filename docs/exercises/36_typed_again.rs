//! Back to types.
//!
//! A path was erased in the middle; a typed function is to be called from it. `typed` gives a token at a
//! class if nothing further in may be held. Where it does not fit there is an error to handle.
//!
//! After bug 10 of docs/lock-bugs.md: asterinas 894f6ba9b, mappings and heap of a process.

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
    Some(read_heap(held))
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
