//! A mapping goes to its memory object; the object's clone went back to the mapping. Source: zCore #48.
//!
//! error[E0277]: lock order violation: cannot acquire `Mapping` while holding `MemoryObject`
//! fix: release the object before the mappings

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// Mapping.
        class Mapping = 1;
        /// Memory object.
        class MemoryObject = 2;
    }
}

static MAPPING: SpinLock<Mapping, u64> = SpinLock::new(0);
static MEMORY_OBJECT: SpinLock<MemoryObject, u64> = SpinLock::new(0);

fn fault(mut held: Root<'_, Task>) {
    held.with(&MAPPING, |outer, mut held| *outer += *held.lock(&MEMORY_OBJECT));
}

fn clone_object(mut held: Root<'_, Task>) {
    held.with(&MEMORY_OBJECT, |inner, mut held| *inner += *held.lock(&MAPPING));
}

fn main() {
    with_root(|mut held| {
        fault(held.reborrow());
        clone_object(held);
    });
}
