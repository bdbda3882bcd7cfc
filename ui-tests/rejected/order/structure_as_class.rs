//! A lock is declared with the type of its data where its class belongs. Source: the hierarchy's rule.
//!
//! error[E0277]: `Statistics` is not a lock class
//! fix: name the class first, then the data

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Network = 45 {
        class Counters = 7;
    }
}

struct Statistics {
    packets: u64,
}

static STATISTICS: SpinLock<Statistics, Statistics> = SpinLock::new(Statistics { packets: 0 });

fn main() {
    with_root(|mut held| held.lock(&STATISTICS).packets += 1);
}
