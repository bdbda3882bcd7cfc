//! A program allows sleeping locks in interrupt handlers. Source: lock_ordering hole l2: hand-written relations.
//!
//! error[E0117]: only traits defined in the current crate can be implemented for types defined outside of the crate
//! fix: use a lock that exists there

use lockorder::{HardIrq, Sleeping, UsableIn};

fn exists_in_a_handler<K: UsableIn<HardIrq>>() {}

impl UsableIn<HardIrq> for Sleeping {}
type Shared = Sleeping;

fn main() {
    exists_in_a_handler::<Shared>();
}
