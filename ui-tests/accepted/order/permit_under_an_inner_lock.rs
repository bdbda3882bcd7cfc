//! A permit is waited for under a lock that ranks inside of it. Source: an attack: permits were acquired in any order by trying.
//!
//! accepted: acquire the permit first

use lockorder::blocking::Semaphore;
use lockorder::host::Mutex;
use lockorder::{hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Outer.
    level Outer = 10 {
        /// An outer lock.
        class Tree = 1;
    }
    /// Inner.
    level Inner = 20 {
        /// An inner lock.
        class Inode = 1;
        /// Serialising tokens.
        class Mounts = 2, order = serial;
        /// Permits.
        class Slots = 3;
        /// What a permit is for.
        class Ports = 4;
    }
}

static SLOTS: Semaphore<Slots> = Semaphore::new(1);
static PORTS: Mutex<Ports, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        let (_permit, mut held) = SLOTS.acquire(&mut held);
        let mut ports = held.lock(&PORTS);
        *ports += 1;
    });
}
