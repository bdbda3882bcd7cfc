//! The first CPU holds the list of interrupt controllers while the CPU that it starts enters itself there. Source: theseus c8629d311.
//!
//! accepted: the list is free while the other CPU starts

use lockorder::{Held, SpinLock, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Device = 50 {
        class LocalApics = 0;
    }
}

static CONTROLLERS: SpinLock<LocalApics, Vec<u32>> = SpinLock::new(Vec::new());

/// Starts a CPU, and waits until it has entered its controller.
#[acquires(; nothing_held, atomic)]
fn start_cpu(_held: Held, _number: u32) {}

fn main() {
    with_root(|mut held| {
        let controllers = held.lock(&CONTROLLERS).clone();
        let next = controllers.len() as u32;
        start_cpu(held, next);
    });
}
