//! A `Crypto` lock acquired while a `User` lock is held. Source: the hierarchy's rule.
//!
//! accepted: acquire `RandomPool` first

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Secrets.
    level Crypto = 70 {
        /// The random pool.
        class RandomPool = 0;
    }
    /// What user-visible handles need last.
    level User = 80 {
        /// The open files of a process.
        class DescriptorTable = 0;
    }
}

static RANDOM_POOL: SpinLock<RandomPool, u64> = SpinLock::new(0);
static DESCRIPTOR_TABLE: SpinLock<DescriptorTable, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&RANDOM_POOL, |outer, mut held| {
            *outer += held.with(&DESCRIPTOR_TABLE, |inner, _| *inner);
        });
    });
}
