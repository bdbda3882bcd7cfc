//! The first CPU waits for another one to start, and holds the memory map that the other one needs. Source: redox b7665018.
//!
//! error[E0277]: `KernelMapper` may be held here, but this call waits for another thread and needs nothing held
//! fix: release the map before the other CPU is started

use lockorder::{Held, SpinLock, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Memory = 20 {
        class KernelMapper = 1;
    }
}

static MAPPER: SpinLock<KernelMapper, Vec<u64>> = SpinLock::new(Vec::new());

/// Starts a CPU, and waits until it says that it runs.
#[acquires(; nothing_held, atomic)]
fn start_cpu(_held: Held, _stack: u64) {}

fn main() {
    with_root(|mut held| {
        held.with(&MAPPER, |pages, held| {
            start_cpu(held, 0x8000);
            pages.push(0x8000);
        });
    });
}
