//! A program allows sleeping locks in interrupt handlers. Source: lock_ordering hole l2: hand-written relations.
//!
//! accepted: use a lock that exists there

use lockorder::{HardIrq, IrqSafe, UsableIn};

fn exists_in_a_handler<K: UsableIn<HardIrq>>() {}

type Shared = IrqSafe;

fn main() {
    exists_in_a_handler::<Shared>();
}
