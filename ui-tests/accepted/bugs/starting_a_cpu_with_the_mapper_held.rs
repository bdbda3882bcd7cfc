//! The first CPU waits for another one to start, and holds the memory map that the other one needs. Source: redox b7665018.
//!
//! accepted: nothing is held while waiting

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
        start_cpu(held.reborrow(), 0x8000);
        held.with(&MAPPER, |pages, _| {
            pages.push(0x8000);
        });
    });
}
