//! The network's queue is drained by an interrupt that comes while it is filled. Source: DragonOS #479, #1079.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `HardIrq` context
//! fix: an interrupt-safe lock

use lockorder::{HardIrq, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// The network.
    level Net = 60 {
        /// Packet queue.
        class PacketQueue = 2;
    }
}

static PACKET_QUEUE: SpinLock<PacketQueue, u64> = SpinLock::new(0);

fn enqueue(mut held: Root<'_, Task>) {
    *held.lock(&PACKET_QUEUE) += 1;
}

fn drain(mut held: Root<'_, HardIrq>) {
    *held.lock(&PACKET_QUEUE) -= 1;
}

fn main() {
    with_root(enqueue);
    let _: fn(Root<'_, HardIrq>) = drain;
}
