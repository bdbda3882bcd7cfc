//! Listing a process's mappings took the heap lock inside of the mappings; growing the heap does it the other way round. Source: asterinas 894f6ba9b.
//!
//! accepted: take a snapshot of the heap first

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// Heap.
        class Heap = 1;
        /// Mappings.
        class Mappings = 2;
    }
}

static HEAP: SpinLock<Heap, u64> = SpinLock::new(0);
static MAPPINGS: SpinLock<Mappings, u64> = SpinLock::new(0);

fn grow_heap(mut held: Root<'_, Task>) {
    held.with(&HEAP, |outer, mut held| *outer += *held.lock(&MAPPINGS));
}

fn list_mappings(mut held: Root<'_, Task>) {
    let outer = *held.lock(&HEAP);
    *held.lock(&MAPPINGS) += outer;
}

fn main() {
    with_root(|mut held| {
        grow_heap(held.reborrow());
        list_mappings(held);
    });
}
