//! A network card's rings are taken in mixed order. Source: awkernel #162.
//!
//! accepted: one order for both

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// The network.
    level Net = 60 {
        /// Receive ring.
        class ReceiveRing = 4;
        /// Transmit ring.
        class TransmitRing = 5;
    }
}

static RECEIVE_RING: SpinLock<ReceiveRing, u64> = SpinLock::new(0);
static TRANSMIT_RING: SpinLock<TransmitRing, u64> = SpinLock::new(0);

fn interrupt_work(mut held: Root<'_, Task>) {
    held.with(&RECEIVE_RING, |outer, mut held| *outer += *held.lock(&TRANSMIT_RING));
}

fn reply(mut held: Root<'_, Task>) {
    let outer = *held.lock(&RECEIVE_RING);
    *held.lock(&TRANSMIT_RING) += outer;
}

fn main() {
    with_root(|mut held| {
        interrupt_work(held.reborrow());
        reply(held);
    });
}
