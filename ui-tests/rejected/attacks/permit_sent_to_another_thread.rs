//! A permit is held by a thread whose root knows nothing of it. Source: an attack: permits were `Send`.
//!
//! error[E0277]: `(dyn TokensAndGuardsStayOnTheirThread + 'static)` cannot be sent between threads safely
//! fix: drop it where it was acquired

use lockorder::blocking::Semaphore;
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
    }
}

static SLOTS: Semaphore<Slots> = Semaphore::new(1);

fn main() {
    with_root(|mut held| {
        let (permit, _held) = SLOTS.acquire(&mut held);
        std::thread::scope(|scope| {
            scope.spawn(move || drop(permit));
        });
    });
}
