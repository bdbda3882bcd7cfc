//! The slice that says which locks are held is changed while they are. Source: an attack on the set's release.
//!
//! error[E0506]: cannot assign to `pair[_]` because it is borrowed
//! fix: change it before the locks are acquired

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Block = 6, order = address;
    }
}

static ONE: SpinLock<Block, u8> = SpinLock::new(0);
static TWO: SpinLock<Block, u8> = SpinLock::new(0);
static THREE: SpinLock<Block, u8> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut pair = [&ONE, &TWO];
        let blocks = held.lock_slice(&mut pair);
        pair[0] = &THREE;
        drop(blocks);
    });
}
