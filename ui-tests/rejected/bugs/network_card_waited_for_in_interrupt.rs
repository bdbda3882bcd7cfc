//! The path that polls waits for the network card, whose holder runs only when this returns. Source: hermit fc0c5c3f.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `HardIrq` context
//! fix: try, and leave it for later

use lockorder::{HardIrq, Root, SpinLock, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// The network.
    level Net = 60 {
        /// Network card.
        class NetworkCard = 7;
    }
}

static CARD: SpinLock<NetworkCard, u64> = SpinLock::new(0);

fn poll(mut held: Root<'_, HardIrq>) -> bool {
    held.try_lock(&CARD).is_some()
}

fn main() {
    let _: fn(Root<'_, HardIrq>) -> bool = poll;
}
